import { x25519 as curve } from '@noble/curves/ed25519.js';
import { sha3_256 as nobleSha3, shake256 as nobleShake } from '@noble/hashes/sha3.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type {
  KemPort,
  MlKem768PublicKey,
  MlKem768Secret,
  X25519PublicKey,
  X25519Secret,
} from './kem-port.ts';
import { encapsulateMlKem768With } from './ml-kem-with.ts';

export const sha3_256: KemPort['sha3_256'] = (data) => nobleSha3(data);

export const shake256: KemPort['shake256'] = (data, length) => nobleShake(data, { dkLen: length });

export const importMlKem768: KemPort['importMlKem768'] = (key) => {
  if (key.length !== ml_kem768.lengths.publicKey || !isReduced(key)) return undefined;
  return new Uint8Array(key) as object as MlKem768PublicKey;
};

const MODULUS = 3329;
/** The coefficients, 12 bits each; behind them the seed of the matrix. */
const COEFFICIENT_BYTES = 1152;

/** FIPS 203 section 7.2, modulus check: two coefficients in three bytes. */
function isReduced(key: Uint8Array): boolean {
  for (let i = 0; i < COEFFICIENT_BYTES; i += 3) {
    const [a = 0, b = 0, c = 0] = key.subarray(i, i + 3);
    if ((a | ((b & 15) << 8)) >= MODULUS || ((b >> 4) | (c << 4)) >= MODULUS) return false;
  }
  return true;
}

type MlKemPair = ReturnType<typeof ml_kem768.keygen>;

export const mlKem768Secret: KemPort['mlKem768Secret'] = (seed) => {
  if (seed.length !== ml_kem768.lengths.seed) throw new RangeError('a seed of 64 bytes is wanted');
  return ml_kem768.keygen(seed) as object as MlKem768Secret;
};

export const mlKem768PublicKey: KemPort['mlKem768PublicKey'] = (secret) =>
  new Uint8Array((secret as object as MlKemPair).publicKey);

export const encapsulateMlKem768: KemPort['encapsulateMlKem768'] = (key) =>
  encapsulateMlKem768With(key as object as Uint8Array);

export const decapsulateMlKem768: KemPort['decapsulateMlKem768'] = (secret, ciphertext) =>
  ciphertext.length === ml_kem768.lengths.cipherText
    ? ml_kem768.decapsulate(ciphertext, (secret as object as MlKemPair).secretKey)
    : undefined;

interface Pair {
  readonly scalar: Uint8Array;
  readonly point: Uint8Array;
}

export const importX25519: KemPort['importX25519'] = (point) =>
  point.length === 32 ? (new Uint8Array(point) as object as X25519PublicKey) : undefined;

export const newX25519Secret: KemPort['newX25519Secret'] = () =>
  pairOf(curve.utils.randomSecretKey());

export const importX25519Secret: KemPort['importX25519Secret'] = (scalar) => {
  if (scalar.length !== 32) throw new RangeError('a scalar of 32 bytes is wanted');
  return pairOf(new Uint8Array(scalar));
};

function pairOf(scalar: Uint8Array): X25519Secret {
  const pair: Pair = { scalar, point: curve.getPublicKey(scalar) };
  return pair as object as X25519Secret;
}

export const x25519PublicKey: KemPort['x25519PublicKey'] = (secret) =>
  new Uint8Array((secret as object as Pair).point);

export const x25519: KemPort['x25519'] = (secret, point) => {
  try {
    return curve.getSharedSecret((secret as object as Pair).scalar, point as object as Uint8Array);
  } catch {
    return undefined; // noble refuses a shared value of zeros
  }
};

export const eraseKemSecret: KemPort['eraseKemSecret'] = (secret) => {
  const { secretKey, scalar } = secret as object as Partial<MlKemPair & Pair>;
  secretKey?.fill(0);
  scalar?.fill(0);
};
