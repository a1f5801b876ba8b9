import { AEAD_KEY_SIZES, type AeadName } from '../core/crypto/aead-port.ts';
import type { HmacHash } from '../core/crypto/hmac.ts';

/** The algorithms of an HPKE context by their registered numbers (RFC 9180 section 7). */
export interface Suite {
  readonly kem: number;
  readonly kdf: number;
  readonly aead: number;
}

/** MLKEM768-X25519, HKDF-SHA256, AES-256-GCM: what is used unless somebody asks for less. */
export const SUITE_HYBRID: Suite = { kem: 0x647a, kdf: 1, aead: 2 };

/** DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: safe until there are quantum computers. */
export const SUITE_X25519: Suite = { kem: 0x0020, kdf: 1, aead: 2 };

/**
 * HKDF with SHA-256, -384, -512. The single-stage KDFs (0x0010 to 0x0013) have no Extract and
 * Expand, from which Oblivious HTTP derives the keys of a response.
 */
const KDFS: ReadonlyMap<number, HmacHash> = new Map([
  [1, 'sha256'],
  [2, 'sha384'],
  [3, 'sha512'],
]);

const AEADS: ReadonlyMap<number, AeadName> = new Map([
  [1, 'aes-128-gcm'],
  [2, 'aes-256-gcm'],
  [3, 'chacha20-poly1305'],
]);

/** @returns undefined for a KDF that can't be used here. */
export function kdfHash(kdf: number): HmacHash | undefined {
  return KDFS.get(kdf);
}

/** @returns undefined for an AEAD that can't be used here, export-only among them. */
export function aeadName(aead: number): AeadName | undefined {
  return AEADS.get(aead);
}

/** Nk, in bytes. */
export function aeadKeySize(name: AeadName): number {
  return AEAD_KEY_SIZES[name];
}

/** `0x0020/0x0001/0x0002`, for errors. */
export function suiteText({ kem, kdf, aead }: Suite): string {
  return [kem, kdf, aead].map(algorithmText).join('/');
}

export function algorithmText(id: number): string {
  return `0x${id.toString(16).padStart(4, '0')}`;
}

export function u16be(value: number): Uint8Array {
  return Uint8Array.of((value >> 8) & 0xff, value & 0xff);
}
