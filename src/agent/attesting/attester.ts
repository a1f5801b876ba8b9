import type { ShownKey } from '../../appraisal/binding/possession.ts';
import { LARGEST_TLS_EVIDENCE } from '../../appraisal/binding/tls-evidence.ts';
import { type Challenge, gpuNonceFor, reportDataFor } from '../../appraisal/binding/transcript.ts';
import { Fault } from '../../core/fault.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { writeBundle } from './write-bundle.ts';

export interface AttesterOptions {
  readonly evidence: EvidenceSource;
  /** How many may wait while one is answered: devices take seconds, and strangers may ask. */
  readonly waiting: number;
  /** Keys of the keyset that every bundle shows, with their signatures over its challenge. */
  readonly shown: (challenge: Challenge) => readonly ShownKey[];
}

/**
 * Makes bundles, one at a time: hardware signs for one asker after the other, and two that ask the
 * devices at once get in each other's way. The machine itself is next whoever else waits: strangers
 * who ask without end could have it miss its own admission otherwise.
 */
export class Attester {
  readonly #options: AttesterOptions;
  readonly #own: (() => Promise<void>)[] = [];
  readonly #asked: (() => Promise<void>)[] = [];
  #isBusy = false;
  #waiting = 0;

  constructor(options: AttesterOptions) {
    this.#options = options;
  }

  /** Of the machine itself: only what is under way goes before it. */
  own(challenge: Challenge): Promise<Uint8Array> {
    return this.#inTurn(this.#own, () => this.#bundle(challenge));
  }

  /**
   * For a certificate, which has no room for more: of the processor alone, and without its event
   * log where that takes too much. Of the machine itself as well.
   */
  forCertificate(challenge: Challenge): Promise<Uint8Array> {
    return this.#inTurn(this.#own, () => this.#smallBundle(challenge));
  }

  /**
   * @throws Fault `unreachable` where hardware gives no evidence, `busy` where too
   *   many wait already.
   */
  async asked(challenge: Challenge): Promise<Uint8Array> {
    if (this.#waiting > this.#options.waiting) {
      throw new Fault('busy', 'attester', 'too many wait for evidence');
    }
    this.#waiting += 1;
    try {
      return await this.#inTurn(this.#asked, () => this.#bundle(challenge));
    } finally {
      this.#waiting -= 1;
    }
  }

  #inTurn(lane: (() => Promise<void>)[], make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    lane.push(() => make().then(resolve, reject));
    void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#first(); next !== undefined; next = this.#first()) await next();
    this.#isBusy = false;
  }

  #first(): (() => Promise<void>) | undefined {
    return this.#own.shift() ?? this.#asked.shift();
  }

  /** The devices first: the processor signs for what they gave. */
  async #bundle(challenge: Challenge): Promise<Uint8Array> {
    const { evidence, shown } = this.#options;
    const deviceEvidence = await evidence.devices(gpuNonceFor(challenge));
    const cpu = await evidence.cpu(reportDataFor({ ...challenge, deviceEvidence }));
    return writeBundle(cpu, deviceEvidence, challenge, shown(challenge));
  }

  async #smallBundle(challenge: Challenge): Promise<Uint8Array> {
    const { evidence, shown } = this.#options;
    const none = new Uint8Array();
    const cpu = await evidence.cpu(reportDataFor({ ...challenge, deviceEvidence: none }));
    const keys = shown(challenge);
    const whole = writeBundle(cpu, none, challenge, keys);
    if (cpu.kind !== 'tdx' || whole.length <= LARGEST_TLS_EVIDENCE) return whole;
    return writeBundle({ kind: cpu.kind, quote: cpu.quote }, none, challenge, keys);
  }
}
