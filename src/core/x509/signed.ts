import {
  importP256,
  importP384,
  importRsa,
  verifyP256,
  verifyP384,
  verifyRsaPssSha384,
} from '#crypto';
import { equalBytes } from '../bytes/equal.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import type { P256PublicKey, P384PublicKey, RsaPublicKey } from '../crypto/port.ts';
import { type DerReader, derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';

/** The signature schemes that vendors of confidential hardware use. */
type SignatureScheme = 'ecdsa-with-SHA256' | 'ecdsa-with-SHA384' | 'RSASSA-PSS-SHA384';

/** The three parts that certificates and CRLs share (RFC 5280 sections 4.1.1 and 5.1.1). */
export interface Signed {
  /** The exact bytes under the signature. */
  readonly tbs: Uint8Array;
  /** One of the schemes that we verify, or the object identifier of another. */
  readonly signatureAlgorithm: string;
  /** As it stands outside of the signature: what is signed must say the same, byte by byte. */
  readonly outerAlgorithm: Uint8Array;
  /**
   * ECDSA: r ‖ s, 64 or 96 bytes, undefined when a number is too large for the curve.
   * RSA: as it stands. Undefined for a scheme that we do not verify.
   */
  readonly signature: Uint8Array | undefined;
}

const ECDSA: ReadonlyMap<string, { readonly scheme: SignatureScheme; readonly size: number }> =
  new Map([
    ['1.2.840.10045.4.3.2', { scheme: 'ecdsa-with-SHA256', size: 32 }],
    ['1.2.840.10045.4.3.3', { scheme: 'ecdsa-with-SHA384', size: 48 }],
  ]);

const RSASSA_PSS = '1.2.840.113549.1.1.10';

/**
 * RSASSA-PSS-params { SHA-384, MGF1 with SHA-384, salt of 48 bytes } (RFC 4055 section 3.1), in
 * the two forms that AMD writes: the second spells the default trailer field out. Compared
 * whole, so that no other hash or salt length is ever taken for these.
 */
const PSS_SHA384: readonly Uint8Array[] = [
  '3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130',
  '3039a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130a303020101',
].map((parameters) => fromHex(parameters, 'RSASSA-PSS-params'));

/** Opens the outer SEQUENCE; the caller reads `tbs` and compares the inner algorithm. */
export function parseSigned(der: Uint8Array, path: string): Signed {
  const outer = derSequence(der, path);
  const signed = readSigned(outer, path);
  outer.end();
  return signed;
}

/** The same where more may follow in the SEQUENCE. */
export function readSigned(outer: DerReader, path: string): Signed {
  const tbs = outer.element('tbs').raw;
  const outerAlgorithm = outer.element('signatureAlgorithm').raw;
  const signatureAlgorithm = algorithmName(outerAlgorithm, `${path}.signatureAlgorithm`);
  const { bytes, unused } = outer.bitString('signature');
  if (unused !== 0) throw malformed(`${path}.signature`, 'unused bits in a signature');
  return {
    tbs,
    signatureAlgorithm,
    outerAlgorithm,
    signature: parseSignature(signatureAlgorithm, bytes, `${path}.signature`),
  };
}

/**
 * The AlgorithmIdentifier inside of what is signed (RFC 5280 section 4.1.2.3): were it another
 * than the one outside, one signature would have two meanings.
 */
export function expectSameAlgorithm(reader: DerReader, signed: Signed, path: string): void {
  if (equalBytes(reader.element('signature').raw, signed.outerAlgorithm)) return;
  throw malformed(`${path}.signature`, 'inner and outer signature algorithm differ');
}

/** The name of an AlgorithmIdentifier; ECDSA has no parameters, not even NULL (RFC 5758). */
export function algorithmName(der: Uint8Array, path: string): string {
  const algorithm = derSequence(der, path);
  const oid = algorithm.oid('algorithm');
  if (oid === RSASSA_PSS && algorithm.peek() === TAG.sequence) {
    const parameters = algorithm.expect(TAG.sequence, 'parameters').raw;
    algorithm.end();
    // With other parameters it is another scheme.
    return PSS_SHA384.some((known) => equalBytes(known, parameters))
      ? 'RSASSA-PSS-SHA384'
      : `${oid} (${toHex(parameters)})`;
  }
  algorithm.end();
  return ECDSA.get(oid)?.scheme ?? oid;
}

function parseSignature(
  algorithm: string,
  bytes: Uint8Array,
  path: string,
): Uint8Array | undefined {
  if (algorithm === 'RSASSA-PSS-SHA384') return bytes;
  for (const { scheme, size } of ECDSA.values()) {
    if (algorithm === scheme) return ecdsaComponents(bytes, size, path);
  }
  return undefined;
}

/** ECDSA-Sig-Value to r ‖ s. Malformed DER throws; a number out of range is just no signature. */
export function ecdsaComponents(
  der: Uint8Array,
  size: number,
  path: string,
): Uint8Array | undefined {
  const sequence = derSequence(der, path);
  const numbers = [sequence.integer('r'), sequence.integer('s')];
  sequence.end();
  const out = new Uint8Array(2 * size);
  for (const [i, number] of numbers.entries()) {
    if ((number[0] as number) >= 0x80) return undefined;
    const magnitude = number[0] === 0 ? number.subarray(1) : number;
    if (magnitude.length > size) return undefined;
    out.set(magnitude, size * (i + 1) - magnitude.length);
  }
  return out;
}

/** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): `der` is what anchors pin. */
export type PublicKeyInfo = { readonly der: Uint8Array } & (
  | { readonly kind: 'P-256'; readonly key: P256PublicKey }
  | { readonly kind: 'P-384'; readonly key: P384PublicKey }
  | { readonly kind: `RSA-${number}`; readonly key: RsaPublicKey }
);

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const PRIME256V1 = '1.2.840.10045.3.1.7';
const SECP384R1 = '1.3.132.0.34';

export function parsePublicKeyInfo(der: Uint8Array, path: string): PublicKeyInfo {
  const info = derSequence(der, path);
  const algorithm = info.sequence('algorithm');
  const kind = algorithm.oid('algorithm');
  const curve = kind === EC_PUBLIC_KEY ? algorithm.oid('namedCurve') : undefined;
  if (kind === RSA_ENCRYPTION) expectNull(algorithm, path);
  algorithm.end();
  const { bytes, unused } = info.bitString('subjectPublicKey');
  info.end();
  if (unused !== 0) throw malformed(path, 'unused bits in a key');
  if (kind === RSA_ENCRYPTION) return { der, ...parseRsaKey(bytes, path) };
  if (curve === PRIME256V1) {
    const key = importP256(point(bytes, 64, 'P-256', path));
    if (key === undefined) throw malformed(path, 'the point is not on P-256');
    return { der, kind: 'P-256', key };
  }
  if (curve === SECP384R1) {
    const key = importP384(point(bytes, 96, 'P-384', path));
    if (key === undefined) throw malformed(path, 'the point is not on P-384');
    return { der, kind: 'P-384', key };
  }
  throw malformed(path, `want a P-256, P-384 or RSA key, got ${curve ?? kind}`);
}

function expectNull(algorithm: DerReader, path: string): void {
  const { content } = algorithm.expect(TAG.null, 'parameters');
  if (content.length > 0) throw malformed(`${path}.algorithm`, 'want NULL parameters');
}

function point(bytes: Uint8Array, size: number, curve: string, path: string): Uint8Array {
  if (bytes.length !== 1 + size || bytes[0] !== 4) {
    throw malformed(path, `want an uncompressed ${curve} point`);
  }
  return bytes.subarray(1);
}

/** RSAPublicKey ::= SEQUENCE { modulus, publicExponent } (RFC 8017 appendix A.1.1). */
function parseRsaKey(bytes: Uint8Array, path: string) {
  const sequence = derSequence(bytes, path);
  const modulus = positive(sequence.integer('modulus'), `${path}.modulus`);
  const exponent = positive(sequence.integer('publicExponent'), `${path}.publicExponent`);
  sequence.end();
  const key = importRsa(modulus, exponent);
  const bits = bitLength(modulus);
  if (key === undefined) throw malformed(path, `no RSA key to rely on: ${bits} bits`);
  return { kind: `RSA-${bits}`, key } as const;
}

function bitLength(magnitude: Uint8Array): number {
  const [first] = magnitude;
  return first === undefined ? 0 : 8 * magnitude.length - (Math.clz32(first) - 24);
}

function positive(content: Uint8Array, path: string): Uint8Array {
  if ((content[0] ?? 0x80) >= 0x80) throw malformed(path, 'want a number above 0');
  return content[0] === 0 ? content.subarray(1) : content;
}

/** A scheme counts only with the kind of key that it belongs to. */
export function isSignedBy(
  { tbs, signature, signatureAlgorithm }: Signed,
  signer: PublicKeyInfo,
): boolean {
  return (
    signature !== undefined &&
    signatureAlgorithm === schemeOf(signer.kind) &&
    isSignature(signature, tbs, signer)
  );
}

function schemeOf(kind: PublicKeyInfo['kind']): SignatureScheme {
  if (kind === 'P-256') return 'ecdsa-with-SHA256';
  return kind === 'P-384' ? 'ecdsa-with-SHA384' : 'RSASSA-PSS-SHA384';
}

/** @param signature ECDSA: r ‖ s. RSA: RSASSA-PSS with SHA-384. */
export function isSignature(
  signature: Uint8Array,
  message: Uint8Array,
  signer: PublicKeyInfo,
): boolean {
  if (signer.kind === 'P-256') return verifyP256(signer.key, message, signature);
  if (signer.kind === 'P-384') return verifyP384(signer.key, message, signature);
  return verifyRsaPssSha384(signer.key, message, signature);
}
