import { Fault } from '../../core/fault.ts';
import type { NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import {
  type NvidiaClocks,
  type NvidiaDevice,
  nvidiaClocksAt,
  type OcspInput,
} from '../../evidence/nvidia/input.ts';
import { Remembered } from '../../evidence/nvidia/remembered.ts';
import type { Found } from '../found.ts';
import type { NvidiaNetwork } from './arrival.ts';
import { type AskedOf, type CollectedNvidia, collectNvidia } from './collect.ts';
import type { NvidiaEndorsement } from './document.ts';
import { NvidiaFolder } from './folder.ts';
import { NvidiaEndorsementSource } from './source.ts';
import type { NvidiaWant } from './want.ts';

/** Whose certificates are not verified again each time. */
const DEVICES = 4096;

export interface NvidiaFinderOptions {
  readonly anchors: NvidiaAnchors;
  /** Where endorsements are kept. */
  readonly folder?: string;
  /** Absent: offline. */
  readonly network?: NvidiaNetwork;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a verification is to use, and why parts of it are missing, where somebody knows. */
export interface FoundNvidiaEndorsements {
  readonly rims: readonly Uint8Array[];
  /** By the id of the manifest. */
  readonly rimMissing?: ReadonlyMap<string, string>;
  readonly ocsp: readonly OcspInput[];
  readonly ocspMissing?: string;
}

export interface NvidiaNeeds {
  /**
   * The time that somebody asked for, in milliseconds: a folder that has something for it is
   * enough, and what the network serves now is no better for it. Undefined: the present.
   */
  readonly asked: number | undefined;
  /** The times where they differ by kind; that of `asked` unless said. */
  readonly at?: NvidiaClocks;
  /** Manifests that were named: nobody is asked for those that are good. */
  readonly rims?: readonly Uint8Array[];
  /** Those that the evidence brings along: they spare nobody the question. */
  readonly carried?: readonly Uint8Array[];
  /** Whether responses must be there, and whether some were named; only `welcome` otherwise. */
  readonly ocsp: 'required' | 'welcome' | 'named';
}

/** Finds what NVIDIA says of devices; what it found once it need not read again. */
export class NvidiaFinder {
  readonly source: NvidiaEndorsementSource;
  readonly #options: NvidiaFinderOptions;
  readonly #read: Remembered;

  constructor(options: NvidiaFinderOptions) {
    const { anchors, folder, network } = options;
    this.#options = options;
    this.#read = new Remembered(anchors, DEVICES);
    this.source = new NvidiaEndorsementSource({
      anchors,
      ...(network && { network }),
      ...(folder !== undefined && { folder: new NvidiaFolder(folder) }),
    });
  }

  /** The manifests and OCSP responses that some devices need. */
  async find(
    devices: readonly NvidiaDevice[],
    { asked, at, rims = [], carried = [], ocsp }: NvidiaNeeds,
  ): Promise<Found<FoundNvidiaEndorsements>> {
    const collected = await collectNvidia(devices, {
      read: this.#read,
      at: at ?? nvidiaClocksAt(asked ?? this.#options.now()),
      find: (want, now, from) => this.#findOne(want, now, from, asked),
      ocsp,
      rims,
      carried,
    });
    return this.#told(collected, ocsp);
  }

  /** @throws Fault `unreachable`. */
  async #findOne(
    want: NvidiaWant,
    at: number,
    from: AskedOf,
    asked: number | undefined,
  ): Promise<NvidiaEndorsement> {
    const { network, now } = this.#options;
    if (network === undefined || from === 'store') return this.source.stored(want, at);
    if (asked === undefined) return this.source.get(want, now());
    // Of the time asked for the folder may know.
    const held = await this.#heldAt(want, at);
    return held ?? this.source.get(want, now());
  }

  async #heldAt(want: NvidiaWant, at: number): Promise<NvidiaEndorsement | undefined> {
    try {
      const held = await this.source.stored(want, at);
      return held.state === 'current' ? held : undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return undefined;
      throw error;
    }
  }

  /** Nobody is bothered with the lack of what nobody asked for. */
  #told(
    { warnings, passedOver, stale, ...found }: CollectedNvidia,
    ocsp: NvidiaNeeds['ocsp'],
  ): Found<FoundNvidiaEndorsements> {
    const quiet = this.#options.network === undefined && ocsp !== 'required';
    const told = quiet ? [] : [...warnings];
    // What is damaged may have been a revocation.
    const said = told.join();
    told.push(...passedOver.filter((one) => !said.includes(one)));
    if (quiet && stale !== undefined) {
      const [what, are] = stale === 1 ? ['response', 'is'] : ['responses', 'are'];
      told.push(`${stale} OCSP ${what} in the folder ${are} not in date and left out`);
    }
    return { found, warnings: told };
  }
}
