import { formatTime } from '../core/encoding/time.ts';
import { AMD_ROOTS } from '../core/x509/amd-roots.ts';
import { INTEL_SGX_ROOT, type TrustAnchor } from '../core/x509/anchors.ts';
import { fetchAmdEndorsements } from '../endorsements/amd/fetch.ts';
import { checkEndorsements } from '../endorsements/check.ts';
import { fetchTdxEndorsements } from '../endorsements/fetch.ts';
import { HTTP_LIMITS } from '../endorsements/http.ts';
import { fetchTdxEvaluationNumbers } from '../endorsements/intel/evaluation-numbers.ts';
import {
  PCK_CAS,
  type PckCa,
  type TdxChannel,
  tdxEndorsementKey,
} from '../endorsements/intel/key.ts';
import { listEndorsements } from '../endorsements/list.ts';
import { fetchNvidiaEndorsements } from '../endorsements/nvidia/fetch.ts';
import type { FetchRow } from '../endorsements/row.ts';
import { NVIDIA_ROOTS } from '../evidence/nvidia/anchors.ts';
import { quotePlatform } from '../evidence/tdx/platform.ts';
import { AMD_FETCH_OPTIONS, readAmdRequest } from './amd-fetch.ts';
import { ANCHOR_OPTION, RIM_ANCHOR_OPTION } from './anchor-options.ts';
import { PCCS_OPTION, readChannel, readSource, SOURCE_OPTIONS } from './collateral.ts';
import { printFetched, printOutcome, rowText } from './endorsement-rows.ts';
import { AT_OPTION, decodeEvidence, readAnchors, readAt } from './input.ts';
import { EXIT, type Io, usage, warn } from './io.ts';
import { readRimAnchors } from './nvidia-evidence.ts';
import { NVIDIA_FETCH_OPTIONS, readNvidiaRequest } from './nvidia-fetch.ts';
import { printJson } from './render.ts';
import { type Args, asOption, type Verb } from './verb.ts';
import { visible } from './visible.ts';

export const endorsementsFetchVerb: Verb = {
  name: 'endorsements fetch',
  summary: 'Fetch Intel’s, AMD’s or NVIDIA’s endorsements, verify them, and keep them in a folder.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    quote: {
      value: '<file>',
      multiple: true,
      help: 'fetch for the platform that this TDX quote’s PCK chain proves',
    },
    fmspc: { value: '<hex>', multiple: true, help: 'fetch for this FMSPC (12 hex digits)' },
    ca: { value: '<platform|processor>', help: 'which CA --fmspc is under; platform by default' },
    ...SOURCE_OPTIONS,
    ...AMD_FETCH_OPTIONS,
    ...NVIDIA_FETCH_OPTIONS,
    ...ANCHOR_OPTION,
    ...RIM_ANCHOR_OPTION,
  },
  notes: [
    'AMD’s service takes about one request in ten seconds: what is asked of it at once is asked one after the other. A VCEK that the folder holds is not asked for again.',
    'Of NVIDIA’s, a device is asked for only when its certificates and its report verify; which ids its manifests have is what it signed. An OCSP response is good for a day.',
    'What does not verify, is for another platform, or is older than what the folder holds is refused; the folder keeps what it has.',
    'Exit code: 0 all stored, 1 something refused, 69 a source could not be reached.',
  ],
  run: async (io, args) => {
    const amd = await readAmdRequest(io, args);
    const nvidia = await readNvidiaRequest(io, args);
    const others = amd !== undefined || nvidia !== undefined;
    const tdx = args.has('quote') || args.has('fmspc') || !others;
    const rows = [
      ...(tdx ? await fetchIntel(io, args) : []),
      ...(amd ? await fetchAmdEndorsements(io, amd) : []),
      ...(nvidia ? await fetchNvidiaEndorsements(nvidia, io.now()) : []),
    ];
    if (args.has('json')) printJson(io, { rows });
    else for (const row of rows) printFetched(io, row);
    if (rows.some((row) => row.outcome === 'refused')) return 1;
    return rows.some((row) => row.outcome === 'unreachable') ? 69 : 0;
  },
};

export const endorsementsListVerb: Verb = {
  name: 'endorsements list',
  summary: 'List what a folder of endorsements holds. Nothing is verified.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {},
  notes: [],
  run: async (io, args) => {
    const rows = await listEndorsements(args.operand(0));
    if (args.has('json')) printJson(io, { rows });
    else {
      for (const row of rows) {
        io.out(`${rowText(row)}\n`);
        if (row.problem !== undefined) io.out(`  ${visible(row.problem)}\n`);
      }
      if (rows.length === 0) warn(io, `${args.operand(0)}: no endorsements`);
    }
    return rows.some((row) => row.problem !== undefined) ? 1 : 0;
  },
};

