import { importEd25519, importMlDsa44, sha256, verifyEd25519, verifyMlDsa44 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { wantKeyName } from './key-name.ts';

/**
 * What a key signs, by the first byte of its encoding (C2SP signed-note, "Signature types"):
 * `note` the text itself, the other two a checkpoint at a time (C2SP tlog-cosignature).
 */
export type KeyType = 'note' | 'cosignature' | 'cosignature-ml-dsa-44';

/** Byte of the type, bytes of a public key and of a bare signature. */
export const KEY_TYPES: Readonly<
  Record<KeyType, { readonly byte: number; readonly key: number; readonly signature: number }>
> = {
  note: { byte: 0x01, key: 32, signature: 64 },
  cosignature: { byte: 0x04, key: 32, signature: 64 },
  'cosignature-ml-dsa-44': { byte: 0x06, key: 1312, signature: 2420 },
};

/** A key that notes are verified with, known by its name and id together. */
export interface VerifierKey {
  readonly name: string;
  /** The first four bytes of the hash over name, type and key, as eight hex digits. */
  readonly id: string;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
  /** Whether these bytes are what the type signs, and this their bare signature. */
  readonly verifies: (message: Uint8Array, signature: Uint8Array) => boolean;
}

/**
 * `<name>+<id in hex>+<base64 of type and key>`, as tools of the Go ecosystem write it.
 *
 * @throws Fault `malformed` for anything else, an id that is not the key's, or bytes that are no
 *   usable key; `unsupported` for a type that is not read here.
 */
export function parseVerifierKey(text: string, at = 'vkey'): VerifierKey {
  const { name, id, type, key } = parseKeyText(text, at);
  const made = verifierKey(name, type, key, at);
  if (made.id !== id) throw malformed(`${at}.id`, `want ${made.id} for this key, got ${id}`);
  return made;
}

/** @throws Fault `malformed` for a bad name or bytes that are no usable key. */
export function verifierKey(
  name: string,
  type: KeyType,
  publicKey: Uint8Array,
  at = 'vkey',
): VerifierKey {
  const verifies = verifierOf(type, publicKey);
  if (verifies === undefined) throw malformed(`${at}.key`, 'is no usable public key');
  return {
    name: wantKeyName(name, `${at}.name`),
    id: keyId(name, type, publicKey),
    type,
    publicKey: new Uint8Array(publicKey),
    verifies,
  };
}

export function writeVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${toBase64(concatBytes(Uint8Array.of(KEY_TYPES[type].byte), publicKey))}`;
}

/** Eight hex digits. */
export function keyId(name: string, type: KeyType, publicKey: Uint8Array): string {
  const head = concatBytes(utf8(`${name}\n`), Uint8Array.of(KEY_TYPES[type].byte), publicKey);
  return toHex(sha256(head).subarray(0, 4));
}

/** The three parts of a key's text, of public and secret ones alike; what the id is worth is not asked. */
export function parseKeyText(
  text: string,
  at: string,
): {
  readonly name: string;
  readonly id: string;
  readonly type: KeyType;
  readonly key: Uint8Array;
} {
  const [name = '', id = '', ...encoded] = text.split('+');
  if (encoded.length === 0) throw malformed(at, 'want <name>+<id>+<base64>');
  wantKeyName(name, `${at}.name`);
  if (!/^[0-9a-f]{8}$/.test(id)) throw malformed(`${at}.id`, 'want eight lower-case hex digits');
  // The base64 alphabet has a + of its own.
  const bytes = fromBase64(encoded.join('+'), `${at}.key`);
  const [byte] = bytes;
  if (byte === undefined) throw malformed(`${at}.key`, 'is empty');
  return { name, id, type: keyTypeOf(byte, `${at}.key`), key: bytes.slice(1) };
}

function keyTypeOf(byte: number, at: string): KeyType {
  for (const type of ['note', 'cosignature', 'cosignature-ml-dsa-44'] as const) {
    if (KEY_TYPES[type].byte === byte) return type;
  }
  throw new Fault('unsupported', at, `keys of type 0x${toHex(Uint8Array.of(byte))} are not read`);
}

function verifierOf(type: KeyType, publicKey: Uint8Array): VerifierKey['verifies'] | undefined {
  if (type === 'cosignature-ml-dsa-44') {
    const key = importMlDsa44(publicKey);
    return key && ((message, signature) => verifyMlDsa44(key, message, signature));
  }
  const key = importEd25519(publicKey);
  return key && ((message, signature) => verifyEd25519(key, message, signature));
}
