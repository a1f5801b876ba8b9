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
 * devices at once get in each other's way.
 */
export class Attester {
  readonly #options: AttesterOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: AttesterOptions) {
    this.#options = options;
  }

  /** Of the machine itself, which waits for nobody's place in the queue to become free. */
  own(challenge: Challenge): Promise<Uint8Array> {
    return this.#next(() => this.#bundle(challenge));
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
      return await this.#next(() => this.#bundle(challenge));
    } finally {
      this.#waiting -= 1;
    }
  }

  #next<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(act);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** The devices first: the processor signs for what they gave. */
  async #bundle(challenge: Challenge): Promise<Uint8Array> {
    const { evidence } = this.#options;
    const deviceEvidence = await evidence.devices(gpuNonceFor(challenge));
    const cpu = await evidence.cpu(reportDataFor({ ...challenge, deviceEvidence }));
    return writeBundle(cpu, deviceEvidence, challenge);
  }
}
