import type { Front } from './front.ts';
import type { GatewayProcess } from './gateway-process.ts';

const LOOK_EVERY = 500;
/** Metrics start anew with each look: what stands out in one is kept here. */
const SCRAPE_EVERY = 2000;
/** Milliseconds until a gateway that runs must have answered: machines may be busy. */
const PATIENCE = 120_000;

/** A checkpoint that anybody could have seen. */
export interface SeenCheckpoint {
  /** Before or after how many gateways were killed. */
  readonly kills: number;
  readonly note: Uint8Array;
}

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

/** The most that was seen of a gateway. */
interface Most {
  /** MiB. */
  memory: number;
  /** Milliseconds, of the interval in which it was the longest. */
  delay99: number;
  delayMost: number;
}

/**
 * Looks at gateways from outside while they run: what they publish, and how they fare. One that
 * does not say it, and was not told to end, is an error.
 */
export class Observer {
  readonly checkpoints = new Map<string, SeenCheckpoint>();
  /** By name of the gateway. */
  readonly most = new Map<string, Most>();
  kills = 0;
  readonly #front: Front;
  readonly #admin: string;
  /** Names of those that have published: before that, there is nothing to see. */
  readonly #published = new Set<string>();
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;

  /** @param admin an API key. */
  constructor(front: Front, admin: string) {
    this.#front = front;
    this.#admin = admin;
    this.#running = Promise.all([
      this.#goOn(LOOK_EVERY, (gateway) => this.#look(gateway)),
      this.#goOn(SCRAPE_EVERY, (gateway) => this.#scrape(gateway)),
    ]);
    // Told by whoever closes it.
    this.#running.catch(() => undefined);
  }

  /** Now, at one that is about to end. */
  async see(gateway: GatewayProcess): Promise<void> {
    await this.#look(gateway);
    await this.#scrape(gateway);
  }

  /** @throws whatever was wrong with a gateway. */
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

  async #goOn(every: number, act: (gateway: GatewayProcess) => Promise<void>): Promise<void> {
    while (!this.#over.signal.aborted) {
      for (const gateway of this.#front.gateways) await act(gateway);
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }

  async #look(gateway: GatewayProcess): Promise<void> {
    const { kills } = this;
    const answer = await this.#ask(gateway, '/checkpoint');
    if (answer?.status === 404 && !this.#published.has(gateway.name)) return;
    const note = wanted(answer);
    if (note === undefined) return;
    this.#published.add(gateway.name);
    if (this.checkpoints.has(note)) return;
    this.checkpoints.set(note, { kills, note: Buffer.from(note) });
  }

  async #scrape(gateway: GatewayProcess): Promise<void> {
    const { name } = gateway;
    const text = wanted(await this.#ask(gateway, '/metrics'));
    const memory = gateway.memory();
    if (text === undefined || memory === undefined) return;
    const before = this.most.get(name) ?? { memory: 0, delay99: 0, delayMost: 0 };
    this.most.set(name, {
      memory: Math.max(before.memory, memory.most / 1024 ** 2),
      delay99: Math.max(before.delay99, delayIn(text, '0.99')),
      delayMost: Math.max(before.delayMost, delayIn(text, '1')),
    });
  }

  /** Undefined of one that was told to end. */
  async #ask(gateway: GatewayProcess, path: string): Promise<Answer | undefined> {
    const url = `${gateway.url}${path}`;
    try {
      const headers = { authorization: `Bearer ${this.#admin}` };
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) });
      return { url, status: answer.status, text: await answer.text() };
    } catch (cause) {
      if (gateway.isEnding()) return undefined;
      throw new Error(`gateway ${gateway.name} does not answer ${path}`, { cause });
    }
  }
}

/** @throws Error for another status than 200. */
function wanted(answer: Answer | undefined): string | undefined {
  if (answer === undefined || answer.status === 200) return answer?.text;
  throw new Error(`${answer.url}: ${answer.status} ${answer.text.slice(0, 200)}`);
}

/** Milliseconds. @throws Error where the metrics do not say. */
function delayIn(metrics: string, quantile: string): number {
  const line = new RegExp(
    `^postern_event_loop_delay_seconds\\{quantile="${quantile}"\\} (\\S+)$`,
    'm',
  );
  const seconds = Number(line.exec(metrics)?.[1]);
  if (Number.isFinite(seconds)) return seconds * 1000;
  throw new Error(`metrics without how late the event loop was at ${quantile}`);
}
