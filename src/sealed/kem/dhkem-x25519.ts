import {
  eraseKemSecret,
  importX25519,
  importX25519Secret,
  newX25519Secret,
  x25519,
  x25519PublicKey,
} from '#crypto';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { X25519PublicKey, X25519Secret } from '../../core/crypto/kem-port.ts';
import { LabeledHkdf } from '../hpke/hkdf.ts';
import { u16be } from '../suite.ts';
import type { Encapsulated, Kem } from './kem.ts';

const ID = 0x0020;
const SIZE = 32;
const kdf = new LabeledHkdf('sha256', concatBytes(utf8('KEM'), u16be(ID)));

/** DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1. */
export const DHKEM_X25519: Kem = {
  id: ID,
  publicKeySize: SIZE,
  encSize: SIZE,
  encapsulationKey: (publicKey) => {
    const [point, bytes] = [importX25519(publicKey), new Uint8Array(publicKey)];
    return point && { encapsulate: () => encapsulateX25519(newX25519Secret(), point, bytes) };
  },
  decapsulationKey: (secret) => {
    const own = importX25519Secret(secret);
    const publicKey = x25519PublicKey(own);
    return {
      publicKey,
      decapsulate: (enc) => {
        const point = importX25519(enc);
        const dh = point && x25519(own, point);
        return dh && extractAndExpand(dh, enc, publicKey);
      },
      erase: () => eraseKemSecret(own),
    };
  },
};

/** @param ephemeral used once. */
export function encapsulateX25519(
  ephemeral: X25519Secret,
  point: X25519PublicKey,
  publicKey: Uint8Array,
): Encapsulated | undefined {
  const enc = x25519PublicKey(ephemeral);
  const dh = x25519(ephemeral, point);
  return dh && { enc, sharedSecret: extractAndExpand(dh, enc, publicKey) };
}

function extractAndExpand(dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const prk = kdf.extract(new Uint8Array(), 'eae_prk', dh);
  return kdf.expand(prk, 'shared_secret', concatBytes(enc, publicKey), SIZE);
}
