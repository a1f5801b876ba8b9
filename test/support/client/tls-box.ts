import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { sha256 } from '#crypto';
import { TLS_EXPORTER } from '../../../src/appraisal/binding/session-nonce.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { type CertificateWishes, certify, type Party, party } from '../pki.ts';
import { spkiOf } from '../tls-certificates.ts';
import type { ServingKey, StandInMachine } from './machine.ts';

/** A key that TLS is served with. */
export interface TlsKey {
  readonly party: Party;
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
}

export const TLS_HOST = 'node.example';

export async function tlsKey(name = TLS_HOST): Promise<TlsKey> {
  const own = await party(name);
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', own.keys.privateKey);
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  return { party: own, privateKey, spki: spkiOf(await certify(own, own)) };
}

/** As a keyset lists it, and as evidence shows it. */
export function servingTls({ spki, privateKey }: TlsKey, host = TLS_HOST): ServingKey {
  return {
    use: 'tls',
    listed: { use: 'tls', spki_sha256: toHex(sha256(spki)), host },
    key: spki,
    sign: (message) =>
      new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

export interface BoxOptions
  extends CertificateWishes,
    Pick<TlsOptions, 'minVersion' | 'maxVersion'> {
  /** Whose certificate; self-signed by default. */
  readonly issuer?: Party;
  /** Knows its connections, and so can show that they are its own. */
  readonly machine?: StandInMachine;
  /** Shown in the place of one that is made here; DER. */
  readonly certificate?: Uint8Array;
  readonly answer?: RequestListener;
  readonly host?: string;
}

/** A TLS server on the loopback that echoes, or answers requests. */
export interface TlsBox {
  readonly port: number;
  readonly address: { readonly host: string; readonly port: number };
  readonly url: string;
  readonly certificate: Uint8Array;
  /** What clients sent inside of TLS, in bytes. */
  readonly received: () => number;
  readonly sockets: readonly TLSSocket[];
  readonly close: () => Promise<void>;
}

export async function tlsBox(key: TlsKey, options: BoxOptions = {}): Promise<TlsBox> {
  const {
    issuer = key.party,
    machine,
    answer,
    host = '127.0.0.1',
    minVersion,
    maxVersion,
  } = options;
  const certificate = options.certificate ?? (await certify(key.party, issuer, options));
  const sockets: TLSSocket[] = [];
  let received = 0;
  const http = answer && createServer(answer);
  const server = createTlsServer(
    {
      cert: toPem(certificate, 'CERTIFICATE'),
      key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      ...(minVersion && { minVersion }),
      ...(maxVersion && { maxVersion }),
    },
    (socket) => {
      sockets.push(socket);
      const { size, label } = TLS_EXPORTER;
      const exported = socket.exportKeyingMaterial(size, label, Buffer.alloc(0));
      machine?.begun.add(`tls-session ${toHex(new Uint8Array(exported))}`);
      socket.on('error', () => undefined);
      if (http) http.emit('connection', socket);
      else socket.pipe(socket);
      socket.on('data', (part: Uint8Array) => {
        received += part.length;
      });
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: { host, port },
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    certificate,
    received: () => received,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
