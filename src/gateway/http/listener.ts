import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Limits } from './limits.ts';

/** What TLS needs, PEM; where it is left out, something in front of the gateway ends it. */
export interface TlsFiles {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/** What came and is no request: too slow, too large, or no HTTP. */
export type BrokenConnection = 'request-timeout' | 'headers-too-large' | 'malformed';

export interface ListenerOptions {
  readonly limits: Limits;
  readonly tls?: TlsFiles | undefined;
  /** Bytes of a whole HTTP response, after which the connection ends. */
  readonly refuse: (broken: BrokenConnection) => string;
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
    requestTimeout: connection.requestWithin,
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
  const running = new WeakMap<Duplex, Running>();
  server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
    running.set(message.socket, { message, response });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const code = error.code ?? 'ERR';
    if (code === 'ECONNRESET' || socket.destroyed) return;
    const broken = brokenBy(code);
    options.onBroken(broken, code);
    if (socket.writable && mayAnswer(running.get(socket))) socket.write(options.refuse(broken));
    socket.destroy();
  });
  return server;
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

/** An answer that is the last on its connection. */
export function wholeResponse(
  status: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): string {
  const lines = Object.entries({
    ...headers,
    'content-length': `${Buffer.byteLength(body)}`,
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}
