import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Side } from '../trial.ts';
import { type BenchGateway, OPERATOR } from './bench-gateway.ts';
import type { Coming } from './newcomers-thread.ts';

/** Machines that come to a fleet, and are taken off its list before they come again. */
export class Newcomers {
  readonly #gateway: BenchGateway;
  readonly #thread = new Worker(new URL('./newcomers-thread.ts', import.meta.url));
  #ids: readonly string[] = [];

  constructor(gateway: BenchGateway) {
    this.#gateway = gateway;
  }

  /** Enrolled, challenged and admitted, over HTTP, from a thread of their own. */
  admissions(name: string, coming: Coming): Side {
    return {
      name,
      prepare: async () => {
        await this.leave();
        return async () => {
          this.#thread.postMessage(coming);
          const [ids] = (await once(this.#thread, 'message')) as [string[]];
          this.#ids = ids;
          return ids.length;
        };
      },
    };
  }

  async leave(): Promise<void> {
    const { service } = this.#gateway;
    await Promise.all(this.#ids.map((id) => service.remove(id, OPERATOR, 'it comes again')));
    this.#ids = [];
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
