import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came, its body whole. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Piece by piece, as it comes. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * What a relay does with a request: `forward` asks the server behind it, the request as it came or
 * another, as often as it is called. An error ends the connection of whoever asked.
 */
export type Meddle = (
  asked: Asked,
  forward: (asked?: Asked) => Promise<Answered>,
) => Promise<Answered>;

/** Stands between clients and a server, and is trusted by nobody. */
export interface Relay {
  readonly url: string;
  /** What it does with requests; honest until somebody changes it. */
  meddle: Meddle;
  readonly close: () => Promise<void>;
}

const HONEST: Meddle = (_asked, forward) => forward();

/** @param target whose requests it takes, an http origin. */
export async function startRelay(target: string, meddle: Meddle = HONEST): Promise<Relay> {
  const server = createServer((request, response) => {
    pass(request, response, target, relay).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const relay: Relay = {
    url: `http://127.0.0.1:${port}`,
    meddle,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return relay;
}

/** Headers of a connection are each one's own. */
const OF_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'host', 'trailer'];

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  { meddle }: Relay,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { method = 'GET', url: path = '/', headers } = request;
  const asked = { method, path, headers, body: await whole(request) };
  const answered = await meddle(asked, (other = asked) => forward(target, other, gone.signal));
  response.writeHead(answered.status, without(answered.headers, OF_CONNECTION));
  response.flushHeaders();
  for await (const piece of answered.body) {
    if (gone.signal.aborted) return;
    if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal });
  }
  response.end();
}

async function forward(target: string, asked: Asked, signal: AbortSignal): Promise<Answered> {
  const { method, path, body } = asked;
  const headers = without(asked.headers, [...OF_CONNECTION, 'content-length']);
  const request = httpRequest(`${target}${path}`, {
    method,
    agent: false,
    signal,
    headers: { ...headers, ...(body.length > 0 && { 'content-length': body.length }) },
  });
  const came = once(request, 'response');
  request.end(body);
  const [response] = (await came) as [IncomingMessage];
  // An answer that breaks off is told as an error, never as an end.
  return { status: response.statusCode ?? 0, headers: response.headers, body: response };
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !names.includes(name)),
  );
}

/** All of it. */
export async function whole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(body)));
}

/** The same answer with another body; its length is what it is. */
export function withBody(answered: Answered, bytes: Uint8Array): Answered {
  const headers = without(answered.headers, ['content-length']);
  return {
    ...answered,
    headers,
    body: (async function* () {
      yield bytes;
    })(),
  };
}
