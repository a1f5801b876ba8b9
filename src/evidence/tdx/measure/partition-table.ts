import { isZero } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { ByteWriter } from '../../../core/bytes/writer.ts';
import { Fault, malformed } from '../../../core/fault.ts';

const SIGNATURE = toHex(utf8('EFI PART'));
const SECTOR = 512;
const HEADER_SIZE = 92;
const ENTRY_SIZE = 128;
const TYPE_SIZE = 16;
const MOST_ENTRIES = 1024;

const AT = 'measure.disk';

/**
 * GPT header (UEFI 2.10, section 5.3.2), in the second sector of the disk; entries of 128 bytes
 * begin with the type of the partition, zeros when unused
 *
 * | offset | size | field                                    |
 * |--------|------|------------------------------------------|
 * | 0      | 8    | Signature, `EFI PART`                    |
 * | 12     | 4    | HeaderSize, 92                           |
 * | 72     | 8    | PartitionEntryLBA                        |
 * | 80     | 4    | NumberOfPartitionEntries                 |
 * | 84     | 4    | SizeOfPartitionEntry, 128                |
 *
 * @param disk the first sectors of 512 bytes, with the whole table; usually 34.
 * @returns UEFI_GPT_DATA (TCG PC Client Platform Firmware Profile 1.06, section 10.2.5), whose
 *   hash firmware extends: the header, the number of used entries (8 bytes), and these.
 * @throws Fault `malformed` or `unsupported` at `measure.disk…`.
 */
export function partitionTableData(disk: Uint8Array): Uint8Array {
  const path = `${AT}.gpt`;
  const r = new ByteReader(disk, path);
  r.bytes(SECTOR, 'first_sector');
  const header = r.bytes(HEADER_SIZE, 'header');
  const h = new ByteReader(header, path);
  if (toHex(h.bytes(8, 'signature')) !== SIGNATURE) {
    throw malformed(`${path}.signature`, 'want "EFI PART" in the second sector of 512 bytes');
  }
  h.u32('revision');
  const headerSize = h.u32('header_size');
  h.bytes(56, 'places');
  const entriesAt = h.u64('partition_entry_lba') * BigInt(SECTOR);
  const count = h.u32('number_of_partition_entries');
  const entrySize = h.u32('size_of_partition_entry');
  if (headerSize !== HEADER_SIZE || entrySize !== ENTRY_SIZE) {
    const got = `${headerSize} and ${entrySize}`;
    throw new Fault(
      'unsupported',
      path,
      `want a header of ${HEADER_SIZE} and entries of ${ENTRY_SIZE} bytes, got ${got}`,
    );
  }
  if (count > MOST_ENTRIES) {
    throw malformed(`${path}.number_of_partition_entries`, `want at most ${MOST_ENTRIES}`);
  }
  if (entriesAt > BigInt(disk.length)) {
    throw malformed(`${path}.partition_entry_lba`, `is not in the ${disk.length} bytes given`);
  }
  const entries = new ByteReader(disk.subarray(Number(entriesAt)), path);
  const used: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const entry = entries.bytes(ENTRY_SIZE, `entries[${i}]`);
    if (!isZero(entry.subarray(0, TYPE_SIZE))) used.push(entry);
  }
  const writer = new ByteWriter().bytes(header).u64(BigInt(used.length));
  for (const entry of used) writer.bytes(entry);
  return writer.finish();
}
