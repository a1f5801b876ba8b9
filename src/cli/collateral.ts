import { Fault } from '../core/fault.ts';
import type { TrustAnchor } from '../core/x509/anchors.ts';
import { EndorsementFolder } from '../endorsements/folder.ts';
import { HTTP_LIMITS } from '../endorsements/http.ts';
import { INTEL_PCS, type PcsBase, pcsBase } from '../endorsements/intel/base-url.ts';
import { parseTdxChannel, type TdxChannel } from '../endorsements/intel/key.ts';
import { type TdxEndorsementSet, TdxEndorsementSource } from '../endorsements/source.ts';
import type { TdxCollateral } from '../evidence/tdx/collateral.ts';
import { type QuotePlatform, quotePlatform } from '../evidence/tdx/platform.ts';
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
 * @param asked the time of `--at`, in milliseconds: a folder that has a set for it is enough,
 *   and what the network serves now is no better for it.
 */
export async function findCollateral(
  io: Io,
  args: Args,
  quote: Uint8Array,
  anchors: readonly TrustAnchor[],
  asked: number | undefined,
): Promise<FoundCollateral> {
  const path = args.one('collateral');
  if (path !== undefined) {
    const clash = Object.keys(ENDORSEMENT_OPTIONS).find((name) => args.has(name));
    if (clash !== undefined) throw usage(`--collateral and --${clash} exclude each other`);
    return { collateral: await io.readFile(path) };
  }
  const found = await searchCollateral(io, args, quote, anchors, asked);
  // Without endorsements every other question can still be asked; the rest is unresolved.
  return found instanceof Fault
    ? { collateral: {}, collateralMissing: found.detail }
    : { collateral: found.collateral };
}

/**
 * The same for evidence that carries collateral: that was picked by the machine, which may like
 * an older set better. It serves where nobody else has one that is in date; of a time asked for
 * only the folder may know.
 */
export async function findBetterCollateral(
  io: Io,
  args: Args,
  quote: Uint8Array,
  anchors: readonly TrustAnchor[],
  asked: number | undefined,
): Promise<Partial<FoundCollateral>> {
  if (args.has('collateral')) return findCollateral(io, args, quote, anchors, asked);
  const folderOnly = asked !== undefined || args.has('offline');
  if (folderOnly && !args.has('endorsements')) return {};
  const source = endorsementSource(io, args, anchors, !folderOnly);
  const found = await orWarning(io, async () => {
    const set = await source.collateralFor(quotePlatform(quote, anchors), asked ?? io.now());
    return set.state === 'current' ? set : undefined;
  });
  return found && !(found instanceof Fault) ? { collateral: found.collateral } : {};
}

async function searchCollateral(
  io: Io,
  args: Args,
  quote: Uint8Array,
  anchors: readonly TrustAnchor[],
  asked: number | undefined,
): Promise<TdxEndorsementSet | Fault> {
  const folder = endorsementSource(io, args, anchors, false);
  const source = endorsementSource(io, args, anchors, !args.has('offline'));
  return orWarning(io, async () => {
    const platform = quotePlatform(quote, anchors);
    const held = asked === undefined ? undefined : await heldAt(folder, platform, asked);
    return held ?? (await source.collateralFor(platform, io.now()));
  });
}

async function orWarning<Found extends TdxEndorsementSet | undefined>(
  io: Io,
  find: () => Promise<Found>,
): Promise<Found | Fault> {
  try {
    const set = await find();
    for (const warning of set?.warnings ?? []) warn(io, warning);
    return set;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'usage' || error.code === 'internal') {
      throw error;
    }
    warn(io, error.code === 'unreachable' ? error.message : error.detail);
    return error;
  }
}

async function heldAt(
  folder: TdxEndorsementSource,
  platform: QuotePlatform,
  asked: number,
): Promise<TdxEndorsementSet | undefined> {
  try {
    const set = await folder.collateralFor(platform, asked);
    return set.state === 'current' ? set : undefined;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return undefined;
    throw error;
  }
}

function endorsementSource(
  io: Io,
  args: Args,
  anchors: readonly TrustAnchor[],
  online: boolean,
): TdxEndorsementSource {
  const dir = args.one('endorsements');
  const network = { fetch: io.fetch, base: readSource(args), limits: HTTP_LIMITS };
  return new TdxEndorsementSource({
    anchors,
    channel: readChannel(args),
    ...(online ? { network } : {}),
    ...(dir === undefined ? {} : { folder: new EndorsementFolder(dir) }),
  });
}
