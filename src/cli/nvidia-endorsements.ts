import { Fault } from '../core/fault.ts';
import {
  type AskedOf,
  type CollectedNvidia,
  collectNvidia,
} from '../endorsements/nvidia/collect.ts';
import type { NvidiaEndorsement } from '../endorsements/nvidia/document.ts';
import { NvidiaFolder } from '../endorsements/nvidia/folder.ts';
import { NvidiaEndorsementSource } from '../endorsements/nvidia/source.ts';
import type { NvidiaWant } from '../endorsements/nvidia/want.ts';
import type { NvidiaAnchors } from '../evidence/nvidia/anchors.ts';
import {
  type NvidiaClocks,
  type NvidiaDevice,
  nvidiaClocksAt,
  type OcspInput,
} from '../evidence/nvidia/input.ts';
import { Remembered } from '../evidence/nvidia/remembered.ts';
import { FOLDER_OPTIONS } from './collateral.ts';
import { type Io, warn } from './io.ts';
import { NVIDIA_SERVICE_OPTIONS, readNvidiaNetwork } from './nvidia-services.ts';
import type { Args, Options } from './verb.ts';

/** Where the verification of devices finds what was not given. */
export const NVIDIA_ENDORSEMENT_OPTIONS: Options = {
  ...FOLDER_OPTIONS,
  ...NVIDIA_SERVICE_OPTIONS,
};

/** What a verification is to use, and why parts of it are missing, where somebody knows. */
export interface FoundNvidiaEndorsements {
  readonly rims: readonly Uint8Array[];
  /** By the id of the manifest. */
  readonly rimMissing?: ReadonlyMap<string, string>;
  readonly ocsp: readonly OcspInput[];
  readonly ocspMissing?: string;
}

export interface NvidiaEndorsementNeeds {
  readonly anchors: NvidiaAnchors;
  /**
   * The time of `--at`, in milliseconds: a folder that has something for it is enough, and
   * what the network serves now is no better for it.
   */
  readonly asked: number | undefined;
  /** The times of `--at` where they differ by kind; that of `asked` unless said. */
  readonly at?: NvidiaClocks;
  /** Manifests that were named: nobody is asked for those that are good. */
  readonly rims?: readonly Uint8Array[];
  /** Those that the evidence brings along: they spare nobody the question. */
  readonly carried?: readonly Uint8Array[];
  /** Whether responses must be there, and whether some were named; only `welcome` otherwise. */
  readonly ocsp: 'required' | 'welcome' | 'named';
}

/** The manifests and OCSP responses that some devices need, from the folder or from NVIDIA. */
export async function findNvidiaEndorsements(
  io: Io,
  args: Args,
  devices: readonly NvidiaDevice[],
  needs: NvidiaEndorsementNeeds,
): Promise<FoundNvidiaEndorsements> {
  const { anchors, asked, rims = [], carried = [], ocsp } = needs;
  const search = await searchOf(io, args, needs);
  const found = await collectNvidia(devices, {
    read: new Remembered(anchors, devices.length),
    at: needs.at ?? nvidiaClocksAt(asked ?? io.now()),
    find: (want, now, from) => findOne(search, want, now, from),
    ocsp,
    rims,
    carried,
  });
  return shown(io, found, search);
}

interface Search {
  readonly io: Io;
  readonly asked: number | undefined;
  /** What the folder holds; asks nobody. */
  readonly stored: NvidiaEndorsementSource;
  /** Folder and network; undefined with `--offline`. */
  readonly online: NvidiaEndorsementSource | undefined;
  readonly ocspRequired: boolean;
}

async function searchOf(
  io: Io,
  args: Args,
  { anchors, asked, ocsp }: NvidiaEndorsementNeeds,
): Promise<Search> {
  const dir = args.one('endorsements');
  const network = await readNvidiaNetwork(io, args);
  const kept = { anchors, ...(dir === undefined ? {} : { folder: new NvidiaFolder(dir) }) };
  return {
    io,
    asked,
    stored: new NvidiaEndorsementSource(kept),
    online: args.has('offline') ? undefined : new NvidiaEndorsementSource({ ...kept, network }),
    ocspRequired: ocsp === 'required',
  };
}

/** @throws Fault `unreachable`. */
async function findOne(
  { io, asked, stored, online }: Search,
  want: NvidiaWant,
  now: number,
  from: AskedOf,
): Promise<NvidiaEndorsement> {
  const source = from === 'store' ? undefined : online;
  if (source === undefined) return stored.get(want, now);
  if (asked === undefined) return source.get(want, io.now());
  // Of the time asked for the folder may know.
  const held = await heldAt(stored, want, now);
  return held ?? source.get(want, io.now());
}

async function heldAt(
  stored: NvidiaEndorsementSource,
  want: NvidiaWant,
  now: number,
): Promise<NvidiaEndorsement | undefined> {
  try {
    const held = await stored.get(want, now);
    return held.state === 'current' ? held : undefined;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return undefined;
    throw error;
  }
}

/** Nobody is bothered with the lack of what nobody asked for. */
function shown(
  io: Io,
  { warnings, passedOver, stale, ...found }: CollectedNvidia,
  { online, ocspRequired }: Search,
): FoundNvidiaEndorsements {
  const quiet = online === undefined && !ocspRequired;
  for (const warning of quiet ? [] : warnings) warn(io, warning);
  // What is damaged may have been a revocation.
  const said = quiet ? '' : warnings.join();
  for (const one of passedOver) if (!said.includes(one)) warn(io, one);
  if (quiet && stale !== undefined) {
    const [what, are] = stale === 1 ? ['response', 'is'] : ['responses', 'are'];
    warn(io, `${stale} OCSP ${what} in the folder ${are} not in date and left out`);
  }
  return found;
}
