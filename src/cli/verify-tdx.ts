import { fromHex } from '../core/bytes/hex.ts';
import { INTEL_SGX_ROOT } from '../core/x509/anchors.ts';
import { TDX_CHECKS } from '../evidence/tdx/checks.ts';
import type { TdxClocks } from '../evidence/tdx/clocks.ts';
import type { TdxEventLogInput } from '../evidence/tdx/event-log/check.ts';
import { verifyTdx } from '../evidence/tdx/verifier.ts';
import { ENDORSEMENT_OPTIONS, findCollateral } from './collateral.ts';
import {
  ANCHOR_OPTION,
  atOption,
  decodeEvidence,
  readAnchors,
  readAt,
  readWholeNumber,
} from './input.ts';
import { EXIT, type Io, usage } from './io.ts';
import { printClaims, printJson, printVerification, verificationJson } from './render.ts';
import type { Args, Verb } from './verb.ts';

/** Endorsements that may have been gathered at another moment than the quote. */
const KINDS = ['tcb-info', 'qe-identity', 'crl'] as const;

export const verifyTdxVerb: Verb = {
  name: 'verify tdx',
  summary: 'Verify an Intel TDX quote, version 4 or 5, check by check.',
  operands: '<quote>',
  arity: { min: 1, max: 1 },
  options: {
    collateral: {
      value: '<json>',
      help: 'endorsements in the common JSON shape (tcb_info, qe_identity, root_ca_crl, pck_crl, …)',
    },
    ...ENDORSEMENT_OPTIONS,
    'report-data': {
      value: '<hex>',
      help: 'what REPORTDATA must hold, up to 64 bytes; zeros are expected behind fewer',
    },
    'event-log': {
      value: '<file>',
      help: 'replay this log (CCEL’s TCG2 log, or dstack’s JSON) against the quoted RTMRs',
    },
    'ccel-table': { value: '<file>', help: 'the ACPI table that came with the CCEL log' },
    'expected-event-log': {
      value: '<file>',
      help: 'name the first event in which the log departs from this one',
    },
    'min-tcb-evaluation-data-number': {
      value: '<n>',
      help: 'refuse endorsements from an older evaluation than this',
    },
    ...atOption(KINDS),
    ...ANCHOR_OPTION,
    claims: { help: 'print every field of the evidence below the checks' },
  },
  notes: [
    'The quote may be binary, hex or base64; - reads it from standard input. Without --collateral the endorsements come from --endorsements, then from Intel, for the platform that the quote’s own PCK chain proves.',
    'Without a policy the built-in baseline decides: every signature, chain, date and revocation list, TCB status UpToDate, no DEBUG, no reserved attribute bit. It does not know what should run inside the TD: measurements are claims for you to compare.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate (something needed is missing or out of date).',
  ],
  run: async (io, args) => {
    const anchors = await readAnchors(io, args, [INTEL_SGX_ROOT]);
    const at = readClocks(io, args);
    const reportData = readReportData(args);
    const eventLog = await readEventLogInput(io, args);
    const minimum = readWholeNumber(args, 'min-tcb-evaluation-data-number');
    const quote = decodeEvidence(await io.readFile(args.operand(0)));
    const asked = args.many('at').length > 0 ? at.tcbInfo : undefined;
    const found = await findCollateral(io, args, quote, anchors, asked);
    const result = verifyTdx({
      quote,
      ...found,
      at,
      anchors,
      ...(reportData && { reportData }),
      ...(eventLog && { eventLog }),
      ...(minimum !== undefined && { minEvaluationDataNumber: minimum }),
    });
    if (args.has('json')) {
      printJson(io, verificationJson(result));
    } else {
      printVerification(io, result, asksOf);
      if (args.has('claims')) {
        io.out('\n');
        printClaims(io, result.claims);
      }
    }
    return EXIT[result.verdict];
  },
};

/** What a TDX check asks, for people. */
function asksOf(id: string): string {
  return id in TDX_CHECKS ? TDX_CHECKS[id as keyof typeof TDX_CHECKS].asks : '';
}

function readClocks(io: Io, args: Args): TdxClocks {
  const { all, kinds } = readAt(io, args, KINDS);
  return {
    evidence: all,
    tcbInfo: kinds['tcb-info'] ?? all,
    qeIdentity: kinds['qe-identity'] ?? all,
    crl: kinds.crl ?? all,
  };
}

function readReportData(args: Args): Uint8Array | undefined {
  const hex = args.one('report-data');
  if (hex === undefined) return undefined;
  if (!/^([0-9a-fA-F]{2}){1,64}$/.test(hex)) {
    throw usage('--report-data: want 1 to 64 bytes of hex');
  }
  return fromHex(hex, 'report-data');
}

async function readEventLogInput(io: Io, args: Args): Promise<TdxEventLogInput | undefined> {
  const path = args.one('event-log');
  const file = async (name: string) => {
    const other = args.one(name);
    if (other !== undefined && path === undefined) {
      throw usage(`--${name} is about an event log: give --event-log as well`);
    }
    return other === undefined ? undefined : io.readFile(other);
  };
  const table = await file('ccel-table');
  const expected = await file('expected-event-log');
  if (path === undefined) return undefined;
  return { log: await io.readFile(path), ...(table && { table }), ...(expected && { expected }) };
}
