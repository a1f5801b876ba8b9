import { Fault } from '../core/fault.ts';
import { Memory } from '../evidence/memory.ts';
import type { Gate } from './gate.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import { SingleFlight } from './single-flight.ts';

/** Long enough for all platforms of a fleet to be refreshed with one request for what they share. */
const KEPT_MS = 60_000;
const MEMORY = { entries: 256, weight: 32 * 1024 * 1024 };

/**
 * One request a URL at a time, and its answer for whoever asks within a moment. The collateral
 * of every platform has three of its four documents in common with others.
 */
export class SharedAnswers {
  readonly #gate: Gate;
  readonly #now: () => number;
  readonly #running = new SingleFlight<HttpAnswer>();
  readonly #kept = new Memory<string, { readonly at: number; readonly answer: HttpAnswer }>(MEMORY);

  /** @param now milliseconds since the epoch. */
  constructor(gate: Gate, now: () => number) {
    this.#gate = gate;
    this.#now = now;
  }

  /** @throws Fault `unreachable` at the URL, saying in which way. */
  async get(request: Omit<HttpRequest, 'signal' | 'post' | 'headers'>): Promise<HttpAnswer> {
    const { url } = request;
    const kept = this.#kept.get(url);
    const age = kept && this.#now() - kept.at;
    if (kept !== undefined && age !== undefined && age >= 0 && age < KEPT_MS) return kept.answer;
    return this.#running.run(url, async () => {
      const passed = await this.#gate.pass(request);
      if ('failure' in passed) {
        throw new Fault('unreachable', passed.failure.at, passed.failure.because);
      }
      const { answer } = passed;
      this.#kept.set(url, { at: this.#now(), answer }, answer.body.length);
      return answer;
    });
  }

  /** What turned out to be of no use must not be handed out again. */
  forget(urls: readonly string[]): void {
    for (const url of urls) this.#kept.delete(url);
  }
}
