import type { TLSSocket } from 'node:tls';
import { Agent, type buildConnector } from 'undici';
import { PosternError } from '../errors.ts';
import type { PeerOptions, TlsAddress } from './peer.ts';

/** Of undici's agent, all but what decides who is connected to. */
export type DispatcherOptions = Omit<Agent.Options, 'connect' | 'allowH2' | 'factory'>;

type Connect = (where: TlsAddress & PeerOptions) => Promise<TLSSocket>;

const HTTPS_PORT = 443;

/** Connections that nobody uses are closed after so many milliseconds, whatever a server promises. */
const LONGEST_IDLE = 10_000;

/** HTTP/1.1 over connections that somebody else makes, for URLs of https alone. */
export function attestedAgent(connect: Connect, options: DispatcherOptions): Agent {
  return new Agent({
    keepAliveMaxTimeout: LONGEST_IDLE,
    ...options,
    connect: (wanted, callback) => {
      connectFor(connect, wanted).then(
        (socket) => callback(null, socket),
        (error: unknown) => {
          callback(error instanceof Error ? error : new Error(String(error)), null);
        },
      );
    },
  });
}

async function connectFor(
  connect: Connect,
  { protocol, hostname, port, servername }: buildConnector.Options,
): Promise<TLSSocket> {
  if (protocol !== 'https:') {
    throw new PosternError('connect.usage', `want an https address, got ${protocol}//${hostname}`);
  }
  return connect({
    // Of a URL, IPv6 stands in brackets.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? HTTPS_PORT : Number(port),
    alpn: ['http/1.1'],
    ...(servername && { servername }),
  });
}
