import { INTEL_SGX_ROOT } from '../core/x509/anchors.ts';
import type { TdxClocks } from '../evidence/tdx/clocks.ts';
import type { TdxEventLogInput } from '../evidence/tdx/event-log/check.ts';
import type { TdxRequests } from '../evidence/tdx/input.ts';
import { type TdxVerification, verifyTdx } from '../evidence/tdx/verifier.ts';
import { ANCHOR_OPTION } from './anchor-options.ts';
import { ENDORSEMENT_OPTIONS, findCollateral } from './collateral.ts';
import { readAnchors, readAt, readWholeNumber } from './input.ts';
import { type Io, usage } from './io.ts';
import type { Args, Options } from './verb.ts';

/** Endorsements that may have been gathered at another moment than the quote. */
export const TDX_AT_KINDS = ['tcb-info', 'qe-identity', 'crl'] as const;

/** What can be asked of a quote beyond the baseline. */
export const TDX_REQUEST_OPTIONS: Options = {
  'min-tcb-evaluation-data-number': {
    value: '<n>',
    help: 'refuse endorsements from an older evaluation than this',
  },
};

/** What any verb that verifies a TDX quote can be told about it. */
export const TDX_EVIDENCE_OPTIONS: Options = {
  collateral: {
    value: '<json>',
    help: 'endorsements in the common JSON shape (tcb_info, qe_identity, root_ca_crl, pck_crl, …)',
  },
  ...ENDORSEMENT_OPTIONS,
  'event-log': {
    value: '<file>',
    help: 'replay this log (CCEL’s TCG2 log, or dstack’s JSON) against the quoted RTMRs',
  },
  'ccel-table': { value: '<file>', help: 'the ACPI table that came with the CCEL log' },
  'expected-event-log': {
    value: '<file>',
    help: 'name the first event in which the log departs from this one',
  },
  ...TDX_REQUEST_OPTIONS,
  ...ANCHOR_OPTION,
};

/** A quote, verified as the options say. */
export async function verifyTdxEvidence(
  io: Io,
  args: Args,
  readQuote: () => Promise<Uint8Array>,
  reportData: Uint8Array | undefined,
): Promise<TdxVerification> {
  const anchors = await readAnchors(io, args, [INTEL_SGX_ROOT]);
  const at = readClocks(io, args);
  const eventLog = await readEventLogInput(io, args);
  const requests = readTdxRequests(args);
  const quote = await readQuote();
  const asked = args.many('at').length > 0 ? at.tcbInfo : undefined;
  const found = await findCollateral(io, args, quote, anchors, asked);
  return verifyTdx({
    quote,
    ...found,
    at,
    anchors,
    ...(reportData && { reportData }),
    ...(eventLog && { eventLog }),
    ...requests,
  });
}

export function readTdxRequests(args: Args): TdxRequests {
  const minimum = readWholeNumber(args, 'min-tcb-evaluation-data-number');
  return minimum === undefined ? {} : { minEvaluationDataNumber: minimum };
}

function readClocks(io: Io, args: Args): TdxClocks {
  const { all, kinds } = readAt(io, args, TDX_AT_KINDS);
  return {
    evidence: all,
    tcbInfo: kinds['tcb-info'] ?? all,
    qeIdentity: kinds['qe-identity'] ?? all,
    crl: kinds.crl ?? all,
  };
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
