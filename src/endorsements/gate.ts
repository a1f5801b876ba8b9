import { Fault } from '../core/fault.ts';
import { type Failure, failureOf } from './failure.ts';
import {
  type HttpAnswer,
  type HttpLimits,
  type HttpRefusal,
  type HttpRequest,
  httpAsk,
} from './http.ts';
import { RecentFailures } from './recent-failures.ts';
import { LONGEST_HOLD_MS, retryAfterMs } from './retry-after.ts';

/** How hard a service may be pressed. */
export interface GateLimits {
  /** Requests under way at the same time. */
  readonly most: number;
  /** How long a service that can't be reached is left alone: each request costs a deadline. */
  readonly backOffMs: number;
  /** How many callers may wait; one more is sent away. */
  readonly mostWaiting: number;
  /** The longest that a caller waits before its request is made. */
  readonly patienceMs: number;
}

export const GATE_LIMITS: GateLimits = {
  most: 4,
  backOffMs: 30_000,
  mostWaiting: 4096,
  patienceMs: 60_000,
};

/** What a client of a service can be told otherwise. */
export interface ClientOptions {
  readonly limits?: HttpLimits;
  readonly gate?: GateLimits;
}

export interface GateDeps {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** An answer of the service, as it came, or why there is none. */
export type Passed =
  | { readonly answer: HttpAnswer }
  | {
      readonly failure: Failure;
      /** HTTP status of a refusal; undefined when nothing was answered. */
      readonly status: number | undefined;
    };

/** So many answers of this kind in a row, and it is the service that is broken, no document. */
const BROKEN_STREAK = 4;

/**
 * What stands before one service. The devices of a machine need some dozens of documents at
 * once, those of a fleet thousands; where the service is down or asks for rest, they shall not
 * all try it one after the other.
 */
export class Gate {
  readonly #deps: GateDeps;
  readonly #limits: GateLimits;
  readonly #service: string;
  readonly #down: RecentFailures;
  readonly #waiting = new Set<() => void>();
  #busy = 0;
  #brokenInARow = 0;

  /** @param service its base URL. */
  constructor(deps: GateDeps, service: string, limits: GateLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#service = service;
    this.#down = new RecentFailures(limits.backOffMs);
  }

  async pass(request: HttpRequest): Promise<Passed> {
    const refused = await this.#enter(request.url);
    if (refused !== undefined) return { failure: failureOf(refused), status: undefined };
    try {
      return await this.#ask(request);
    } finally {
      this.#leave();
    }
  }

  async #ask(request: HttpRequest): Promise<Passed> {
    const { fetch, now } = this.#deps;
    const down = this.#down.recent(this.#service, now());
    if (down !== undefined) {
      return {
        failure: { ...down, because: `not asked again: ${down.because}` },
        status: undefined,
      };
    }
    const asked = await httpAsk(fetch, request);
    if ('answer' in asked) {
      this.#brokenInARow = 0;
      return asked;
    }
    const { fault, refusal } = asked;
    const failure = failureOf(fault);
    const rest = this.#restAfter(refusal);
    if (rest !== undefined) this.#down.remember(this.#service, now(), failure, rest);
    return { failure, status: refusal?.status };
  }

  /** How long nobody need ask at all; undefined where the answer was about one document. */
  #restAfter(refusal: HttpRefusal | undefined): number | undefined {
    const { backOffMs } = this.#limits;
    if (refusal === undefined) return backOffMs;
    const { status, retryAfter } = refusal;
    const broken = status >= 500;
    this.#brokenInARow = broken ? this.#brokenInARow + 1 : 0;
    const asked = retryAfterMs(retryAfter, this.#deps.now());
    if (status === 429 || (broken && asked !== undefined)) {
      return Math.min(LONGEST_HOLD_MS, Math.max(backOffMs, asked ?? 0));
    }
    return this.#brokenInARow >= BROKEN_STREAK ? backOffMs : undefined;
  }

  /** @returns why there was no way in. */
  async #enter(url: string): Promise<Fault | undefined> {
    const { most, mostWaiting, patienceMs } = this.#limits;
    if (this.#busy < most) {
      this.#busy++;
      return undefined;
    }
    if (this.#waiting.size >= mostWaiting) {
      return new Fault('unreachable', url, `not asked: ${mostWaiting} requests wait already`);
    }
    // Whoever leaves hands its place on, so that nobody else can take it meanwhile.
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(timer);
        this.#waiting.delete(enter);
        resolve(undefined);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        const detail = `not asked: its turn did not come within ${patienceMs / 1000} s`;
        resolve(new Fault('unreachable', url, detail));
      }, patienceMs);
      this.#waiting.add(enter);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#busy--;
    else next();
  }
}
