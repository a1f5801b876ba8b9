import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  sign,
} from 'node:crypto';
import forge from 'node-forge';
import { Made } from './made.ts';
import { derivePrime } from './prime.ts';

const BITS = 4096;
const EXPONENT = 65537n;

/** RSASSA-PSS with one hash throughout (RFC 8017 section 8.1). */
export interface PssScheme {
  readonly hash: 'sha256' | 'sha384';
  readonly saltLength: number;
}

/** An RSA-4096 key pair whose every signature is a function of key and message. */
export interface RsaSimulatorKey {
  /** DER of the SubjectPublicKeyInfo, rsaEncryption. */
  readonly publicKeyInfo: Uint8Array;
  readonly signPss: (message: Uint8Array, scheme: PssScheme) => Uint8Array;
  readonly signPkcs1Sha384: (message: Uint8Array) => Uint8Array;
}

const keys = new Made<RsaSimulatorKey>();

/**
 * The RSA key of this name in the world of this seed. Some 0.3 s the first time, and kept for
 * the life of the process: as with `deriveKey`, there is nothing secret about it.
 */
export function deriveRsaKey(seed: string, label: string): RsaSimulatorKey {
  return keys.once([seed, label], () => makeKey(seed, label));
}

function makeKey(seed: string, label: string): RsaSimulatorKey {
  const p = suitablePrime(seed, `${label} p`);
  const q = suitablePrime(seed, `${label} q`);
  const key = privateKey(p > q ? p : q, p > q ? q : p);
  return {
    publicKeyInfo: new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' })),
    signPss: (message, scheme) => {
      const encoded = encodePss(message, scheme);
      return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded));
    },
    signPkcs1Sha384: (message) => new Uint8Array(sign('sha384', message, key)),
  };
}

/** The public exponent must have an inverse modulo p − 1. */
function suitablePrime(seed: string, label: string): bigint {
  for (let attempt = 0; ; attempt++) {
    const prime = derivePrime(seed, `${label} ${attempt}`, BITS / 2);
    if (prime % EXPONENT !== 1n) return prime;
  }
}

function privateKey(p: bigint, q: bigint): KeyObject {
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const numbers = {
    n: p * q,
    e: EXPONENT,
    d,
    p,
    q,
    dp: d % (p - 1n),
    dq: d % (q - 1n),
    qi: inverse(q, p),
  };
  const members = Object.entries(numbers).map(([name, value]) => [name, base64url(value)]);
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...Object.fromEntries(members) } });
}

/** By the extended Euclidean algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  }
  return ((x % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

/**
 * EMSA-PSS (RFC 8017 section 9.1.1) with a salt that is a hash of the message: node:crypto
 * draws a random one, which would change every fixture at each run.
 */
function encodePss(message: Uint8Array, { hash, saltLength }: PssScheme): Uint8Array {
  const digest = () => (hash === 'sha384' ? forge.md.sha512.sha384 : forge.md.sha256).create();
  const text = forge.util.binary.raw.encode(message);
  const salt = forge.md.sha512.sha384.create().update('salt').update(text).digest();
  const scheme = forge.pss.create({
    md: digest(),
    mgf: forge.mgf.mgf1.create(digest()),
    salt: forge.util.createBuffer(salt.getBytes(saltLength)),
    saltLength,
  });
  return Buffer.from(scheme.encode(digest().update(text), BITS), 'latin1');
}
