import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** When the line is cut: as the words are about to be passed on, or as they are answered. */
type Cut = 'before' | 'after';

/** Stands between a client and a server on this machine, and cuts the line at certain words. */
export class CutProxy {
  readonly port: number;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  #cut: { readonly words: string; readonly when: Cut } | undefined;

  static async start(port: number): Promise<CutProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CutProxy(server, port);
  }

  private constructor(server: ReturnType<typeof createServer>, target: number) {
    this.#server = server;
    const address = server.address();
    this.port = address !== null && typeof address === 'object' ? address.port : 0;
    server.on('connection', (client) => this.#join(client, connect(target, '127.0.0.1')));
  }

  /** The next time that a client says these words. */
  cutAt(words: string, when: Cut): void {
    this.#cut = { words, when };
  }

  /** From now on nothing is passed on, and nobody told. */
  hush(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    let isAnswerCut = false;
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (data) => {
      const cut = this.#cut;
      if (cut !== undefined && data.includes(cut.words)) {
        this.#cut = undefined;
        if (cut.when === 'before') return end();
        isAnswerCut = true;
      }
      server.write(data);
    });
    server.on('data', (data) => (isAnswerCut ? end() : client.write(data)));
  }
}
