import '../../src/core/x509/reflect-metadata.ts';
import { generateKeyPairSync } from 'node:crypto';
import { Extension } from '@peculiar/x509';
import { TAG } from '../../src/core/encoding/der.ts';
import { elementAt, forge, tlv } from './forge.ts';
import { certify, party } from './pki.ts';

const server = await party('server.example');

export interface TlsCertificateWishes {
  /** Content of an extension by OID: in an OCTET STRING of its own, as dstack writes it. */
  readonly extensions?: Readonly<Record<string, Uint8Array>>;
  /** SubjectPublicKeyInfo instead of the P-256 key; the signature no longer fits, and nobody asks. */
  readonly spki?: Uint8Array;
}

/** A TLS server's certificate, self-signed. */
export async function tlsCertificate(wishes: TlsCertificateWishes = {}): Promise<Uint8Array> {
  const { extensions = {}, spki } = wishes;
  const more = Object.entries(extensions).map(
    ([oid, content]) => new Extension(oid, false, new Uint8Array(tlv(TAG.octetString, content))),
  );
  const der = await certify(server, server, { more });
  return spki ? forge(der, SPKI, () => spki) : der;
}

/** Where SubjectPublicKeyInfo stands in a v3 certificate. */
export const SPKI = [0, 6] as const;

export function spkiOf(der: Uint8Array): Uint8Array {
  return elementAt(der, SPKI);
}

/** SubjectPublicKeyInfo of a fresh key. */
export function freshSpki(kind: 'ed25519' | 'rsa' | 'ec'): Uint8Array {
  const { publicKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}
