import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { parseTlsCertificate } from '../../appraisal/binding/tls-certificate.ts';
import { atStage } from '../at-stage.ts';
import { PosternError } from '../errors.ts';

export interface TlsAddress {
  readonly host: string;
  readonly port: number;
}

export interface PeerOptions {
  /** What the server is told that it is asked for (SNI); the host by default, where that is a name. */
  readonly servername?: string | undefined;
  /** Protocols on offer (ALPN), e.g. `['http/1.1']`. */
  readonly alpn?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whoever answered at an address. Nothing was written to it but the handshake, and nothing read. */
export interface Peer {
  readonly socket: TLSSocket;
  /** DER of the certificate that it showed, and had the key of. */
  readonly certificate: Uint8Array;
  /** SubjectPublicKeyInfo in DER, as it stands there. */
  readonly spki: Uint8Array;
}

/** In milliseconds, from the first packet to the end of the handshake. */
const LONGEST_HANDSHAKE = 15_000;

/**
 * A TLS 1.3 connection to anybody: chain, names and dates of the certificate are not looked at, and
 * whoever calls has to look at its key. No session is taken up, so that each connection shows it.
 *
 * @throws PosternError `connect.unreachable`, `connect.handshake`, `connect.malformed`; the signal's
 *   reason.
 */
export async function openPeer(address: TlsAddress, options: PeerOptions = {}): Promise<Peer> {
  const socket = await handshake(address, options);
  try {
    const certificate = new Uint8Array(socket.getPeerX509Certificate()?.raw ?? []);
    const { spki } = await atStage('connect', `the certificate of ${textOf(address)}`, {}, () =>
      parseTlsCertificate(certificate, 'certificate'),
    );
    return { socket, certificate, spki };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** `host:port`, IPv6 as `[address]:port`. */
export function textOf({ host, port }: TlsAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @returns undefined for what is no `host:port`. */
export function readAddress(text: string): TlsAddress | undefined {
  const [, six, name, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [six ?? name, Number(digits)];
  return host === undefined || !(port > 0 && port < 65_536) ? undefined : { host, port };
}

function handshake(
  address: TlsAddress,
  { servername, alpn, signal }: PeerOptions,
): Promise<TLSSocket> {
  signal?.throwIfAborted();
  const { host, port } = address;
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    host,
    port,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // What is shown is a key that evidence names, or it is nothing: nobody else's word is asked.
    rejectUnauthorized: false,
    ...(name !== undefined && { servername: name }),
    ...(alpn && { ALPNProtocols: [...alpn] }),
  });
  const stop = () => socket.destroy(signal?.reason);
  const late = setTimeout(() => socket.destroy(new Error('took too long')), LONGEST_HANDSHAKE);
  const fail = (error: Error) => {
    reject(signal?.aborted ? signal.reason : failed(address, error));
  };
  signal?.addEventListener('abort', stop, { once: true });
  socket.once('error', fail).once('secureConnect', () => resolve(socket));
  return promise.finally(() => {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
    socket.off('error', fail);
  });
}

function failed(address: TlsAddress, cause: Error): PosternError {
  const code = 'code' in cause ? String(cause.code) : '';
  const word = /^(?:EPROTO|ERR_SSL|ERR_TLS)/.test(code) ? 'handshake' : 'unreachable';
  return new PosternError(`connect.${word}`, `${textOf(address)}: ${cause.message}`, { cause });
}