export const endorsementsCheckVerb: Verb = {
  name: 'endorsements check',
  summary: 'Verify all endorsements in a folder, offline.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: { ...AT_OPTION, ...ANCHOR_OPTION, ...RIM_ANCHOR_OPTION },
  notes: [
    'Exit code: 0 all are the vendor’s and in date, 1 one is not the vendor’s or unreadable, 2 one is out of date or the folder is empty.',
  ],
  run: async (io, args) => {
    const { verdict, rows } = await checkEndorsements(args.operand(0), {
      anchors: {
        intel: await readAnchors(io, args, [INTEL_SGX_ROOT]),
        amd: await readAnchors(io, args, AMD_ROOTS),
        nvidia: {
          device: await readAnchors(io, args, NVIDIA_ROOTS.device),
          rim: await readRimAnchors(io, args),
        },
      },
      at: readAt(io, args, []).all,
    });
    if (args.has('json')) printJson(io, { verdict, rows });
    else {
      for (const row of rows) {
        printOutcome(io, row.verdict === 'accept', row, row.verdict, row.because, row.notPassed);
      }
      if (rows.length === 0) warn(io, `${args.operand(0)}: no endorsements`);
    }
    return EXIT[verdict];
  },
};

export const endorsementsEvaluationsVerb: Verb = {
  name: 'endorsements evaluations',
  summary: 'List the TCB evaluations that Intel serves, newest first, signature verified.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: { pccs: PCCS_OPTION, ...ANCHOR_OPTION },
  notes: [
    'Each number is a TCB recovery event. fetch --tcb-evaluation-data-number asks for one; verify tdx --min-tcb-evaluation-data-number refuses older ones.',
  ],
  run: async (io, args) => {
    const anchors = await readAnchors(io, args, [INTEL_SGX_ROOT]);
    const client = { fetch: io.fetch, base: readSource(args), limits: HTTP_LIMITS };
    const { validity, evaluations } = await fetchTdxEvaluationNumbers(client, {
      anchors,
      now: io.now(),
    });
    const rows = evaluations.map(({ number, recoveryEventDate, tcbDate }) => ({
      tcbEvaluationDataNumber: number,
      tcbRecoveryEventDate: formatTime(recoveryEventDate),
      tcbDate: formatTime(tcbDate),
    }));
    if (args.has('json')) {
      printJson(io, {
        issueDate: formatTime(validity.from),
        nextUpdate: formatTime(validity.to),
        evaluations: rows,
      });
    } else {
      for (const row of rows) {
        io.out(
          `${row.tcbEvaluationDataNumber}  recovery event ${row.tcbRecoveryEventDate}  TCB date ${row.tcbDate}\n`,
        );
      }
    }
    return 0;
  },
};

async function fetchIntel(io: Io, args: Args): Promise<readonly FetchRow[]> {
  const anchors = await readAnchors(io, args, [INTEL_SGX_ROOT]);
  const channel = readChannel(args);
  return fetchTdxEndorsements(io, {
    dir: args.operand(0),
    source: readSource(args).url,
    channel,
    platforms: await readPlatforms(io, args, anchors, channel),
    anchors,
  });
}

async function readPlatforms(
  io: Io,
  args: Args,
  anchors: readonly TrustAnchor[],
  channel: TdxChannel,
) {
  const name = args.one('ca') ?? 'platform';
  const ca: PckCa | undefined = PCK_CAS.find((known) => known === name);
  if (ca === undefined)
    throw usage(`--ca: want ${PCK_CAS.join(' or ')}, got ${JSON.stringify(name)}`);
  const named = asOption('fmspc', () =>
    args.many('fmspc').map((fmspc) => tdxEndorsementKey({ fmspc, ca }, channel)),
  );
  const fromQuotes = await Promise.all(
    args
      .many('quote')
      .map(async (path) => quotePlatform(decodeEvidence(await io.readFile(path)), anchors)),
  );
  const platforms = [...fromQuotes, ...named];
  if (platforms.length === 0) {
    throw usage(
      'endorsements fetch: want --quote or --fmspc, --report or --product, --nvidia or --rim',
    );
  }
  return platforms;
}
