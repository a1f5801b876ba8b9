/** Calls to a gateway, which can all be given up at once. */
export class Calls {
  readonly #fetch: typeof globalThis.fetch;
  #under = new AbortController();

  constructor(fetch: typeof globalThis.fetch) {
    this.#fetch = fetch;
  }

  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const own = init?.signal;
    const signal = own ? AbortSignal.any([own, this.#under.signal]) : this.#under.signal;
    return this.#fetch(input, { ...init, signal });
  };

  /** Those under way end, and whatever is called then. */
  giveUp(): void {
    this.#under.abort();
  }

  /** From now on there may be calls again. */
  again(): void {
    this.#under = new AbortController();
  }
}
