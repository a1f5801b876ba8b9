import { p384 } from '@noble/curves/nist.js';
import { sha256 } from '#crypto';
import { fromHex, toHex } from '../core/bytes/hex.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { deriveBytes, deriveKey } from './keys.ts';
import { Made } from './made.ts';

/** SubjectPublicKeyInfo of an uncompressed point, up to and including the 0x04 (RFC 5480). */
const SPKI_PREFIX = {
  'P-256': fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'simulator.p256'),
  'P-384': fromHex('3076301006072a8648ce3d020106052b8104002203620004', 'simulator.p384'),
} as const;

/** A P-384 key pair whose every signature is a function of key and message (RFC 6979). */
export interface P384SimulatorKey {
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  /** r ‖ s over SHA-384, 96 bytes, big-endian. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const keys = new Made<P384SimulatorKey>();
const signatures = new Made<Uint8Array>();

/** The P-384 key of this name in the world of this seed, as `deriveKey`; what it signed is kept. */
export function deriveP384Key(seed: string, label: string): P384SimulatorKey {
  return keys.once([seed, label], () => {
    const secret = deriveSecret(seed, label);
    const point = p384.getPublicKey(secret, false).subarray(1);
    return {
      publicKeyInfo: concatBytes(SPKI_PREFIX['P-384'], point),
      sign: (message) =>
        signatures.once([seed, label, toHex(sha256(message))], () =>
          p384.sign(message, secret, { lowS: false }),
        ),
    };
  });
}

/** DER of the SubjectPublicKeyInfo of a key on the curve that neither AMD nor NVIDIA uses. */
export function p256PublicKeyInfo(seed: string, label: string): Uint8Array {
  return concatBytes(SPKI_PREFIX['P-256'], deriveKey(seed, label).publicKey);
}

/** The order n of the group, by which r and s are counted. */
export const P384_ORDER: bigint = p384.Point.Fn.ORDER;

function deriveSecret(seed: string, label: string): Uint8Array {
  for (let attempt = 0; ; attempt++) {
    const candidate = deriveBytes(seed, `P-384 ${label} ${attempt}`, 48);
    if (p384.utils.isValidSecretKey(candidate)) return candidate;
  }
}
