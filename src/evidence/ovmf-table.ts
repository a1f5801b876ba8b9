import { toHex } from '../core/bytes/hex.ts';
import { ByteReader } from '../core/bytes/reader.ts';
import { malformed } from '../core/fault.ts';
import { guidBytes } from './guid.ts';

/** What lies between the table and the end of the firmware: the reset vector's code. */
const BEHIND_TABLE = 32;
/** Size and GUID, which stand behind the data of each entry. */
const ENTRY_TAIL = 18;

const NO_FOOTER = 'no OVMF table footer 32 bytes before the end: is this the whole firmware image?';

const FOOTER = toHex(guidBytes('96b582de-1fb2-45f7-baea-a366c55a082d'));

/** Entries of the table by GUID, as hex of their bytes. */
export type OvmfTable = ReadonlyMap<string, Uint8Array>;

/**
 * The GUIDed table at the end of OVMF (edk2, OvmfPkg/ResetVector): read backwards, since the
 * size and name of each entry stand behind its data.
 *
 * | offset | size | field                                  |
 * |--------|------|----------------------------------------|
 * | 0      | n    | data                                   |
 * | n      | 2    | length of the whole entry, n + 18      |
 * | n + 2  | 16   | GUID                                   |
 *
 * The last entry, 32 bytes before the end of the file, is the footer: its length is that of
 * the whole table.
 *
 * @throws Fault `malformed` at `measure.firmware.table`.
 */
export function readOvmfTable(firmware: Uint8Array): OvmfTable {
  const end = firmware.length - BEHIND_TABLE;
  if (end < ENTRY_TAIL) throw wrong(NO_FOOTER);
  const footer = entryTail(firmware, end, 0);
  if (footer.guid !== FOOTER) throw wrong(NO_FOOTER);
  const start = end - footer.length;
  if (start < 0) throw wrong(`says ${footer.length} bytes, but only ${end} stand before its end`);
  const entries = new Map<string, Uint8Array>();
  for (let at = end - ENTRY_TAIL; at > start; ) {
    const { length, guid } = entryTail(firmware, at, start);
    if (at - length < start) throw wrong(`the entry ${guid} begins before the table`);
    // Of two the firmware uses one and we might use the other.
    if (entries.has(guid)) throw wrong(`two entries ${guid}`);
    entries.set(guid, firmware.subarray(at - length, at - ENTRY_TAIL));
    at -= length;
  }
  return entries;
}

/** The data of an entry of exactly this size; undefined when the table has none of this GUID. */
export function ovmfEntry(
  table: OvmfTable,
  guid: string,
  size: number,
  field: string,
): ByteReader | undefined {
  const data = table.get(toHex(guidBytes(guid)));
  if (data === undefined) return undefined;
  const path = `measure.firmware.${field}`;
  if (data.length !== size) throw malformed(path, `want ${size} bytes, got ${data.length}`);
  return new ByteReader(data, path);
}

/** Length and name of the entry that ends at `end`, none of it before `start`. */
function entryTail(
  firmware: Uint8Array,
  end: number,
  start: number,
): { readonly length: number; readonly guid: string } {
  const at = end - ENTRY_TAIL;
  if (at < start) throw wrong(`${end - start} bytes are too few for an entry`);
  const r = new ByteReader(firmware.subarray(at, end), 'measure.firmware.table');
  const length = r.u16('length');
  const guid = toHex(r.bytes(16, 'guid'));
  // One shorter than its own tail would never come to an end.
  if (length < ENTRY_TAIL) throw wrong(`the entry ${guid} says it is ${length} bytes long`);
  return { length, guid };
}

function wrong(detail: string): Error {
  return malformed('measure.firmware.table', detail);
}
