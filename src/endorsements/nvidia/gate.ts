import { type Failure, failureOf } from '../failure.ts';
import { type HttpAnswer, type HttpRequest, httpAsk } from '../http.ts';
import { RecentFailures } from '../recent-failures.ts';

/** How hard a service may be pressed. */
export interface GateLimits {
  /** Requests under way at the same time. */
  readonly most: number;
  /** How long a service that can't be reached is left alone: each request costs a deadline. */
  readonly backOffMs: number;
}

export const GATE_LIMITS: GateLimits = { most: 4, backOffMs: 30_000 };

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

/**
 * What stands before one service. The devices of a machine need some dozens of documents at
 * once; where the service is down, they shall not wait for it one after the other.
 */
export class Gate {
  readonly #deps: GateDeps;
  readonly #limits: GateLimits;
  readonly #service: string;
  readonly #down: RecentFailures;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  /** @param service its base URL. */
  constructor(deps: GateDeps, service: string, limits: GateLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#service = service;
    this.#down = new RecentFailures(limits.backOffMs);
  }

  async pass(request: HttpRequest): Promise<Passed> {
    await this.#enter();
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
    if ('answer' in asked) return asked;
    const { fault, refusal } = asked;
    const failure = failureOf(fault);
    if (refusal === undefined) this.#down.remember(this.#service, now(), failure);
    return { failure, status: refusal?.status };
  }

  async #enter(): Promise<void> {
    if (this.#busy < this.#limits.most) {
      this.#busy++;
      return;
    }
    // Whoever leaves hands its place on, so that nobody else can take it meanwhile.
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy--;
    else next();
  }
}
