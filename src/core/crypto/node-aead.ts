import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
} from 'node:crypto';
import {
  AEAD_KEY_SIZES,
  AEAD_NONCE_SIZE,
  AEAD_TAG_SIZE,
  type AeadKey,
  type AeadName,
  type AeadPort,
  checkNonce,
} from './aead-port.ts';

/** A key object: given as bytes, a key is made ready anew for each message, at four times the cost. */
class NodeAeadKey {
  // Node's types know the same calls twice, for GCM and for ChaCha20-Poly1305.
  readonly name: CipherGCMTypes;
  readonly object: KeyObject;

  constructor(name: AeadName, key: Uint8Array) {
    this.name = name as CipherGCMTypes;
    this.object = createSecretKey(key);
  }
}

const OPTIONS = { authTagLength: AEAD_TAG_SIZE };

export const importAeadKey: AeadPort['importAeadKey'] = (name, key) =>
  key.length === AEAD_KEY_SIZES[name]
    ? (new NodeAeadKey(name, key) as object as AeadKey)
    : undefined;

export const sealAead: AeadPort['sealAead'] = (key, nonce, aad, plaintext, headroom) => {
  checkNonce(nonce);
  const { name, object } = key as object as NodeAeadKey;
  const cipher = createCipheriv(name, object, nonce, OPTIONS);
  if (aad.length > 0) cipher.setAAD(aad);
  const out = new Uint8Array(headroom + plaintext.length + AEAD_TAG_SIZE);
  out.set(cipher.update(plaintext), headroom);
  cipher.final();
  out.set(cipher.getAuthTag(), headroom + plaintext.length);
  return out;
};

export const openAead: AeadPort['openAead'] = (key, nonce, aad, sealed) => {
  const size = sealed.length - AEAD_TAG_SIZE;
  if (size < 0 || nonce.length !== AEAD_NONCE_SIZE) return undefined;
  const { name, object } = key as object as NodeAeadKey;
  const decipher = createDecipheriv(name, object, nonce, OPTIONS);
  if (aad.length > 0) decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(size));
  const plaintext = decipher.update(sealed.subarray(0, size));
  try {
    decipher.final();
  } catch {
    return undefined; // the tag is of something else
  }
  return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
};
