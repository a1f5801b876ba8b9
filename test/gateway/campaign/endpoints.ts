import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { BUNDLE_TYPE } from '../../../src/protocol/media-types.ts';
import type { Machine } from './population.ts';

/** Where machines answer challenges that nobody announced, on loopback, each at a path of its own. */
export class Endpoints {
  readonly #server: Server;
  readonly #machines = new Map<string, Machine>();
  /** How often anybody was called. */
  calls = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const machine = this.#machines.get(request.url ?? '');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (machine === undefined) return void response.writeHead(404).end();
        this.calls++;
        const asked = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
        const nonce = fromHex(asked['nonce'] ?? '', 'nonce');
        const bundle = machine.machine.bundle({ nonce, purpose: asked['purpose'] ?? '' });
        response.writeHead(200, { 'content-type': BUNDLE_TYPE }).end(bundle);
      });
    });
  }

  static async open(): Promise<Endpoints> {
    const endpoints = new Endpoints();
    endpoints.#server.listen(0, '127.0.0.1');
    await once(endpoints.#server, 'listening');
    return endpoints;
  }

  /** @returns its URL. */
  add(machine: Machine): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    this.#machines.set(`/${machine.name}`, machine);
    return `http://127.0.0.1:${address.port}/${machine.name}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
