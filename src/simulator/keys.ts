import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '#crypto';
import { utf8 } from '../core/bytes/text.ts';
import { Made } from './made.ts';

/** A P-256 key pair whose every signature is a function of key and message (RFC 6979). */
export interface SimulatorKey {
  /** x ‖ y, 64 bytes, big-endian. */
  readonly publicKey: Uint8Array;
  /** r ‖ s over SHA-256, 64 bytes, big-endian. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const keys = new Made<SimulatorKey>();

/**
 * The key of this name in the world of this seed.
 *
 * Anybody can compute it: it protects nothing, and no root made with it may be trusted
 * unless somebody asks for it by name.
 */
export function deriveKey(seed: string, label: string): SimulatorKey {
  return keys.once([seed, label], () => {
    const secret = deriveSecret(seed, label);
    return {
      publicKey: p256.getPublicKey(secret, false).subarray(1),
      sign: (message) => p256.sign(message, secret, { lowS: false }),
    };
  });
}

/** Bytes that differ by label and look random: serial numbers, platform ids, measurements. */
export function deriveBytes(seed: string, label: string, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = 0, block = 0; at < length; at += 32, block++) {
    out.set(hashOf(seed, label, block).subarray(0, Math.min(32, length - at)), at);
  }
  return out;
}

function deriveSecret(seed: string, label: string): Uint8Array {
  for (let attempt = 0; ; attempt++) {
    const candidate = hashOf(seed, label, attempt);
    if (p256.utils.isValidSecretKey(candidate)) return candidate;
  }
}

/** JSON keeps the parts apart: ("a", "bc") and ("ab", "c") are different keys. */
function hashOf(seed: string, label: string, counter: number): Uint8Array {
  return sha256(utf8(JSON.stringify(['postern simulator', seed, label, counter])));
}
