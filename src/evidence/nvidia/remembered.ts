import { sameBytes } from '#crypto';
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import { Memory } from '../memory.ts';
import { Recall } from '../recall.ts';
import type { NvidiaAnchors } from './anchors.ts';
import { type DeviceChain, readDeviceChain } from './chain.ts';
import type { GivenOcsp } from './given-ocsp.ts';
import type { OcspInput } from './input.ts';
import { GoldenRecords } from './measurements.ts';
import { type OcspReading, readOcsp } from './ocsp.ts';
import { subjectsOf } from './ocsp-subjects.ts';
import { type RimReading, readRim } from './rim/read-rim.ts';

/** In bytes; a chain is 5 KB, a manifest 25 KB, a set of OCSP responses 7 KB. */
const WEIGHT = 64 * 1024 * 1024;
/**
 * More drivers and VBIOSes than a fleet runs at a time. One read takes several times its size,
 * and whoever hands one over can write it in thousands of ways.
 */
const MOST_RIMS = 256;
/** Parsed, whoever issued them: of the manifests of a machine, and of those before. */
const CERTIFICATES = { entries: 64, weight: 1024 * 1024 };
/** What is larger is read each time it comes. */
const HEAVIEST = 512 * 1024;

/**
 * What was found to be signed, by the bytes that say so. Nothing here depends on the time or
 * on a report, and only what is good is kept.
 */
export class Remembered {
  readonly golden = new GoldenRecords();
  readonly #anchors: NvidiaAnchors;
  readonly #chains: Recall<DeviceChain>;
  readonly #written: Recall<DeviceChain>;
  readonly #rims: Recall<RimReading>;
  readonly #ocsp: Memory<DeviceChain, Answered>;
  /** Of manifests; also where nothing is to be remembered, since they share all but the signer’s own. */
  readonly #certificates = new Recall<Certificate>(CERTIFICATES, HEAVIEST, () => true);

  constructor(anchors: NvidiaAnchors, entries: number) {
    this.#anchors = anchors;
    const limits = { entries, weight: WEIGHT };
    this.#chains = new Recall(limits, HEAVIEST, isGood);
    this.#written = new Recall(limits, HEAVIEST, isGood);
    const few = { entries: Math.min(entries, MOST_RIMS), weight: WEIGHT };
    this.#rims = new Recall(few, HEAVIEST, ({ manifest }) => manifest !== undefined);
    this.#ocsp = new Memory(limits);
  }

  chain(bytes: Uint8Array): DeviceChain {
    return this.#chains.get([bytes], () =>
      this.#sameOf(readDeviceChain(bytes, this.#anchors.device)),
    );
  }

  /** PEM can be written in many ways; what OCSP said is remembered by the certificates in it. */
  #sameOf(chain: DeviceChain): DeviceChain {
    return this.#written.get(
      chain.certificates.map(({ der }) => der),
      () => chain,
    );
  }

  rim(xml: Uint8Array): RimReading {
    return this.#rims.get([xml], () =>
      readRim(xml, this.#anchors.rim, (der, path) => this.#certificate(der, path)),
    );
  }

  #certificate(der: Uint8Array, path: string): Certificate {
    const anchor = this.#anchors.rim.find(({ certificate }) => sameBytes(certificate.der, der));
    if (anchor) return anchor.certificate;
    return this.#certificates.get([der], () => parseCertificate(der, path));
  }

  /** What responses say about the certificates of a device and of manifests that were read here. */
  ocsp(inputs: readonly GivenOcsp[], about: OcspAbout): OcspReading {
    const { chain, rims, others } = about;
    const before = this.#ocsp.get(chain);
    if (before && isSame(before.about, about) && areSame(before.inputs, inputs)) {
      return before.reading;
    }
    const reading = readOcsp(
      inputs,
      subjectsOf(chain, rims),
      others && subjectsOf(undefined, others),
    );
    const weight = inputs.reduce((sum, { response }) => sum + response.length, 0);
    // Whatever was not found good is another object each time, and would never be met again.
    const known = chain.anchor && [...rims, ...(others ?? [])].every(({ manifest }) => manifest);
    if (reading.good && known && weight > 0 && weight <= HEAVIEST) {
      this.#ocsp.set(chain, { about, inputs: inputs.map(copied), reading }, weight);
    }
    return reading;
  }
}

function isGood({ checks, anchor }: DeviceChain): boolean {
  return anchor !== undefined && checks.every(({ outcome }) => outcome === 'pass');
}

/** Whose certificates responses are held against. */
export interface OcspAbout {
  readonly chain: DeviceChain;
  readonly rims: readonly RimReading[];
  /**
   * Manifests that they may speak of besides. Undefined of a machine’s responses, which are
   * about all its devices.
   */
  readonly others: readonly RimReading[] | undefined;
}

interface Answered {
  readonly about: OcspAbout;
  readonly inputs: readonly OcspInput[];
  readonly reading: OcspReading;
}

/** What was read of the same bytes is the same object, as long as it is remembered. */
function isSame(a: OcspAbout, b: OcspAbout): boolean {
  const [all, others] = [a.others, b.others];
  if ((all === undefined) !== (others === undefined)) return false;
  return areAlike(a.rims, b.rims) && areAlike(all ?? [], others ?? []);
}

function areAlike(a: readonly RimReading[], b: readonly RimReading[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

function areSame(a: readonly OcspInput[], b: readonly GivenOcsp[]): boolean {
  return a.length === b.length && b.every((one, i) => one.isSame(a[i] as OcspInput));
}

/** The caller may use its buffers again. */
function copied({ copy, nonce }: GivenOcsp): OcspInput {
  return { response: copy, ...(nonce && { nonce: new Uint8Array(nonce) }) };
}
