import { importP256, verifyP256 } from '#crypto';
import type { P256PublicKey } from '../crypto/port.ts';
import { type DerReader, derSequence } from '../encoding/der.ts';
import { malformed } from '../fault.ts';

/** The three parts that certificates and CRLs share (RFC 5280 sections 4.1.1 and 5.1.1). */
export interface Signed {
  /** The exact bytes under the signature. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: string;
  /** r ‖ s, 64 bytes; undefined when the signature is not an ECDSA-Sig-Value on P-256. */
  readonly signature: Uint8Array | undefined;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const PRIME256V1 = '1.2.840.10045.3.1.7';

/** Opens the outer SEQUENCE; the caller reads `tbs` and compares the inner algorithm. */
export function parseSigned(der: Uint8Array, path: string): Signed {
  const outer = derSequence(der, path);
  const tbs = outer.element('tbs').raw;
  const signatureAlgorithm = parseAlgorithm(outer, 'signatureAlgorithm');
  const { bytes, unused } = outer.bitString('signature');
  if (unused !== 0) throw malformed(`${path}.signature`, 'unused bits in a signature');
  outer.end();
  return { tbs, signatureAlgorithm, signature: ecdsaComponents(bytes, `${path}.signature`) };
}

/** AlgorithmIdentifier without parameters, as every ECDSA signature has it (RFC 5758). */
export function parseAlgorithm(reader: DerReader, field: string): string {
  const algorithm = reader.sequence(field);
  const oid = algorithm.oid('algorithm');
  algorithm.end();
  return oid;
}

/** ECDSA-Sig-Value to r ‖ s. Malformed DER throws; a number out of range is just no signature. */
function ecdsaComponents(der: Uint8Array, path: string): Uint8Array | undefined {
  const sequence = derSequence(der, path);
  const numbers = [sequence.integer('r'), sequence.integer('s')];
  sequence.end();
  const out = new Uint8Array(64);
  for (const [i, number] of numbers.entries()) {
    if ((number[0] as number) >= 0x80) return undefined;
    const magnitude = number[0] === 0 ? number.subarray(1) : number;
    if (magnitude.length > 32) return undefined;
    out.set(magnitude, 32 * (i + 1) - magnitude.length);
  }
  return out;
}

/** SubjectPublicKeyInfo of a P-256 key (RFC 5480): `der` is what anchors pin. */
export interface PublicKeyInfo {
  readonly der: Uint8Array;
  readonly key: P256PublicKey;
}

export function parsePublicKeyInfo(der: Uint8Array, path: string): PublicKeyInfo {
  const info = derSequence(der, path);
  const algorithm = info.sequence('algorithm');
  const kind = algorithm.oid('algorithm');
  const curve = kind === EC_PUBLIC_KEY ? algorithm.oid('namedCurve') : undefined;
  if (curve !== PRIME256V1) throw malformed(path, `want a P-256 key, got ${curve ?? kind}`);
  algorithm.end();
  const { bytes, unused } = info.bitString('subjectPublicKey');
  info.end();
  if (unused !== 0 || bytes.length !== 65 || bytes[0] !== 4) {
    throw malformed(path, 'want an uncompressed P-256 point');
  }
  const key = importP256(bytes.subarray(1));
  if (key === undefined) throw malformed(path, 'the point is not on P-256');
  return { der, key };
}

export function isSignedBy(signed: Signed, signer: P256PublicKey): boolean {
  return (
    signed.signatureAlgorithm === ECDSA_WITH_SHA256 &&
    signed.signature !== undefined &&
    verifyP256(signer, signed.tbs, signed.signature)
  );
}
