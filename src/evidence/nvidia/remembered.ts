import { Recall } from '../recall.ts';
import type { NvidiaAnchors } from './anchors.ts';
import { type DeviceChain, readDeviceChain } from './chain.ts';
import type { GivenOcsp } from './given-ocsp.ts';
import { type OcspReading, type OcspSubject, readOcsp } from './ocsp.ts';
import { type RimReading, readRim } from './rim/read-rim.ts';

/** In bytes; a chain is 5 KB, a manifest 25 KB, a set of OCSP responses 7 KB. */
const WEIGHT = 64 * 1024 * 1024;
/**
 * More drivers and VBIOSes than a fleet runs at a time. One read takes several times its size,
 * and whoever hands one over can write it in thousands of ways.
 */
const MOST_RIMS = 256;
/** What is larger is read each time it comes. */
const HEAVIEST = 512 * 1024;

/**
 * What was found to be signed, by the bytes that say so. Nothing here depends on the time or
 * on a report, and only what is good is kept.
 */
export class Remembered {
  readonly #anchors: NvidiaAnchors;
  readonly #chains: Recall<DeviceChain>;
  readonly #rims: Recall<RimReading>;
  readonly #ocsp: Recall<OcspReading>;

  constructor(anchors: NvidiaAnchors, entries: number) {
    this.#anchors = anchors;
    const limits = { entries, weight: WEIGHT };
    this.#chains = new Recall(
      limits,
      HEAVIEST,
      ({ checks, anchor }) =>
        anchor !== undefined && checks.every(({ outcome }) => outcome === 'pass'),
    );
    const few = { entries: Math.min(entries, MOST_RIMS), weight: WEIGHT };
    this.#rims = new Recall(few, HEAVIEST, ({ manifest }) => manifest !== undefined);
    this.#ocsp = new Recall(limits, HEAVIEST, ({ good }) => good);
  }

  chain(bytes: Uint8Array): DeviceChain {
    return this.#chains.get([bytes], () => readDeviceChain(bytes, this.#anchors.device));
  }

  rim(xml: Uint8Array): RimReading {
    return this.#rims.get([xml], () => readRim(xml, this.#anchors.rim));
  }

  ocsp(
    inputs: readonly GivenOcsp[],
    subjects: readonly OcspSubject[],
    known: readonly OcspSubject[] | undefined,
  ): OcspReading {
    const parts = [
      known ? REFUSED : PASSED_OVER,
      // A nonce of no bytes is one that was asked with, and no answer echoes it.
      ...inputs.flatMap(({ response, nonce }) =>
        nonce ? [ASKED, response, nonce] : [UNASKED, response],
      ),
      ...subjects.flatMap(partsOf),
      SEPARATOR,
      ...(known ?? []).flatMap(partsOf),
    ];
    return this.#ocsp.get(parts, () => readOcsp(inputs, subjects, known));
  }
}

function partsOf({ certificate, issuer, owner }: OcspSubject): readonly Uint8Array[] {
  return [OWNER[owner], certificate.der, issuer.der];
}

const SEPARATOR = Uint8Array.of(4);
const UNASKED = Uint8Array.of(0);
const ASKED = Uint8Array.of(1);
const OWNER = { device: Uint8Array.of(2), rim: Uint8Array.of(3) } as const;
const REFUSED = Uint8Array.of(0);
const PASSED_OVER = Uint8Array.of(1);
