import { fromHex } from '../../core/bytes/hex.ts';
import { ByteWriter, concatBytes } from '../../core/bytes/writer.ts';

/** What an entry may hold, by the GUIDs of the GHCB specification. */
export const TABLE_GUIDS = {
  vcek: '63da758d-e664-4564-adc5-f4b93be8accd',
  vlek: 'a8074bc2-a25a-483e-aae6-39c045a0b8a1',
  ask: '4ab7b379-bbac-4fe4-a02f-05aef327c782',
  ark: 'c0b406a4-a803-4952-9743-3fb6014cd0ae',
  crl: '92f81bc3-5811-4d3d-97ff-d19f88dc67ea',
  platformInfo: 'ecae0c0f-9502-43b1-afa2-0ae2e0d565b6',
  unknown: '0f1e2d3c-4b5a-4978-8697-a5b4c3d2e1f0',
} as const;

/** How the sixteen bytes of a GUID are laid out; only the first is right here. */
type GuidOrder = 'rfc-4122' | 'mixed-endian';

export interface TableEntry {
  readonly guid: keyof typeof TABLE_GUIDS;
  readonly data: Uint8Array;
}

/** Sizes and places in a table. */
export const TABLE_ENTRY_SIZE = 24;
export const ENTRY_OFFSET_AT = 16;
export const ENTRY_LENGTH_AT = 20;

/**
 * Entries of GUID, offset from the start of the table and length, an entry of zeros behind
 * them, then what they point at (GHCB specification, SNP Extended Guest Request).
 *
 * @param padTo zeros follow up to a multiple of this; hosts deliver whole pages.
 */
export function encodeCertificateTable(
  entries: readonly TableEntry[],
  padTo: number,
  order: GuidOrder,
): Uint8Array {
  const header = new ByteWriter();
  let offset = TABLE_ENTRY_SIZE * (entries.length + 1);
  for (const { guid, data } of entries) {
    header.bytes(guidBytes(TABLE_GUIDS[guid], order)).u32(offset).u32(data.length);
    offset += data.length;
  }
  const table = header.zeros(TABLE_ENTRY_SIZE).bytes(concatBytes(...entries.map((e) => e.data)));
  return table.zeros((padTo - (table.length % padTo)) % padTo).finish();
}

function guidBytes(guid: string, order: GuidOrder): Uint8Array {
  const bytes = fromHex(guid.replaceAll('-', ''), 'simulator.guid');
  if (order === 'rfc-4122') return bytes;
  const swapped = [3, 2, 1, 0, 5, 4, 7, 6];
  return bytes.map((byte, i) => bytes[swapped[i] ?? i] ?? byte);
}
