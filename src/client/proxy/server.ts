import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HandlerDeps, handlerOf } from './handler.ts';

export interface ProxyOptions extends Omit<HandlerDeps, 'largestRequest'> {
  /** `localhost` is both of the others. */
  readonly host: LoopbackHost;
  /** 0 takes a free one. */
  readonly port: number;
  /** In bytes; 64 MiB by default, as much as the client seals. */
  readonly largestRequest?: number;
}

export type LoopbackHost = 'localhost' | '127.0.0.1' | '::1';

export interface RunningProxy {
  /** `http://127.0.0.1:8411`; the first of those that it listens at. */
  readonly url: string;
  /** All of them. */
  readonly urls: readonly string[];
  /** What is under way is cut off. */
  readonly close: () => Promise<void>;
}

const LARGEST_REQUEST = 64 * 1024 * 1024;
const SECOND = 1000;
const MOST_CONNECTIONS = 256;
/** A model may think for long before its first word; a connection that stays silent longer is dead. */
const IDLE = 15 * 60 * SECOND;

/**
 * The proxy, listening on this machine's own addresses alone.
 *
 * @throws Error of the platform, with its `code`, where it can't listen.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { host, port: wanted, largestRequest = LARGEST_REQUEST } = options;
  let port = wanted;
  const handle = handlerOf({ ...options, largestRequest }, () => port);
  const servers: Server[] = [];
  const urls: string[] = [];
  for (const address of host === 'localhost' ? ['127.0.0.1', '::1'] : [host]) {
    const server = serverOf(handle);
    try {
      port = await listen(server, address, port);
    } catch (error) {
      // A machine without IPv6 has no such address, and then nobody else has it either.
      if (servers.length > 0 && NO_SUCH_ADDRESS.has(codeOf(error))) continue;
      await closeAll(servers);
      throw error;
    }
    servers.push(server);
    urls.push(`http://${address.includes(':') ? `[${address}]` : address}:${port}`);
  }
  return { url: urls[0] ?? '', urls, close: () => closeAll(servers) };
}

const NO_SUCH_ADDRESS: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

function serverOf(handle: ReturnType<typeof handlerOf>): Server {
  const server = createServer(
    {
      headersTimeout: 10 * SECOND,
      requestTimeout: 300 * SECOND,
      keepAliveTimeout: 5 * SECOND,
      maxHeaderSize: 16 * 1024,
    },
    // A failure of the handler itself must not end the process, nor leave an answer without an end.
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = IDLE;
  return server;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host === '::1' }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }),
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
