import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type Io, usage } from '../io.ts';
import type { GatewayConfig } from './config.ts';

/** What a server needs for TLS, and what there is to say of it. */
export interface TlsFiles {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** When the certificate ends, in milliseconds since the epoch. */
  readonly until: number;
}

/**
 * The certificate (with its chain behind it) and the key that clients will meet.
 *
 * @returns undefined where TLS is a proxy's.
 * @throws Fault `usage` where they are none, not of each other or not for the origin's host; nothing of the
 *   key is quoted.
 */
export async function readTls(
  io: Io,
  { tls, origin }: Pick<GatewayConfig, 'tls' | 'origin'>,
): Promise<TlsFiles | undefined> {
  if ('proxy' in tls) return undefined;
  const [cert, key] = await Promise.all([io.readFile(tls.cert), io.readFile(tls.key)]);
  const certificate = orUndefined(() => new X509Certificate(cert));
  if (certificate === undefined) throw usage(`${tls.cert}: want certificates in PEM`);
  const privateKey = orUndefined((): KeyObject => createPrivateKey(Buffer.from(key)));
  if (privateKey === undefined) throw usage(`${tls.key}: want a private key in PEM, not encrypted`);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw usage(`${tls.key}: is not the key of the first certificate in ${tls.cert}`);
  }
  const { hostname } = new URL(origin);
  const names = certificate.subjectAltName ?? 'no name at all';
  const named =
    isIP(hostname) === 0 ? certificate.checkHost(hostname) : certificate.checkIP(hostname);
  if (named === undefined) throw usage(`${tls.cert}: is not for ${hostname}, but for ${names}`);
  return { cert, key, until: certificate.validToDate.getTime() };
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // OpenSSL's sentence would not say which file it is about
  }
}
