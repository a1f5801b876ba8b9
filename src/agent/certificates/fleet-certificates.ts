import { formatTime } from '../../core/encoding/time.ts';
import { isPassing } from '../../core/fault.ts';
import { Alarm } from '../gateway/alarm.ts';
import { codeOfError, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { type FleetCertificate, type ServedKey, takeCertificate } from './taken.ts';

export interface FleetCertificatesOptions {
  readonly keys: readonly ServedKey[];
  /** Asks the gateway for one. @throws Fault. */
  readonly ask: (key: ServedKey) => Promise<string>;
  /** Has these shown, and no others; does nothing where they are shown already. */
  readonly install: (certificates: readonly FleetCertificate[]) => Promise<void>;
  /** After a failure, in milliseconds; doubled with each up to the most. */
  readonly retry: number;
  readonly retryMost: number;
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** No wait is longer: a certificate may have ended by a clock that was set. */
const LONGEST_WAIT = 60_000;
/** How much of its life has gone when the next one is asked for. */
const GONE = 2 / 3;
/** Not before the next admission. */
const NOT_NOW = Number.POSITIVE_INFINITY;

/** What is known of one key. */
interface Place {
  readonly key: ServedKey;
  held: FleetCertificate | undefined;
  askAt: number;
  failures: number;
  isAsking: boolean;
  /** The admission that a certificate was taken under last, by number. */
  takenUnder: number;
  /** Whether the log says already that there is no authority. */
  isMissingSaid: boolean;
}

/**
 * Keeps certificates of the gateway's authorities for keys that the machine serves with: asked for
 * after each admission and again when two thirds of their life are gone, shown until they end.
 * Nothing else waits for them, and nothing fails with them.
 */
export class FleetCertificates {
  readonly #options: FleetCertificatesOptions;
  readonly #alarm: Alarm;
  readonly #places: readonly Place[];
  readonly #asking = new Set<Promise<void>>();
  #admissions = 0;

  constructor(options: FleetCertificatesOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.pause);
    this.#places = options.keys.map((key) => ({
      key,
      held: undefined,
      askAt: NOT_NOW,
      failures: 0,
      isAsking: false,
      takenUnder: 0,
      isMissingSaid: false,
    }));
  }

  /** The gateway let the machine in just now, or once more. */
  readonly admitted = (): void => {
    this.#admissions += 1;
    for (const place of this.#places) {
      place.failures = 0;
      place.askAt = this.#options.now();
    }
    this.#alarm.ring();
  };

  /** Goes on until it is told to end. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#dropThoseOver();
      for (const place of this.#places) this.#askIfDue(place);
      await this.#install();
      await this.#alarm.wait(this.#untilDue(), signal);
    }
    await Promise.all(this.#asking);
  }

  #dropThoseOver(): void {
    for (const place of this.#places) {
      if (place.held === undefined || place.held.until > this.#options.now()) continue;
      place.held = undefined;
      this.#options.log('warn', 'certificate over', { use: place.key.use });
    }
  }

  #askIfDue(place: Place): void {
    if (place.isAsking || place.askAt > this.#options.now()) return;
    place.isAsking = true;
    const asking = this.#ask(place).finally(() => {
      place.isAsking = false;
      this.#asking.delete(asking);
      this.#alarm.ring();
    });
    this.#asking.add(asking);
  }

  async #ask(place: Place): Promise<void> {
    const { ask } = this.#options;
    const admission = this.#admissions;
    let askAt: number;
    try {
      askAt = this.#take(place, await ask(place.key), admission);
    } catch (error) {
      askAt = this.#failed(place, error);
    }
    // What was asked under an admission that another has followed is asked again.
    if (admission === this.#admissions) place.askAt = askAt;
  }

  /** @returns when to ask for the next one. */
  #take(place: Place, text: string, admission: number): number {
    const { now: clock, log, metrics } = this.#options;
    const { use } = place.key;
    const now = clock();
    let taken: FleetCertificate;
    try {
      taken = takeCertificate(place.key, text, now);
    } catch (error) {
      metrics.count('not_certified');
      log('error', 'certificate refused', { use, code: codeOfError(error) });
      return NOT_NOW;
    }
    const { until } = taken;
    // One that ends when the last one does has all that this admission gives.
    const isLast = place.takenUnder === admission && until <= (place.held?.until ?? 0);
    place.held = taken;
    place.takenUnder = admission;
    place.failures = 0;
    place.isMissingSaid = false;
    metrics.count('certified');
    log('info', 'certified', { use, until: formatTime(until) });
    return isLast ? NOT_NOW : now + (until - now) * GONE;
  }

  /** @returns when to ask again. */
  #failed(place: Place, error: unknown): number {
    const { retry, retryMost, now, random, log, metrics } = this.#options;
    const code = codeOfError(error);
    metrics.count('not_certified');
    const isSaid = code === 'missing' && place.isMissingSaid;
    if (!isSaid) log('warn', 'not certified', { use: place.key.use, code });
    place.isMissingSaid = code === 'missing';
    if (!isPassing(error)) return NOT_NOW;
    place.failures += 1;
    const back = Math.min(retry * 2 ** Math.min(place.failures - 1, 20), retryMost);
    return now() + back * (0.5 + random() / 2);
  }

  async #install(): Promise<void> {
    const { install, log, metrics } = this.#options;
    try {
      await install(this.#places.flatMap(({ held }) => (held ? [held] : [])));
    } catch (error) {
      metrics.count('not_certified');
      log('warn', 'certificate not installed', { code: codeOfError(error) });
    }
  }

  #untilDue(): number {
    const times = this.#places.flatMap(({ held, askAt, isAsking }) => [
      ...(held ? [held.until] : []),
      ...(isAsking ? [] : [askAt]),
    ]);
    return Math.min(Math.max(0, Math.min(...times) - this.#options.now()), LONGEST_WAIT);
  }
}
