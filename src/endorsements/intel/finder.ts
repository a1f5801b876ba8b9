import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { type QuotePlatform, quotePlatform } from '../../evidence/tdx/platform.ts';
import { EndorsementFolder } from '../folder.ts';
import type { Found } from '../found.ts';
import { type TdxEndorsementSet, TdxEndorsementSource } from '../source.ts';
import type { TdxChannel } from './key.ts';
import type { PcsClient } from './pcs.ts';

export interface TdxFinderOptions {
  readonly anchors: readonly TrustAnchor[];
  readonly channel: TdxChannel;
  /** Where endorsements are kept. */
  readonly folder?: string;
  /** Absent: offline. */
  readonly network?: PcsClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a verification is to use, and why parts of it are missing, where somebody knows. */
export interface FoundCollateral {
  readonly collateral: TdxCollateral;
  readonly collateralMissing?: string;
}

/** Finds the collateral of quotes; what it found once it need not read again. */
export class TdxFinder {
  readonly source: TdxEndorsementSource;
  readonly #options: TdxFinderOptions;

  constructor(options: TdxFinderOptions) {
    const { anchors, channel, folder, network } = options;
    this.#options = options;
    this.source = new TdxEndorsementSource({
      anchors,
      channel,
      ...(network && { network }),
      ...(folder !== undefined && { folder: new EndorsementFolder(folder) }),
    });
  }

  /**
   * @param asked the time that somebody asked for, in milliseconds: a folder that has a set for
   *   it is enough, and what the network serves now is no better for it. Undefined: the present.
   */
  async find(quote: Uint8Array, asked: number | undefined): Promise<Found<FoundCollateral>> {
    const { warnings, found } = await orWarning(() => this.#search(quote, asked));
    if (!(found instanceof Fault)) return { found: { collateral: found.collateral }, warnings };
    // Without endorsements every other question can still be asked; the rest is unresolved.
    return { found: { collateral: {}, collateralMissing: found.detail }, warnings };
  }

  /**
   * The same for evidence that carries collateral: that was picked by the machine, which may like
   * an older set better. It serves where nobody else has one that is in date; of a time asked for
   * only the folder may know.
   */
  async findBetter(
    quote: Uint8Array,
    asked: number | undefined,
  ): Promise<Found<Partial<FoundCollateral>>> {
    const { folder, network } = this.#options;
    if (folder === undefined && (asked !== undefined || network === undefined)) {
      return { found: {}, warnings: [] };
    }
    const { warnings, found } = await orWarning(() => {
      const platform = this.#platform(quote);
      return asked === undefined
        ? this.source.collateralFor(platform, this.#options.now())
        : this.source.stored(platform, asked);
    });
    if (found instanceof Fault) return { found: {}, warnings };
    // What is out of date is not used here, and nobody need hear why it is.
    if (found.state !== 'current') return { found: {}, warnings: [] };
    return { found: { collateral: found.collateral }, warnings };
  }

  async #search(quote: Uint8Array, asked: number | undefined): Promise<TdxEndorsementSet> {
    const platform = this.#platform(quote);
    const held = asked === undefined ? undefined : await this.#heldAt(platform, asked);
    return held ?? this.source.collateralFor(platform, this.#options.now());
  }

  async #heldAt(platform: QuotePlatform, asked: number): Promise<TdxEndorsementSet | undefined> {
    try {
      const set = await this.source.stored(platform, asked);
      return set.state === 'current' ? set : undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return undefined;
      throw error;
    }
  }

  #platform(quote: Uint8Array): QuotePlatform {
    return quotePlatform(quote, this.#options.anchors);
  }
}

async function orWarning(
  find: () => Promise<TdxEndorsementSet>,
): Promise<Found<TdxEndorsementSet | Fault>> {
  try {
    const found = await find();
    return { found, warnings: found.warnings };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'usage' || error.code === 'internal') {
      throw error;
    }
    const warning = error.code === 'unreachable' ? error.message : error.detail;
    return { found: error, warnings: [warning] };
  }
}
