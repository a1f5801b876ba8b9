import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { ByteWriter } from '../../../../src/core/bytes/writer.ts';
import { Fault } from '../../../../src/core/fault.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { partitionTableData } from '../../../../src/evidence/tdx/measure/partition-table.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz } from '../../../support/fuzz.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';

interface GptParts {
  readonly signature?: string;
  readonly headerSize?: number;
  readonly entriesAt?: bigint;
  readonly count?: number;
  readonly entrySize?: number;
}

function headerOf({
  signature = 'EFI PART',
  headerSize = 92,
  entriesAt = 2n,
  count = 8,
  entrySize = 128,
}: GptParts = {}): Uint8Array {
  const header = new ByteWriter().bytes(utf8(signature)).u32(0x1_0000).u32(headerSize);
  return header.zeros(56).u64(entriesAt).u32(count).u32(entrySize).u32(7).finish();
}

/** A disk whose entries are the second and the fifth of eight. */
function diskOf(parts: GptParts = {}): Uint8Array {
  const disk = new Uint8Array(512 * 4);
  disk.set(headerOf(parts), 512);
  disk.fill(0x22, 1024 + 128, 1024 + 256);
  disk.fill(0x55, 1024 + 512, 1024 + 640);
  return disk;
}

it('is the header, the number of used entries, and these', () => {
  const used = `${'22'.repeat(128)}${'55'.repeat(128)}`;
  const want = `${toHex(headerOf())}0200000000000000${used}`;
  expect(toHex(partitionTableData(diskOf()))).toBe(want);
  expect(toHex(partitionTableData(asView(diskOf())))).toBe(want);
});

const AT = 'measure.disk.gpt';

it.each<{ name: string; disk: Uint8Array; at: string; code?: string }>([
  { name: 'nothing', disk: new Uint8Array(), at: `${AT}.first_sector` },
  { name: 'one sector', disk: new Uint8Array(512), at: `${AT}.header` },
  { name: 'a disk without GPT', disk: new Uint8Array(2048), at: `${AT}.signature` },
  {
    name: 'a longer header',
    disk: diskOf({ headerSize: 96 }),
    at: AT,
    code: 'unsupported',
  },
  {
    name: 'longer entries',
    disk: diskOf({ entrySize: 256 }),
    at: AT,
    code: 'unsupported',
  },
  {
    name: 'entries without end',
    disk: diskOf({ count: 0xffff_ffff }),
    at: `${AT}.number_of_partition_entries`,
  },
  {
    name: 'entries that were not given',
    disk: diskOf({ entriesAt: 2n ** 63n }),
    at: `${AT}.partition_entry_lba`,
  },
  { name: 'half of its entries', disk: diskOf({ count: 9 }), at: `${AT}.entries[8]` },
])('refuses $name', ({ disk, at, code = 'malformed' }) => {
  expect(faultOf(() => partitionTableData(disk))).toMatchObject({ code, at });
});

fuzz('refuses damage with a Fault', damaged(diskOf()), (disk) => {
  try {
    partitionTableData(disk);
  } catch (error) {
    if (!(error instanceof Fault) || !['malformed', 'unsupported'].includes(error.code))
      throw error;
  }
});

const folder = vectorsFolder('tdx');
const GPT_EVENT = 0x8000_0006;

describe.skipIf(folder === undefined)('of the disks of genuine logs', () => {
  it.each(['gcp', 'gcp-cos-113', 'grub', 'alibaba-aael'])('%s', (name) => {
    const file = name === 'gcp-cos-113' ? 'real/gcp-cos-113' : `event-logs/${name}`;
    const { events } = readEventLog(readFileSync(join(folder ?? '', file, 'ccel.bin')));
    const event = events.find(({ type }) => type === GPT_EVENT);
    if (event === undefined) throw new Error('no GPT event');
    const header = event.data.subarray(0, 92);
    const entries = event.data.subarray(100);
    const start = Number(new DataView(new Uint8Array(header).buffer).getBigUint64(72, true)) * 512;
    const disk = new Uint8Array(start + 128 * 128);
    disk.set(header, 512);
    // With a hole, as disks have them.
    disk.set(entries.subarray(0, 128), start);
    disk.set(entries.subarray(128), start + 256);
    const digest = createHash('sha384').update(partitionTableData(disk)).digest('hex');
    expect(digest).toBe(toHex(event.digest));
  });
});
