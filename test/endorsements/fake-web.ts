type Answer = (url: string, init: RequestInit | undefined) => Response | Promise<Response>;

/** A network without sockets, which counts. */
export class FakeWeb {
  answer: Answer;
  /** URL of every request, in order. */
  readonly requests: string[] = [];
  /** The most that were under way at the same time, and of one URL. */
  busiest = 0;
  busiestUrl = 0;
  readonly #busy = new Map<string, number>();
  #held: Promise<void> = Promise.resolve();

  constructor(answer: Answer) {
    this.answer = answer;
  }

  /** Nothing is answered any more until what is returned is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const url = String(input);
    this.requests.push(url);
    this.#count(url, 1);
    try {
      // As a network does: the answer comes later.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      await this.#held;
      return await this.answer(url, init);
    } finally {
      this.#count(url, -1);
    }
  };

  #count(url: string, by: 1 | -1): void {
    const now = (this.#busy.get(url) ?? 0) + by;
    if (now === 0) this.#busy.delete(url);
    else this.#busy.set(url, now);
    const all = [...this.#busy.values()].reduce((sum, one) => sum + one, 0);
    this.busiest = Math.max(this.busiest, all);
    this.busiestUrl = Math.max(this.busiestUrl, now);
  }
}

/** Never answers; the deadline of whoever asks ends it. */
export const silence: Answer = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });

/** Announces more than it sends. */
export const truncated: Answer = () =>
  new Response('{"tcbInfo":', { headers: { 'Content-Length': '4096' } });

export const refusing: Answer = () => {
  throw new TypeError('fetch failed', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  });
};

export function statusOf(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return () => new Response('no', { status, headers });
}
