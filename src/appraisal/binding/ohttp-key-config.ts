import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { u16be } from './big-endian.ts';

/** A key to seal requests to. */
export interface OhttpKeyConfig {
  readonly keyId: number;
  readonly kem: number;
  /** A view into the configuration. */
  readonly publicKey: Uint8Array;
  readonly suites: readonly OhttpSuite[];
}

export interface OhttpSuite {
  readonly kdf: number;
  readonly aead: number;
}

/** Length of a public key by HPKE KEM: MLKEM768-X25519 and DHKEM(X25519, HKDF-SHA256). */
const PUBLIC_KEY_SIZES: ReadonlyMap<number, number> = new Map([
  [0x647a, 1216],
  [0x0020, 32],
]);

/** HKDF with SHA-256, -384, -512: the single-stage ones lack the Extract and Expand that OHTTP needs. */
const KDFS: ReadonlySet<number> = new Set([1, 2, 3]);
/** AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305; never export-only. */
const AEADS: ReadonlySet<number> = new Set([1, 2, 3]);

const SUITE_SIZE = 4;

/** Above any that has all suites. */
export const LARGEST_KEY_CONFIG = 1400;

/**
 * One key configuration (RFC 9458 section 3.1), integers big-endian; as the list in
 * `application/ohttp-keys` has it behind its length
 *
 * | size | field                                                        |
 * |------|--------------------------------------------------------------|
 * | 1    | key id                                                       |
 * | 2    | HPKE KEM                                                     |
 * | Npk  | public key, of the KEM's length                              |
 * | 2    | length of the symmetric algorithms, 4 bytes or a multiple    |
 * | 2, 2 | KDF and AEAD, so many times                                  |
 *
 * @throws Fault `malformed`, or `unsupported` for an algorithm that a client here can't use,
 *   at `<path>.<field>`.
 */
export function parseOhttpKeyConfig(bytes: Uint8Array, path: string): OhttpKeyConfig {
  const r = new ByteReader(bytes, path);
  const keyId = r.u8('key_id');
  const kem = u16be(r, 'kem');
  const size = PUBLIC_KEY_SIZES.get(kem);
  if (size === undefined) throw unsupported(`${path}.kem`, kem);
  const publicKey = r.bytes(size, 'public_key');
  const length = u16be(r, 'symmetric_algorithms_length');
  if (length === 0 || length % SUITE_SIZE !== 0) {
    throw malformed(`${path}.symmetric_algorithms_length`, `want pairs of 4 bytes, got ${length}`);
  }
  const suites: OhttpSuite[] = [];
  for (let i = 0; i < length / SUITE_SIZE; i++) suites.push(parseSuite(r, path, i));
  r.end();
  if (new Set(suites.map(({ kdf, aead }) => `${kdf}/${aead}`)).size < suites.length) {
    throw malformed(`${path}.symmetric_algorithms`, 'a pair of algorithms twice');
  }
  return { keyId, kem, publicKey, suites };
}

function parseSuite(r: ByteReader, path: string, index: number): OhttpSuite {
  const at = `symmetric_algorithms[${index}]`;
  const kdf = u16be(r, `${at}.kdf`);
  const aead = u16be(r, `${at}.aead`);
  if (!KDFS.has(kdf)) throw unsupported(`${path}.${at}.kdf`, kdf);
  if (!AEADS.has(aead)) throw unsupported(`${path}.${at}.aead`, aead);
  return { kdf, aead };
}

function unsupported(at: string, id: number): Fault {
  return new Fault('unsupported', at, `unknown algorithm 0x${id.toString(16).padStart(4, '0')}`);
}
