import { Fault } from '../../core/fault.ts';
import { sessionId } from '../../protocol/session/session-id.ts';

/** What a relay can see of a sealed request: which session it begins, and how its answer will. */
export interface SealedHead {
  readonly session: string;
  /** Of the nonce that the answer begins with, in bytes: max(Nn, Nk) of the AEAD. */
  readonly nonceSize: number;
}

/** Key id (1), KEM (2), KDF (2), AEAD (2), big-endian (RFC 9458 section 4.3); `enc` follows. */
const HEADER = 7;
/** Nenc by KEM: MLKEM768-X25519, and DHKEM(X25519, HKDF-SHA256). */
const ENC_SIZES: ReadonlyMap<number, number> = new Map([
  [0x647a, 1120],
  [0x0020, 32],
]);
/** By AEAD: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305. */
const NONCE_SIZES: ReadonlyMap<number, number> = new Map([
  [1, 16],
  [2, 32],
  [3, 32],
]);

/**
 * @param bytes what has come of the request so far.
 * @returns undefined while it is too short to tell.
 * @throws Fault `unsupported` at `body.header…` for algorithms that no agent here has.
 */
export function readSealedHead(bytes: Uint8Array): SealedHead | undefined {
  if (bytes.length < HEADER) return undefined;
  const kem = u16(bytes, 1);
  const aead = u16(bytes, 5);
  const encSize = ENC_SIZES.get(kem);
  if (encSize === undefined) throw unknown('kem', kem);
  const nonceSize = NONCE_SIZES.get(aead);
  if (nonceSize === undefined) throw unknown('aead', aead);
  const end = HEADER + encSize;
  if (bytes.length < end) return undefined;
  return { session: sessionId(bytes.subarray(HEADER, end)), nonceSize };
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function unknown(what: string, id: number): Fault {
  const name = `0x${id.toString(16).padStart(4, '0')}`;
  return new Fault('unsupported', `body.header.${what}`, `unknown algorithm ${name}`);
}
