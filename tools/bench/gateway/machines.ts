import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { NodeCaller } from '../../../src/gateway/fleet/deps.ts';
import type { Bundled, Called } from './machines-thread.ts';

const HOST = 'https://10.0.0.1/';

/** Machines that can be called, each at the endpoint of its number. */
export class Machines implements NodeCaller {
  readonly #thread = new Worker(new URL('./machines-thread.ts', import.meta.url));
  readonly #waiting = new Map<number, (bundle: Uint8Array) => void>();
  #calls = 0;

  constructor() {
    this.#thread.on('message', ({ call, bundle }: Bundled) => {
      this.#waiting.get(call)?.(bundle);
      this.#waiting.delete(call);
    });
  }

  static endpointOf(machine: number): string {
    return `${HOST}${machine}`;
  }

  readonly call: NodeCaller['call'] = (endpoint, { nonce, purpose }) => {
    const machine = Number(endpoint.slice(HOST.length));
    const called: Called = { call: ++this.#calls, machine, nonce, purpose };
    this.#thread.postMessage(called);
    return new Promise((resolve) => this.#waiting.set(called.call, resolve));
  };

  async close(): Promise<void> {
    this.#thread.postMessage('end');
    await once(this.#thread, 'exit');
  }
}
