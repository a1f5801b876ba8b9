import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import {
  AEAD_KEY_SIZES,
  AEAD_NONCE_SIZE,
  AEAD_TAG_SIZE,
  type AeadKey,
  type AeadName,
  type AeadPort,
  checkNonce,
} from './aead-port.ts';

class PortableAeadKey {
  readonly #name: AeadName;
  readonly #key: Uint8Array;

  constructor(name: AeadName, key: Uint8Array) {
    this.#name = name;
    this.#key = new Uint8Array(key);
  }

  cipher(nonce: Uint8Array, aad: Uint8Array) {
    const make = this.#name === 'chacha20-poly1305' ? chacha20poly1305 : gcm;
    return make(this.#key, nonce, aad);
  }
}

export const importAeadKey: AeadPort['importAeadKey'] = (name, key) =>
  key.length === AEAD_KEY_SIZES[name]
    ? (new PortableAeadKey(name, key) as object as AeadKey)
    : undefined;

export const sealAead: AeadPort['sealAead'] = (key, nonce, aad, plaintext, headroom) => {
  checkNonce(nonce);
  const sealed = (key as object as PortableAeadKey).cipher(nonce, aad).encrypt(plaintext);
  if (headroom === 0) return sealed;
  const out = new Uint8Array(headroom + sealed.length);
  out.set(sealed, headroom);
  return out;
};

export const openAead: AeadPort['openAead'] = (key, nonce, aad, sealed) => {
  if (sealed.length < AEAD_TAG_SIZE || nonce.length !== AEAD_NONCE_SIZE) return undefined;
  try {
    return (key as object as PortableAeadKey).cipher(nonce, aad).decrypt(sealed);
  } catch {
    return undefined; // the tag is of something else
  }
};
