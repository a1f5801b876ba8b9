import type { TrustAnchor } from '../core/x509/anchors.ts';
import type { Found } from '../endorsements/found.ts';
import { INTEL_PCS, type PcsBase, pcsBase } from '../endorsements/intel/base-url.ts';
import { TdxFinder } from '../endorsements/intel/finder.ts';
import { parseTdxChannel, type TdxChannel } from '../endorsements/intel/key.ts';
import { type PcsClient, pcsClient } from '../endorsements/intel/pcs.ts';
import type { TdxCollateral } from '../evidence/tdx/collateral.ts';
import { type Io, usage, warn } from './io.ts';
import { type Args, asOption, type Option, type Options } from './verb.ts';

export const PCCS_OPTION: Option = {
  value: '<url>',
  help: `base URL of a caching service to ask instead of Intel’s (${INTEL_PCS})`,
};

/** Where endorsements are fetched from, for every verb that may fetch. */
export const SOURCE_OPTIONS: Options = {
  pccs: PCCS_OPTION,
  update: {
    value: '<standard|early>',
    help: 'which of Intel’s TCB evaluations to ask for; standard by default',
  },
  'tcb-evaluation-data-number': {
    value: '<n>',
    help: 'ask for exactly this evaluation instead',
  },
};

/** Where endorsements are kept, whoever's they are. */
export const FOLDER_OPTIONS: Options = {
  endorsements: {
    value: '<dir>',
    help: 'folder of endorsements to read from, and to keep fetched ones in',
  },
  offline: { help: 'make no request; use the folder alone' },
};

/** Where a verification finds its endorsements when no file is given. */
export const ENDORSEMENT_OPTIONS: Options = { ...FOLDER_OPTIONS, ...SOURCE_OPTIONS };

export function readChannel(args: Args): TdxChannel {
  const update = args.one('update');
  const number = args.one('tcb-evaluation-data-number');
  if (update !== undefined && number !== undefined) {
    throw usage('--update and --tcb-evaluation-data-number exclude each other');
  }
  if (number !== undefined) {
    if (!/^[1-9]\d*$/.test(number)) {
      throw usage(
        `--tcb-evaluation-data-number: want a whole number above 0, got ${JSON.stringify(number)}`,
      );
    }
    return asOption('tcb-evaluation-data-number', () => parseTdxChannel(number));
  }
  if (update !== undefined && update !== 'standard' && update !== 'early') {
    throw usage(`--update: want standard or early, got ${JSON.stringify(update)}`);
  }
  return update ?? 'standard';
}

/** Intel's service, or the caching service of `--pccs`. */
export function readSource(args: Args): PcsBase {
  return asOption('pccs', () => pcsBase(args.one('pccs') ?? INTEL_PCS));
}

/** What a verification is to use, and why parts of it are missing, where somebody knows. */
export interface FoundCollateral {
  readonly collateral: TdxCollateral | Uint8Array;
  readonly collateralMissing?: string;
}

/**
 * A file's bytes when one was named, else from the folder or the network.
 *
 * @param asked the time of `--at`, in milliseconds.
 */
export async function findCollateral(
  io: Io,
  args: Args,
  quote: Uint8Array,
  anchors: readonly TrustAnchor[],
  asked: number | undefined,
): Promise<FoundCollateral> {
  const named = await readNamedCollateral(io, args, ENDORSEMENT_OPTIONS);
  if (named !== undefined) return { collateral: named };
  const finder = new TdxFinder({
    ...readKept(io, args),
    anchors,
    channel: readChannel(args),
    ...onlineMember(args, readPcs(io, args)),
  });
  return told(io, await finder.find(quote, asked));
}

/**
 * The bytes of `--collateral`.
 *
 * @param idle what nothing is left to ask for where Intel's endorsements are in a file.
 */
export async function readNamedCollateral(
  io: Io,
  args: Args,
  idle: Options,
): Promise<Uint8Array | undefined> {
  const path = args.one('collateral');
  if (path === undefined) return undefined;
  const clash = Object.keys(idle).find((name) => args.has(name));
  if (clash !== undefined) throw usage(`--collateral and --${clash} exclude each other`);
  return io.readFile(path);
}

/** Whom to ask about TDX. */
export function readPcs(io: Io, args: Args): PcsClient {
  return pcsClient(io, readSource(args));
}

/** The folder, where one is named, and the clock. */
export function readKept(
  io: Io,
  args: Args,
): { readonly folder?: string; readonly now: Io['now'] } {
  const folder = args.one('endorsements');
  return { now: io.now, ...(folder !== undefined && { folder }) };
}

/** `--offline` leaves nobody to ask. */
export function onlineMember<Network>(
  args: Args,
  network: Network,
): { readonly network?: Network } {
  return args.has('offline') ? {} : { network };
}

/** Says what is to be said of something found. */
export function told<T>(io: Io, { found, warnings }: Found<T>): T {
  for (const warning of warnings) warn(io, warning);
  return found;
}
