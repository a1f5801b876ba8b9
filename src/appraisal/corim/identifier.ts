import { toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import {
  bytesOf,
  type CborEntry,
  countOf,
  describeCbor,
  isTagged,
  taggedWith,
  textOf,
  wrong,
} from '../../core/encoding/cbor-shape.ts';
import { CborTag } from '../../core/encoding/cbor-value.ts';
import { DerReader, TAG } from '../../core/encoding/der.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { malformed } from '../../core/fault.ts';

/** What CoRIM names things by: the kind belongs to the name, `1` is no `"1"`. */
export interface Identifier {
  readonly kind: 'integer' | 'text' | 'uri' | 'uuid' | 'oid' | 'ueid' | 'bytes' | 'other';
  /** Decimal, text, dotted decimal, hex with the hyphens of a UUID, hex, or a few words of another. */
  readonly value: string;
}

type Placed = Pick<CborEntry, 'at' | 'value'>;

/** Tags of draft-ietf-rats-corim, and those of RFC 8949 and RFC 9090 that it uses. */
const NAME_TAG = { uri: 32, uuid: 37, oid: 111, ueid: 550, integer: 551, bytes: 560 } as const;

/** @throws Fault `malformed`; a tag that is not known makes a name of kind `other`. */
export function readIdentifier(placed: Placed): Identifier {
  const { at, value } = placed;
  if (typeof value === 'string') return { kind: 'text', value };
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { kind: 'integer', value: String(value) };
  }
  if (value instanceof Uint8Array) {
    return value.length === 16 ? uuid(value, at) : { kind: 'bytes', value: toHex(value) };
  }
  if (!(value instanceof CborTag)) throw wrong(at, 'a name', value);
  const inner = { at, value: value.value };
  switch (value.tag) {
    case NAME_TAG.uri:
      return { kind: 'uri', value: textOf(inner) };
    case NAME_TAG.uuid:
      return uuid(bytesOf(inner), at);
    case NAME_TAG.oid:
      return { kind: 'oid', value: oid(bytesOf(inner), at) };
    case NAME_TAG.ueid:
      return { kind: 'ueid', value: toHex(bytesOf(inner)) };
    case NAME_TAG.integer:
      return { kind: 'integer', value: integer(inner) };
    case NAME_TAG.bytes:
      return { kind: 'bytes', value: toHex(bytesOf(inner)) };
    default:
      return { kind: 'other', value: describeCbor(value) };
  }
}

function integer({ at, value }: Placed): string {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrong(at, 'an integer', value);
  return String(value);
}

function uuid(bytes: Uint8Array, at: string): Identifier {
  if (bytes.length !== 16) throw malformed(at, `a UUID has 16 bytes, got ${bytes.length}`);
  const hex = toHex(bytes);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return { kind: 'uuid', value: `${parts.join('-')}-${hex.slice(20)}` };
}

/** The content of an OBJECT IDENTIFIER without its header (RFC 9090 section 2). */
function oid(content: Uint8Array, at: string): string {
  if (content.length >= 128) throw malformed(at, 'OID is too long');
  const reader = new DerReader(concatBytes(Uint8Array.of(TAG.oid, content.length), content), at);
  return reader.oid('oid');
}

/**
 * `time` of CDDL (RFC 8610 appendix D), whole seconds since the epoch. Intel writes text in its
 * place, `tdate`, in UTC.
 *
 * @returns milliseconds since the epoch.
 */
export function readTime(placed: Placed): number {
  if (isTagged(placed, 0)) return parseUtcTimestamp(textOf(taggedWith(0, placed)), placed.at);
  return countOf(taggedWith(1, placed)) * 1000;
}

/** For people: the kind where the value alone would not show it. */
export function showIdentifier({ kind, value }: Identifier): string {
  return kind === 'text' || kind === 'uri' ? value : `${kind} ${value}`;
}
