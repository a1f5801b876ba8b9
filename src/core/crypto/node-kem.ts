import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type {
  KemPort,
  MlKem768PublicKey,
  MlKem768Secret,
  X25519PublicKey,
  X25519Secret,
} from './kem-port.ts';

/** DER up to the bytes of a key: SubjectPublicKeyInfo and PKCS #8 of RFC 8410 and RFC 9935. */
const DER = {
  x25519: Buffer.from('302a300506032b656e032100', 'hex'),
  x25519Secret: Buffer.from('302e020100300506032b656e04220420', 'hex'),
  mlKem: Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex'),
  mlKemSeed: Buffer.from('3054020100300b060960864801650304040204428040', 'hex'),
} as const;

const SIZES = { x25519: 32, mlKemKey: 1184, mlKemSeed: 64, mlKemCiphertext: 1088 } as const;

export const sha3_256: KemPort['sha3_256'] = (data) =>
  plain(createHash('sha3-256').update(data).digest());

export const shake256: KemPort['shake256'] = (data, length) =>
  plain(createHash('shake256', { outputLength: length }).update(data).digest());

export const importMlKem768: KemPort['importMlKem768'] = (key) =>
  key.length === SIZES.mlKemKey
    ? (importPublic(DER.mlKem, key) as object as MlKem768PublicKey | undefined)
    : undefined;

export const mlKem768Secret: KemPort['mlKem768Secret'] = (seed) =>
  importSecret(DER.mlKemSeed, seed, SIZES.mlKemSeed) as object as MlKem768Secret;

export const mlKem768PublicKey: KemPort['mlKem768PublicKey'] = (secret) => {
  const key = createPublicKey(secret as object as KeyObject);
  const info = key.export({ format: 'der', type: 'spki' });
  return new Uint8Array(info.subarray(-SIZES.mlKemKey));
};

export const encapsulateMlKem768: KemPort['encapsulateMlKem768'] = (key) => {
  const { ciphertext, sharedKey } = encapsulate(key as object as KeyObject);
  return { ciphertext: plain(ciphertext), sharedSecret: plain(sharedKey) };
};

export const decapsulateMlKem768: KemPort['decapsulateMlKem768'] = (secret, ciphertext) =>
  ciphertext.length === SIZES.mlKemCiphertext
    ? plain(decapsulate(secret as object as KeyObject, ciphertext))
    : undefined;

/** Its public half too: OpenSSL computes it whenever it sees a secret. */
class NodeX25519Secret {
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;

  constructor(key: KeyObject, publicHalf: KeyObject = createPublicKey(key)) {
    this.key = key;
    // As a JWK: DER is encoded at thirty times the cost.
    const { x = '' } = publicHalf.export({ format: 'jwk' });
    this.publicKey = new Uint8Array(Buffer.from(x, 'base64url'));
  }
}

export const importX25519: KemPort['importX25519'] = (point) =>
  point.length === SIZES.x25519
    ? (importPublic(DER.x25519, point) as object as X25519PublicKey | undefined)
    : undefined;

export const newX25519Secret: KemPort['newX25519Secret'] = () => {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return new NodeX25519Secret(privateKey, publicKey) as object as X25519Secret;
};

export const importX25519Secret: KemPort['importX25519Secret'] = (scalar) =>
  new NodeX25519Secret(
    importSecret(DER.x25519Secret, scalar, SIZES.x25519),
  ) as object as X25519Secret;

export const x25519PublicKey: KemPort['x25519PublicKey'] = (secret) =>
  new Uint8Array((secret as object as NodeX25519Secret).publicKey);

export const x25519: KemPort['x25519'] = (secret, point) => {
  const { key } = secret as object as NodeX25519Secret;
  try {
    return plain(diffieHellman({ privateKey: key, publicKey: point as object as KeyObject }));
  } catch {
    return undefined; // OpenSSL refuses a shared value of zeros
  }
};

/** Key objects are wiped by OpenSSL, when nothing holds them any more. */
export const eraseKemSecret: KemPort['eraseKemSecret'] = () => undefined;

/** PEM is imported sooner than DER: Node tries the bytes as other things first, by exceptions. */
function importPublic(prefix: Uint8Array, key: Uint8Array): KeyObject | undefined {
  const text = Buffer.concat([prefix, key]).toString('base64');
  const lines = text.replace(/.{64}(?=.)/g, '$&\n');
  try {
    return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`);
  } catch {
    return undefined; // a coefficient of ML-KEM is not below the modulus
  }
}

/** No text, which nobody can wipe, nor a piece of the memory that Node's Buffers share. */
function importSecret(prefix: Uint8Array, secret: Uint8Array, size: number): KeyObject {
  if (secret.length !== size) throw new RangeError(`a secret of ${size} bytes is wanted`);
  const key = Buffer.alloc(prefix.length + size);
  try {
    key.set(prefix);
    key.set(secret, prefix.length);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** Not a Buffer, whose `slice` shares memory. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
