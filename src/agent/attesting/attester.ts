import { type Challenge, gpuNonceFor, reportDataFor } from '../../appraisal/binding/transcript.ts';
import { Fault } from '../../core/fault.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { writeBundle } from './write-bundle.ts';

export interface AttesterOptions {
  readonly evidence: EvidenceSource;
  /** How many may wait while one is answered: devices take seconds, and strangers may ask. */
  readonly waiting: number;
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
    return this.#inTurn(this.#own, challenge);
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
      return await this.#inTurn(this.#asked, challenge);
    } finally {
      this.#waiting -= 1;
    }
  }

  #inTurn(lane: (() => Promise<void>)[], challenge: Challenge): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    lane.push(() => this.#bundle(challenge).then(resolve, reject));
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
    const { evidence } = this.#options;
    const deviceEvidence = await evidence.devices(gpuNonceFor(challenge));
    const cpu = await evidence.cpu(reportDataFor({ ...challenge, deviceEvidence }));
    return writeBundle(cpu, deviceEvidence, challenge);
  }
}
