import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { malformed } from '../../core/fault.ts';
import { leafHash } from '../tree/hash.ts';

/** An entry's length is 16 bits wide. */
export const LARGEST_ENTRY = 65_535;

/**
 * Entries of a tile's width, each behind its length: u16, big-endian (C2SP tlog-tiles, "Log
 * entries").
 *
 * @param count as many entries as there must be.
 * @returns copies of them.
 * @throws Fault `malformed` for fewer or more.
 */
export function parseEntryBundle(
  bytes: Uint8Array,
  count: number,
  at = 'entries',
): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let next = 0;
  while (entries.length < count) {
    const place = `${at}[${entries.length}]`;
    if (bytes.length - next < 2) throw malformed(place, 'the bundle ends before it');
    const start = next + 2;
    next = start + view.getUint16(next);
    if (next > bytes.length) {
      throw malformed(place, `needs ${next - start} bytes, ${bytes.length - start} left`);
    }
    entries.push(bytes.slice(start, next));
  }
  if (next < bytes.length) throw malformed(at, `${bytes.length - next} bytes after the last entry`);
  return entries;
}

/** @throws Fault `malformed` for an entry beyond {@link LARGEST_ENTRY}. */
export function writeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0));
  const view = new DataView(out.buffer);
  let next = 0;
  for (const [i, entry] of entries.entries()) {
    if (entry.length > LARGEST_ENTRY) {
      throw malformed(`entries[${i}]`, `${entry.length} bytes, of at most ${LARGEST_ENTRY}`);
    }
    view.setUint16(next, entry.length);
    out.set(entry, next + 2);
    next += 2 + entry.length;
  }
  return out;
}

/**
 * Entries against leaf hashes that are known to be in the tree.
 *
 * @throws Fault `malformed` at the first one that is another.
 */
export function verifyEntries(
  entries: readonly Uint8Array[],
  hashes: readonly Uint8Array[],
  at = 'entries',
): void {
  if (entries.length !== hashes.length) {
    throw malformed(at, `${entries.length} entries for ${hashes.length} leaves`);
  }
  for (const [i, entry] of entries.entries()) {
    const [want = new Uint8Array(), got] = [hashes[i], leafHash(entry)];
    if (!equalBytes(got, want)) {
      throw malformed(`${at}[${i}]`, `the leaf is ${toHex(want)}, this entry's hash ${toHex(got)}`);
    }
  }
}
