import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { BodyClock } from './body-clock.ts';
import { addressKey } from './client-address.ts';
import type { Limits } from './limits.ts';

/** What TLS needs, PEM; where it is left out, something in front of the gateway ends it. */
export interface TlsFiles {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/** What came and is no request: too slow, too large, no HTTP, or for something that is not done. */
export type BrokenConnection =
  | 'request-timeout'
  | 'headers-too-large'
  | 'malformed'
  | 'expectation';

/** An answer that is the last on its connection. */
export interface LastAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ListenerOptions {
  readonly limits: Limits;
  readonly tls?: TlsFiles | undefined;
  /** Whether a connection's address is its caller's, or that of something in front of many. */
  readonly addresses: 'of-callers' | 'of-proxies';
  readonly refuse: (broken: BrokenConnection) => LastAnswer;
  /** @param code Node's word for it. */
  readonly onBroken: (broken: BrokenConnection, code: string) => void;
}

/**
 * A server that nobody keeps waiting or fills up, before any request is handed on: sizes, times
 * and numbers of {@link Limits}, strict parsing whatever the environment says.
 */
export function createListener(handler: RequestListener, options: ListenerOptions): Server {
  const { limits, tls } = options;
  const { connection, request } = limits;
  const strict = {
    maxHeaderSize: request.headerBytes,
    insecureHTTPParser: false,
    requireHostHeader: true,
    joinDuplicateHeaders: false,
    headersTimeout: connection.headersWithin,
    // Node's own would hold for every request; ours can be lifted of one (BodyClock).
    requestTimeout: 0,
    keepAliveTimeout: connection.keepAlive,
    connectionsCheckingInterval: connection.checkEvery,
  };
  const server = tls
    ? createTlsServer(
        { ...strict, cert: bytesOf(tls.cert), key: bytesOf(tls.key), minVersion: 'TLSv1.2' },
        handler,
      )
    : createServer(strict, handler);
  server.maxConnections = connection.count;
  server.maxRequestsPerSocket = connection.requests;
  // Node would leave out those above a number without a word; we count them ourselves.
  server.maxHeadersCount = 0;
  server.setTimeout(connection.idle);
  if (options.addresses === 'of-callers') limitEach(server, connection.each);
  const running = new WeakMap<Duplex, Running>();
  const refuse = (broken: BrokenConnection, code: string, socket: Duplex) => {
    options.onBroken(broken, code);
    if (socket.writable && mayAnswer(running.get(socket)))
      socket.write(rawAnswer(options.refuse(broken)));
    socket.destroy();
  };
  const clock = new BodyClock(connection, ({ socket }) =>
    refuse('request-timeout', 'ERR_HTTP_REQUEST_TIMEOUT', socket),
  );
  server.once('close', () => clock.stop());
  server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
    const { socket } = message;
    running.set(socket, { message, response });
    clock.began(message);
    // Nothing further is to come to a server that closes, and nobody waits for who keeps a connection.
    response.once('finish', () => {
      if (!server.listening && running.get(socket)?.response === response) socket.destroySoon();
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const code = error.code ?? 'ERR';
    if (code === 'ECONNRESET' || socket.destroyed) return;
    // Its last answer is on its way, and the connection ends with it: what is behind is nobody's.
    if (!socket.writableEnded) refuse(brokenBy(code), code, socket);
  });
  // Node's own answer has no words; `100-continue` it knows, and goes on.
  server.on('checkExpectation', (_message: IncomingMessage, response: ServerResponse) => {
    const answer = options.refuse('expectation');
    response.writeHead(answer.status, lastHeaders(answer)).end(answer.body);
  });
  return server;
}

/** So that one address does not take all connections. */
function limitEach(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = addressKey(socket.remoteAddress ?? '');
    const count = (open.get(address) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

interface Running {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * What is written to a connection answers the oldest request that has no answer. Where that one
 * is whole and being worked on, the broken one is another behind it, and there is nothing to say.
 */
function mayAnswer(running: Running | undefined): boolean {
  if (running === undefined || running.response.writableFinished) return true;
  return !running.message.complete && !running.response.headersSent;
}

function brokenBy(code: string): BrokenConnection {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed';
}

function bytesOf(file: string | Uint8Array): string | Buffer {
  return typeof file === 'string' ? file : Buffer.from(file);
}

function rawAnswer(answer: LastAnswer): string {
  const { status, body } = answer;
  const lines = Object.entries(lastHeaders(answer)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

function lastHeaders({ headers, body }: LastAnswer): Readonly<Record<string, string>> {
  return { ...headers, 'content-length': `${Buffer.byteLength(body)}`, connection: 'close' };
}
