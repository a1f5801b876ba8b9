import type { Front } from './front.ts';

const LOOK_EVERY = 500;
/** Metrics start anew with each look: what stands out in one is kept here. */
const SCRAPE_EVERY = 2000;

/** A checkpoint that anybody could have seen. */
export interface SeenCheckpoint {
  /** Before or after how many gateways were killed. */
  readonly kills: number;
  readonly note: Uint8Array;
}

/** The most that was seen of a gateway. */
interface Most {
  /** MiB. */
  memory: number;
  /** Milliseconds, of the interval in which it was the longest. */
  delay99: number;
  delayMost: number;
}

/** Looks at gateways from outside while they run: what they publish, and how they fare. */
export class Observer {
  readonly checkpoints = new Map<string, SeenCheckpoint>();
  readonly most = new Map<string, Most>();
  kills = 0;
  readonly #front: Front;
  readonly #admin: string;
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;

  /** @param admin an API key. */
  constructor(front: Front, admin: string) {
    this.#front = front;
    this.#admin = admin;
    this.#running = Promise.all([
      this.#goOn(LOOK_EVERY, () => this.#look()),
      this.#goOn(SCRAPE_EVERY, () => this.#scrape()),
    ]);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** A line a process. */
  lines(): readonly string[] {
    return [...this.most].map(
      ([name, { memory, delay99, delayMost }]) =>
        `gateway ${name}: ${Math.round(memory)} MiB resident at most; event loop late by ${delay99.toFixed(0)} ms (p99 of the worst ${SCRAPE_EVERY / 1000} s), ${delayMost.toFixed(0)} ms at most`,
    );
  }

  async #goOn(every: number, act: () => Promise<void>): Promise<void> {
    while (!this.#over.signal.aborted) {
      await act();
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }

  async #look(): Promise<void> {
    for (const { url } of this.#front.gateways) {
      const { kills } = this;
      const note = await this.#read(`${url}/checkpoint`);
      if (note === undefined || this.checkpoints.has(note)) continue;
      this.checkpoints.set(note, { kills, note: Buffer.from(note) });
    }
  }

  async #scrape(): Promise<void> {
    for (const { name, url, memory } of this.#front.gateways) {
      const text = await this.#read(`${url}/metrics`);
      if (text === undefined) continue;
      const late = (quantile: string) =>
        1000 *
        Number(new RegExp(`delay_seconds\\{quantile="${quantile}"\\} (\\S+)`).exec(text)?.[1]);
      const before = this.most.get(name) ?? { memory: 0, delay99: 0, delayMost: 0 };
      this.most.set(name, {
        memory: Math.max(before.memory, (memory()?.most ?? 0) / 1024 ** 2),
        delay99: Math.max(before.delay99, late('0.99')),
        delayMost: Math.max(before.delayMost, late('1')),
      });
    }
  }

  /** Undefined of one that is gone, or says no. */
  async #read(url: string): Promise<string | undefined> {
    try {
      const headers = { authorization: `Bearer ${this.#admin}` };
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
      const text = await answer.text();
      return answer.ok ? text : undefined;
    } catch {
      return undefined;
    }
  }
}
