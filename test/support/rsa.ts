import { constants, hash, privateEncrypt } from 'node:crypto';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { TAG } from '../../src/core/encoding/der.ts';
import { tlv } from './forge.ts';
import { hex } from './hex.ts';
import type { RsaTestKey } from './rsa-keys.ts';

/*
 * RSA signatures made by hand, so that a test can break any rule of their encoding and still
 * put the right key's signature below it (RFC 8017 sections 9.1.1 and 9.2).
 */

/** What is raised to the private exponent is said by the caller, to the last byte. */
export function rsaPower({ privateKey }: RsaTestKey, block: Uint8Array): Uint8Array {
  return Uint8Array.from(
    privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block),
  );
}

type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

function digest(algorithm: Hash, ...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(hash(algorithm, concatBytes(...parts), 'buffer'));
}

/** What a test changes about EMSA-PSS as AMD uses it. */
export interface PssWishes {
  readonly hash?: Hash;
  readonly maskHash?: Hash;
  readonly salt?: Uint8Array;
  /** Between the zeros and the salt. */
  readonly separator?: number;
  /** First of the zeros. */
  readonly firstZero?: number;
  readonly trailer?: number;
}

/** EMSA-PSS of a key of whole bytes: SHA-384 throughout and a salt of 48 bytes unless said. */
export function pssBlock(size: number, message: Uint8Array, wishes: PssWishes = {}): Uint8Array {
  const { hash: algorithm = 'sha384', salt = new Uint8Array(48).fill(0x5a) } = wishes;
  const h = digest(algorithm, new Uint8Array(8), digest(algorithm, message), salt);
  const db = new Uint8Array(size - h.length - 1);
  db[0] = wishes.firstZero ?? 0;
  db[db.length - salt.length - 1] = wishes.separator ?? 1;
  db.set(salt, db.length - salt.length);
  const mask = mgf1(wishes.maskHash ?? algorithm, h, db.length);
  const masked = db.map((byte, i) => byte ^ (mask[i] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f; // the bit above the encoded message
  return concatBytes(masked, h, Uint8Array.of(wishes.trailer ?? 0xbc));
}

/** MGF1 (RFC 8017 appendix B.2.1), for masks of less than 256 blocks. */
function mgf1(algorithm: Hash, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; 20 * counter < length; counter++) {
    blocks.push(digest(algorithm, seed, Uint8Array.of(0, 0, 0, counter)));
  }
  return concatBytes(...blocks).subarray(0, length);
}

const SHA256_OID = hex('0609608648016503040201');
const NULL = hex('0500');

/** DigestInfo of a message under SHA-256, or one with other parts. */
export function digestInfo(
  message: Uint8Array,
  parts: { readonly algorithm?: Uint8Array; readonly digest?: Uint8Array } = {},
): Uint8Array {
  const { algorithm = tlv(TAG.sequence, SHA256_OID, NULL) } = parts;
  const octets = tlv(TAG.octetString, parts.digest ?? digest('sha256', message));
  return tlv(TAG.sequence, algorithm, octets);
}

/** EMSA-PKCS1-v1_5: 00 01 ff … ff 00 T, as many ff as there is room for. */
export function pkcs1Block(size: number, info: Uint8Array): Uint8Array {
  const padding = new Uint8Array(size - info.length - 3).fill(0xff);
  return concatBytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info);
}

/** Big-endian numbers of one length, added; a sum that does not fit is an error of the test. */
export function plus(a: Uint8Array, b: Uint8Array): Uint8Array {
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const sum = (number(a) + number(b)).toString(16).padStart(2 * a.length, '0');
  if (sum.length !== 2 * a.length) throw new RangeError('the sum is longer than its parts');
  return hex(sum);
}
