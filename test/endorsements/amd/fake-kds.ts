import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Behaviour = (
  response: ServerResponse,
  honest: Uint8Array,
  request: IncomingMessage,
) => void;

/** Documents by path and query, as AMD's service has them. */
export type Served = ReadonlyMap<string, Uint8Array>;

/** AMD's service on loopback, which can be told to misbehave. */
export class FakeKds {
  served: Served;
  /** The first that matches the path and query answers; else what is served. */
  behaviours: { readonly path: RegExp; readonly behaviour: Behaviour }[] = [];
  /** Path and query of every request, in order of arrival. */
  readonly requests: string[] = [];
  /** The most that were being answered at the same time. */
  busiest = 0;
  #busy = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(served: Served) {
    this.served = served;
  }

  static async start(served: Served): Promise<FakeKds> {
    const kds = new FakeKds(served);
    await new Promise<void>((resolve) => {
      kds.#server.listen(0, '127.0.0.1', resolve);
    });
    return kds;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  behave(path: RegExp, behaviour: Behaviour): void {
    this.behaviours = [{ path, behaviour }, ...this.behaviours];
  }

  /** The body for what is asked for under `path` is this one. */
  serve(path: RegExp, body: Uint8Array): void {
    this.behave(path, (response) => response.writeHead(200).end(body));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.requests.push(url);
    this.#busy++;
    this.busiest = Math.max(this.busiest, this.#busy);
    response.on('close', () => {
      this.#busy--;
    });
    const honest = this.served.get(url);
    const found = this.behaviours.find(({ path }) => path.test(url));
    if (found) found.behaviour(response, honest ?? new Uint8Array(), request);
    else if (honest) response.writeHead(200, { 'Cache-Control': 'no-cache' }).end(honest);
    else response.writeHead(404).end('Not Found');
  }
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (response) => response.writeHead(code, headers).end('no');
}

/** So many requests are answered like this, all others honestly. */
export function times(count: number, behaviour: Behaviour): Behaviour {
  let used = 0;
  return (response, honest, request) => {
    if (used++ < count) behaviour(response, honest, request);
    else response.writeHead(200).end(honest);
  };
}

export const stall: Behaviour = () => undefined;

/** Announces all of it, sends half, hangs up. */
export const truncate: Behaviour = (response, honest) => {
  response.writeHead(200, { 'Content-Length': honest.length });
  response.write(honest.subarray(0, honest.length / 2), () => response.destroy());
};

export const endless: Behaviour = (response) => {
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(new Uint8Array(16_384)));
  };
  response.on('drain', more);
  more();
};

export const html: Behaviour = (response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end('<!doctype html><title>Please log in to the guest network</title>');
};

export const redirect: Behaviour = (response) => {
  response.writeHead(302, { Location: 'http://169.254.169.254/latest' }).end();
};
