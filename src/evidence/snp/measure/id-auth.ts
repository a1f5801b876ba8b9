import { isZero } from '../../../core/bytes/equal.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { ByteWriter } from '../../../core/bytes/writer.ts';
import { Fault, malformed } from '../../../core/fault.ts';
import { AMD_SIGNATURE_SIZE, encodeAmdSignature } from '../amd-signature.ts';
import { AMD_PUBLIC_KEY_SIZE, encodeAmdPublicKey } from './amd-public-key.ts';

const ID_AUTH_SIZE = 4096;

/** Who signs an ID block, and who vouches for that key; all as the firmware reads it. */
export interface IdAuth {
  /** 512 bytes, over the 96 bytes of the block. */
  readonly blockSignature: Uint8Array;
  /** 0x404 bytes. */
  readonly idKey: Uint8Array;
  /** Undefined when nobody vouches: firmware then takes the ID key as it is. */
  readonly author: IdAuthor | undefined;
}

export interface IdAuthor {
  /** 512 bytes, over the 0x404 bytes of the ID key. */
  readonly idKeySignature: Uint8Array;
  /** 0x404 bytes. */
  readonly key: Uint8Array;
}

/** A P-384 key pair. */
export interface IdSigner {
  /** x ‖ y, 96 bytes, big-endian. */
  readonly publicKey: Uint8Array;
  /** r ‖ s over SHA-384 of the message, 96 bytes, big-endian. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** ECDSA P-384 with SHA-384, the only algorithm. */
const ALGORITHM = 1;

/**
 * ID Authentication Information Structure (SEV-SNP ABI specification, SNP_LAUNCH_FINISH)
 *
 * | offset | size  | field                                             |
 * |--------|-------|---------------------------------------------------|
 * | 0x000  | 4     | ID_KEY_ALGO, 1                                    |
 * | 0x004  | 4     | AUTH_KEY_ALGO, 1                                  |
 * | 0x008  | 56    | reserved, zero                                    |
 * | 0x040  | 512   | ID_BLOCK_SIG                                      |
 * | 0x240  | 0x404 | ID_KEY                                            |
 * | 0x644  | 60    | reserved, zero                                    |
 * | 0x680  | 512   | ID_KEY_SIG, by the author key                     |
 * | 0x880  | 0x404 | AUTHOR_KEY                                        |
 * | 0xc84  | 892   | reserved, zero                                    |
 *
 * Without an author both of its fields are zero, and its algorithm means nothing.
 *
 * @throws Fault `malformed` or `unsupported` (algorithm) at `id_auth…`. Keys and signatures
 *   are not looked into.
 */
export function parseIdAuth(bytes: Uint8Array): IdAuth {
  const r = new ByteReader(bytes, 'id_auth');
  const idKeyAlgorithm = r.u32('id_key_algo');
  const authorKeyAlgorithm = r.u32('auth_key_algo');
  readZeros(r, 56, 'reserved_008');
  const blockSignature = r.bytes(AMD_SIGNATURE_SIZE, 'id_block_sig');
  const idKey = r.bytes(AMD_PUBLIC_KEY_SIZE, 'id_key');
  readZeros(r, 60, 'reserved_644');
  const idKeySignature = r.bytes(AMD_SIGNATURE_SIZE, 'id_key_sig');
  const key = r.bytes(AMD_PUBLIC_KEY_SIZE, 'author_key');
  readZeros(r, 892, 'reserved_c84');
  r.end();
  wantAlgorithm(idKeyAlgorithm, 'id_key_algo');
  const hasAuthor = !isZero(idKeySignature) || !isZero(key);
  if (hasAuthor || authorKeyAlgorithm !== 0) wantAlgorithm(authorKeyAlgorithm, 'auth_key_algo');
  return { blockSignature, idKey, author: hasAuthor ? { idKeySignature, key } : undefined };
}

/**
 * Has an ID block signed.
 *
 * @param idBlock 96 bytes.
 * @returns 4096 bytes.
 */
export function makeIdAuth(idBlock: Uint8Array, idKey: IdSigner, author?: IdSigner): Uint8Array {
  const encodedKey = encodeAmdPublicKey(idKey.publicKey);
  const writer = new ByteWriter()
    .u32(ALGORITHM)
    .u32(ALGORITHM)
    .zeros(56)
    .bytes(encodeAmdSignature(idKey.sign(idBlock)))
    .bytes(encodedKey)
    .zeros(60);
  if (author) {
    writer.bytes(encodeAmdSignature(author.sign(encodedKey)));
    writer.bytes(encodeAmdPublicKey(author.publicKey));
  }
  return writer.zeros(ID_AUTH_SIZE - writer.length).finish();
}

function readZeros(r: ByteReader, length: number, field: string): void {
  if (!isZero(r.bytes(length, field))) throw malformed(`id_auth.${field}`, 'want zeros');
}

function wantAlgorithm(algorithm: number, field: string): void {
  if (algorithm === ALGORITHM) return;
  const detail = `want ${ALGORITHM} (ECDSA P-384 with SHA-384), got ${algorithm}`;
  throw new Fault('unsupported', `id_auth.${field}`, detail);
}
