import { isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { malformed } from '../../core/fault.ts';

/** What a host may put behind a report (GHCB specification, SNP extended guest request). */
export const CERTIFICATE_GUIDS = {
  vcek: '63da758d-e664-4564-adc5-f4b93be8accd',
  vlek: 'a8074bc2-a25a-483e-aae6-39c045a0b8a1',
  /** The ASK, or the ASVK of a VLEK. */
  ask: '4ab7b379-bbac-4fe4-a02f-05aef327c782',
  ark: 'c0b406a4-a803-4952-9743-3fb6014cd0ae',
  crl: '92f81bc3-5811-4d3d-97ff-d19f88dc67ea',
  /** Size and CPUID of the host's processor: unsigned, and believed by nobody. */
  extraPlatformInfo: 'ecae0c0f-9502-43b1-afa2-0ae2e0d565b6',
} as const;

export type TableEntryName = keyof typeof CERTIFICATE_GUIDS;

export interface TableEntry {
  readonly guid: string;
  /** Undefined for a GUID that this release does not know: kept, shown, not used. */
  readonly name: TableEntryName | undefined;
  readonly data: Uint8Array;
}

export interface CertificateTable {
  readonly entries: readonly TableEntry[];
}

/** GUID in RFC 4122 byte order, u32 offset from the start of the table, u32 length. */
const ENTRY_SIZE = 24;
/** Hosts deliver five at most. */
const MOST_ENTRIES = 64;
/** 256 pages; certificates and a CRL are some 8 KB. */
export const LARGEST_TABLE = 1024 * 1024;

interface Slot {
  readonly guid: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The table ends with an entry of zeros; what no entry covers is padding and must be zero.
 *
 * @throws Fault `malformed` at `certificate_table` or `certificate_table[<i>]`.
 */
export function parseCertificateTable(bytes: Uint8Array): CertificateTable {
  const at = 'certificate_table';
  if (bytes.length > LARGEST_TABLE) {
    throw malformed(at, `want at most ${LARGEST_TABLE} bytes, got ${bytes.length}`);
  }
  const r = new ByteReader(bytes, at);
  const slots: Slot[] = [];
  for (;;) {
    if (r.remaining < ENTRY_SIZE) throw malformed(at, 'ends without an entry of zeros');
    const guid = r.bytes(16, `[${slots.length}].guid`);
    const offset = r.u32(`[${slots.length}].offset`);
    const length = r.u32(`[${slots.length}].length`);
    if (isZero(guid) && offset === 0 && length === 0) break;
    if (slots.length === MOST_ENTRIES) throw malformed(at, `more than ${MOST_ENTRIES} entries`);
    slots.push({ guid: guidText(guid), start: offset, end: offset + length });
  }
  checkByteOrder(slots);
  checkBounds(slots, r.offset, bytes.length);
  checkGaps(slots, r.offset, bytes);
  return {
    entries: slots.map(({ guid, start, end }) => ({
      guid,
      name: nameOf(guid),
      data: bytes.subarray(start, end),
    })),
  };
}

/** A known GUID with its first three parts little-endian: a host that swapped them swapped all. */
function checkByteOrder(slots: readonly Slot[]): void {
  for (const [i, { guid }] of slots.entries()) {
    const name = nameOf(guid.replace(SWAPPED, '$4$3$2$1-$6$5-$8$7'));
    if (name !== undefined && nameOf(guid) === undefined) {
      throw malformed(
        `certificate_table[${i}]`,
        `the GUID of ${name} in mixed-endian byte order, want that of RFC 4122`,
      );
    }
  }
}

/** The parts that the mixed-endian form of a GUID writes little-endian. */
const SWAPPED = /^(..)(..)(..)(..)-(..)(..)-(..)(..)/;

/** Ends are sums of two 32-bit numbers, exact in a double: nothing wraps. */
function checkBounds(slots: readonly Slot[], headerSize: number, size: number): void {
  for (const [i, { guid, start, end }] of slots.entries()) {
    const at = `certificate_table[${i}]`;
    if (end === start) throw malformed(at, `entry ${guid} of no bytes`);
    if (start < headerSize) throw malformed(at, `entry ${guid} begins inside the table's header`);
    if (end > size) throw malformed(at, `entry ${guid} ends at ${end}, behind the ${size} bytes`);
    if (slots.findIndex((other) => other.guid === guid) < i) {
      throw malformed(at, `entry ${guid} twice`);
    }
  }
}

function checkGaps(slots: readonly Slot[], headerSize: number, bytes: Uint8Array): void {
  let at = headerSize;
  for (const { guid, start, end } of slots.toSorted((a, b) => a.start - b.start)) {
    if (start < at) throw malformed('certificate_table', `entry ${guid} overlaps another`);
    checkPadding(bytes, at, start);
    at = end;
  }
  checkPadding(bytes, at, bytes.length);
}

function checkPadding(bytes: Uint8Array, from: number, to: number): void {
  if (isZero(bytes.subarray(from, to))) return;
  throw malformed('certificate_table', `bytes other than zero between ${from} and ${to}`);
}

function guidText(bytes: Uint8Array): string {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function nameOf(guid: string): TableEntryName | undefined {
  const names = Object.keys(CERTIFICATE_GUIDS) as TableEntryName[];
  return names.find((name) => CERTIFICATE_GUIDS[name] === guid);
}

export function entryOf(
  table: CertificateTable | undefined,
  name: TableEntryName,
): Uint8Array | undefined {
  return table?.entries.find((entry) => entry.name === name)?.data;
}
