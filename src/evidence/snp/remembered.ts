import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { Recall } from '../recall.ts';
import { type Authority, readAuthorities } from './authorities.ts';
import { readVekChain, type VekChain } from './vek-chain.ts';

/** In bytes; a VEK and the CAs above it are some 6 KB. */
const WEIGHT = 32 * 1024 * 1024;
/** What is larger is read each time it comes. */
const HEAVIEST = 64 * 1024;

/**
 * What was found to be signed, by the bytes that say so. Nothing here depends on the time or
 * on a report.
 */
export class Remembered {
  readonly #anchors: readonly TrustAnchor[];
  readonly #chains: Recall<VekChain>;
  readonly #authorities: Recall<readonly Authority[]>;

  constructor(anchors: readonly TrustAnchor[], entries: number) {
    this.#anchors = anchors;
    const limits = { entries, weight: WEIGHT };
    this.#chains = new Recall(limits, HEAVIEST, ({ checks }) =>
      checks.every(({ outcome }) => outcome === 'pass'),
    );
    // The same few CAs stand above every machine.
    this.#authorities = new Recall(limits, HEAVIEST, (all) => all.length > 0 && all.every(isGood));
  }

  chain(vek: Uint8Array | undefined, blobs: readonly Uint8Array[]): VekChain {
    const read = () =>
      readVekChain(vek, blobs, this.#anchors, (given) =>
        this.#authorities.get(given, () => readAuthorities(given, this.#anchors)),
      );
    return vek === undefined ? read() : this.#chains.get([vek, ...blobs], read);
  }
}

function isGood({ unfit, unlinked, untrusted }: Authority): boolean {
  return unfit === undefined && unlinked === undefined && untrusted === undefined;
}
