import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { FIELDS } from '../../support/snp.ts';

/*
 * The wire tables once more, read from AMD's documents and not from the parsers under test: the
 * two must agree on where every byte belongs.
 */

export const REPORT_SIZE = 1184;
export const SIGNED_SIZE = 0x2a0;
/** R and S, each in this many bytes of which 48 count. */
export const SCALAR_FIELD = 72;

export interface Field {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Every field of a report, what is reserved among them, up to version 5. */
export const REPORT_FIELDS: readonly Field[] = [
  ...Object.entries(FIELDS).map(([name, [start, size]]) => ({ name, start, end: start + size })),
  { name: 'reserved behind KEY_INFO', start: 0x4c, end: 0x50 },
  { name: 'reserved behind CPUID', start: 0x18b, end: 0x1a0 },
  { name: 'reserved behind CURRENT', start: 0x1eb, end: 0x1ec },
  { name: 'reserved behind COMMITTED', start: 0x1ef, end: 0x1f0 },
  { name: 'reserved behind the vectors', start: 0x208, end: SIGNED_SIZE },
  { name: 'R', start: 0x2a0, end: 0x2d0 },
  { name: 'above R', start: 0x2d0, end: 0x2e8 },
  { name: 'S', start: 0x2e8, end: 0x318 },
  { name: 'above S', start: 0x318, end: 0x330 },
  { name: 'behind R and S', start: 0x330, end: REPORT_SIZE },
];

/** The report by itself, and what stands behind it. */
export function splitReport(bytes: Uint8Array): { head: Uint8Array; table: Uint8Array } {
  return { head: bytes.subarray(0, REPORT_SIZE), table: bytes.subarray(REPORT_SIZE) };
}

/** An entry of a certificate table, by its GUID as hex in the order of its bytes. */
export interface Entry {
  readonly guid: string;
  readonly data: Uint8Array;
}

const ROW = 24;

export const GUID = {
  vcek: '63da758de6644564adc5f4b93be8accd',
  vlek: 'a8074bc2a25a483eaae639c045a0b8a1',
  ask: '4ab7b379bbac4fe4a02f05aef327c782',
  ark: 'c0b406a4a803495297433fb6014cd0ae',
  crl: '92f81bc358114d3d97ffd19f88dc67ea',
  platformInfo: 'ecae0c0f950243b1afa20ae2e0d565b6',
} as const;

/**
 * The entries in order of their rows; undefined where a row points anywhere but at bytes of its
 * own behind the rows, where a name comes twice, or where other bytes than zeros are left over.
 */
export function entriesOf(table: Uint8Array): Entry[] | undefined {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const rows: { guid: string; start: number; end: number }[] = [];
  let at = 0;
  for (; ; at += ROW) {
    if (at + ROW > table.length) return undefined;
    const row = Buffer.from(table.subarray(at, at + ROW));
    if (row.every((byte) => byte === 0)) break;
    const start = view.getUint32(at + 16, true);
    rows.push({
      guid: row.toString('hex', 0, 16),
      start,
      end: start + view.getUint32(at + 20, true),
    });
  }
  const taken = new Uint8Array(table.length);
  taken.fill(1, 0, at + ROW);
  for (const { start, end } of rows) {
    if (start >= end || end > table.length || taken.subarray(start, end).includes(1)) {
      return undefined;
    }
    taken.fill(1, start, end);
  }
  if (table.some((byte, i) => byte !== 0 && taken[i] === 0)) return undefined;
  if (new Set(rows.map(({ guid }) => guid)).size < rows.length) return undefined;
  return rows.map(({ guid, start, end }) => ({ guid, data: table.subarray(start, end) }));
}

interface TableForm {
  /** Zeros between one entry's bytes and the next. */
  readonly gap?: number;
  /** Zeros behind the last. */
  readonly padding?: number;
}

export function tableOf(
  entries: readonly Entry[],
  { gap = 0, padding = 0 }: TableForm = {},
): Uint8Array {
  const rows: Uint8Array[] = [];
  const bodies: Uint8Array[] = [];
  let at = ROW * (entries.length + 1);
  for (const { guid, data } of entries) {
    rows.push(concatBytes(fromHexText(guid), u32(at), u32(data.length)));
    bodies.push(data, new Uint8Array(gap));
    at += data.length + gap;
  }
  return concatBytes(...rows, new Uint8Array(ROW), ...bodies, new Uint8Array(padding));
}

export function fromHexText(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
