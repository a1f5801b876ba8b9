import { ByteReader } from '../core/bytes/reader.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { Fault, malformed } from '../core/fault.ts';
import { kemById } from './kem/kems.ts';
import { aeadName, algorithmText, kdfHash, u16be } from './suite.ts';

/** A key to seal requests to (RFC 9458 section 3). */
export interface KeyConfig {
  /** 0 to 255. */
  readonly keyId: number;
  readonly kem: number;
  /** A view into the configuration, where it was read from one. */
  readonly publicKey: Uint8Array;
  readonly suites: readonly { readonly kdf: number; readonly aead: number }[];
}

const SUITE_SIZE = 4;

/** Above any that has all suites, in bytes. */
export const LARGEST_KEY_CONFIG = 1400;

/**
 * One key configuration (RFC 9458 section 3.1), integers big-endian
 *
 * | size | field                                                        |
 * |------|--------------------------------------------------------------|
 * | 1    | key id                                                       |
 * | 2    | HPKE KEM                                                     |
 * | Npk  | public key, of the KEM's length                              |
 * | 2    | length of the symmetric algorithms, 4 bytes or a multiple    |
 * | 2, 2 | KDF and AEAD, so many times                                  |
 *
 * @throws Fault `malformed`, or `unsupported` for an algorithm that can't be used here, at
 *   `<path>.<field>`.
 */
export function parseKeyConfig(bytes: Uint8Array, path = 'key_config'): KeyConfig {
  const r = new ByteReader(bytes, path);
  const keyId = r.u8('key_id');
  const kem = readU16(r, 'kem');
  const size = kemById(kem)?.publicKeySize;
  if (size === undefined) throw unsupported(`${path}.kem`, kem);
  const publicKey = r.bytes(size, 'public_key');
  const length = readU16(r, 'symmetric_algorithms_length');
  if (length === 0 || length % SUITE_SIZE !== 0) {
    throw malformed(`${path}.symmetric_algorithms_length`, `want pairs of 4 bytes, got ${length}`);
  }
  const suites = Array.from({ length: length / SUITE_SIZE }, (_, i) => readSuite(r, path, i));
  r.end();
  if (new Set(suites.map(({ kdf, aead }) => `${kdf}/${aead}`)).size < suites.length) {
    throw malformed(`${path}.symmetric_algorithms`, 'a pair of algorithms twice');
  }
  return { keyId, kem, publicKey, suites };
}

/**
 * `application/ohttp-keys` (RFC 9458 section 3.2): each configuration behind its length, 2 bytes.
 *
 * @throws Fault as {@link parseKeyConfig}, at `<path>[i].<field>`; `malformed` for an empty list.
 */
export function parseKeyConfigList(bytes: Uint8Array, path = 'key_configs'): readonly KeyConfig[] {
  const r = new ByteReader(bytes, path);
  const configs: KeyConfig[] = [];
  while (r.remaining > 0) {
    const at = `[${configs.length}]`;
    const config = r.bytes(readU16(r, `${at}.length`), at);
    configs.push(parseKeyConfig(config, `${path}${at}`));
  }
  if (configs.length === 0) throw malformed(path, 'no key configuration');
  return configs;
}

export function encodeKeyConfig({ keyId, kem, publicKey, suites }: KeyConfig): Uint8Array {
  return concatBytes(
    Uint8Array.of(keyId),
    u16be(kem),
    publicKey,
    u16be(suites.length * SUITE_SIZE),
    ...suites.flatMap(({ kdf, aead }) => [u16be(kdf), u16be(aead)]),
  );
}

/** `application/ohttp-keys`. */
export function encodeKeyConfigList(configs: readonly KeyConfig[]): Uint8Array {
  const encoded = configs.map(encodeKeyConfig);
  return concatBytes(...encoded.flatMap((config) => [u16be(config.length), config]));
}

function readSuite(r: ByteReader, path: string, index: number) {
  const at = `symmetric_algorithms[${index}]`;
  const kdf = readU16(r, `${at}.kdf`);
  const aead = readU16(r, `${at}.aead`);
  if (!kdfHash(kdf)) throw unsupported(`${path}.${at}.kdf`, kdf);
  if (!aeadName(aead)) throw unsupported(`${path}.${at}.aead`, aead);
  return { kdf, aead };
}

function readU16(r: ByteReader, field: string): number {
  const [high = 0, low = 0] = r.bytes(2, field);
  return high * 256 + low;
}

function unsupported(at: string, id: number): Fault {
  return new Fault('unsupported', at, `unknown algorithm ${algorithmText(id)}`);
}
