import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/core/fault.ts';
import { readOvmfTable } from '../../../../src/evidence/ovmf-table.ts';
import { parseOvmf } from '../../../../src/evidence/snp/measure/ovmf.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz } from '../../../support/fuzz.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';
import {
  type Entry,
  entriesOf,
  type FirmwareParts,
  firmwareOf,
  HASHES_GUID,
  METADATA_GUID,
  metadataOf,
  RESET_GUID,
  type Section,
  u32,
} from './build.ts';

it('reads sections, reset address and room for hashes', () => {
  expect(parseOvmf(firmwareOf())).toMatchObject({
    sections: [
      { type: 'SNP_SEC_MEM', gpa: 0x80_0000, size: 0x2000 },
      { type: 'SNP_SECRETS', gpa: 0x80_d000, size: 0x1000 },
      { type: 'CPUID', gpa: 0x80_e000, size: 0x1000 },
      { type: 'SVSM_CAA', gpa: 0x80_f000, size: 0x1000 },
      { type: 'SNP_KERNEL_HASHES', gpa: 0x81_0000, size: 0x1000 },
    ],
    apResetEip: 0x80_b004,
    hashTable: { gpa: 0x81_0c00, size: 0x400 },
  });
});

it('reads the same out of a larger buffer', () => {
  const image = firmwareOf();
  expect(parseOvmf(asView(image))).toEqual(parseOvmf(image));
});

it('does without reset address and hashes, and with entries that it does not know', () => {
  const other: Entry = ['e47a6535-984a-4798-865e-4685a7bf8ec2', u32(0)];
  const [metadata] = entriesOf();
  const ovmf = parseOvmf(firmwareOf({ entries: [other, metadata as Entry] }));
  expect(ovmf).toMatchObject({ apResetEip: undefined, hashTable: undefined });
});

it('does not mind metadata with something behind it', () => {
  const metadata = metadataOf([[0x80_0000, 0x1000, 1]], { length: 64 });
  expect(parseOvmf(firmwareOf({ metadata })).sections).toHaveLength(1);
});

const TABLE = 'measure.firmware.table';
const METADATA = 'measure.firmware.sev_metadata';

function sectioned(...sections: readonly Section[]): FirmwareParts {
  return { sections };
}

it.each([0, 31, 49])('says of %d bytes that they are no image', (size) => {
  expect(() => readOvmfTable(new Uint8Array(size))).toThrow('is this the whole firmware image?');
});

describe('refuses', () => {
  const [metadata, hashes, reset] = entriesOf() as readonly [Entry, Entry, Entry];
  const short = (guid: string, size: number): Entry => [guid, new Uint8Array(size)];
  it.each<{ name: string; parts: FirmwareParts; at: string; code?: string }>([
    { name: 'another footer', parts: { footer: METADATA_GUID }, at: TABLE },
    { name: 'a table longer than the image', parts: { tableLength: 0xffff }, at: TABLE },
    { name: 'a table shorter than its entries', parts: { tableLength: 60 }, at: TABLE },
    { name: 'a table of length 0', parts: { tableLength: 0 }, at: TABLE },
    { name: 'a table that begins amid nothing', parts: { tableLength: 99 }, at: TABLE },
    { name: 'two entries of one name', parts: { entries: [metadata, reset, reset] }, at: TABLE },
    { name: 'no metadata', parts: { entries: [hashes, reset] }, at: 'measure.firmware' },
    {
      name: 'a metadata entry of five bytes',
      parts: { entries: [short(METADATA_GUID, 5)] },
      at: METADATA,
    },
    {
      name: 'a reset block of eight bytes',
      parts: { entries: [metadata, short(RESET_GUID, 8)] },
      at: 'measure.firmware.reset_block',
    },
    {
      name: 'a hash table entry of four bytes',
      parts: { entries: [metadata, short(HASHES_GUID, 4)] },
      at: 'measure.firmware.hash_table',
    },
    { name: 'metadata before the image', parts: { metadataAt: 0x2001 }, at: METADATA },
    { name: 'metadata at the very end', parts: { metadataAt: 0 }, at: `${METADATA}.signature` },
    {
      name: 'metadata of another kind',
      parts: { metadata: metadataOf([], { signature: 'TDVF' }) },
      at: `${METADATA}.signature`,
    },
    {
      name: 'metadata of version 2',
      parts: { metadata: metadataOf([], { version: 2 }) },
      at: `${METADATA}.version`,
      code: 'unsupported',
    },
    {
      name: 'more sections than the metadata is long',
      parts: { metadata: metadataOf([[0, 4096, 1]], { count: 2 }) },
      at: `${METADATA}.count`,
    },
    {
      name: 'more sections than the image is long',
      parts: { metadata: metadataOf([], { count: 0xffff_ffff, length: 0xffff_ffff }) },
      at: `${METADATA}.count`,
    },
    {
      name: 'a length that its own header does not fit into',
      parts: { metadata: metadataOf([], { length: 0 }) },
      at: `${METADATA}.count`,
    },
    {
      name: 'an unknown section type',
      parts: sectioned([0x80_0000, 0x1000, 1], [0x80_1000, 0x1000, 5]),
      at: `${METADATA}.sections[1].type`,
      code: 'unsupported',
    },
    {
      name: 'a section off the page border',
      parts: sectioned([0x80_0800, 0x1000, 1]),
      at: `${METADATA}.sections[0]`,
    },
    {
      name: 'a section of half a page',
      parts: sectioned([0x80_0000, 0x800, 1]),
      at: `${METADATA}.sections[0]`,
    },
    {
      name: 'an empty section',
      parts: sectioned([0x80_0000, 0, 1]),
      at: `${METADATA}.sections[0]`,
    },
    {
      name: 'a section past 4 GiB',
      parts: sectioned([0xffff_f000, 0x2000, 1]),
      at: `${METADATA}.sections[0]`,
    },
    {
      name: 'a CPUID section of two pages',
      parts: sectioned([0x80_0000, 0x2000, 3]),
      at: `${METADATA}.sections[0]`,
    },
    {
      name: 'a section of almost 4 GiB, each page of which would cost a hash',
      parts: sectioned([0x1000, 0xffff_0000 - 0x1000, 1]),
      at: METADATA,
    },
  ])('$name', ({ parts, at, code = 'malformed' }) => {
    expect(faultOf(() => parseOvmf(firmwareOf(parts)))).toMatchObject({ code, at });
  });

  it.each([
    ['nothing', 0],
    ['half a page', 2048],
    ['a page and a byte', 4097],
  ])('%s', (_, length) => {
    expect(faultOf(() => parseOvmf(new Uint8Array(length)))).toMatchObject({
      code: 'malformed',
      at: 'measure.firmware',
    });
  });

  it('a page of zeros', () => {
    expect(faultOf(() => parseOvmf(new Uint8Array(4096)))).toMatchObject({ at: TABLE });
  });
});

fuzz('refuses damage with a Fault', damaged(firmwareOf().subarray(4096), firmwareOf()), (bytes) => {
  // Most damage changes the length: the end, where the table is, then moves to a page border.
  const image = new Uint8Array(Math.max(1, Math.ceil(bytes.length / 4096)) * 4096);
  image.set(bytes, image.length - bytes.length);
  try {
    parseOvmf(image);
  } catch (error) {
    if (!(error instanceof Fault) || !['malformed', 'unsupported'].includes(error.code))
      throw error;
  }
});

const folder = vectorsFolder('snp');

describe.skipIf(folder === undefined)('of genuine images', () => {
  const image = (name: string) => readFileSync(join(folder ?? '', 'measurement', name));

  it('AmdSev has room for kernel hashes', () => {
    const ovmf = parseOvmf(image('ovmf-amdsev-suffix.bin'));
    expect(ovmf.sections.map(({ type }) => type)).toContain('SNP_KERNEL_HASHES');
    expect(ovmf).toMatchObject({ apResetEip: 0x80_b004, hashTable: { gpa: 0x81_0c00 } });
  });

  it('OvmfX64 has none', () => {
    const ovmf = parseOvmf(image('ovmf-x64-suffix.bin'));
    expect(ovmf.sections.map(({ type }) => type)).not.toContain('SNP_KERNEL_HASHES');
    expect(ovmf.hashTable).toEqual({ gpa: 0, size: 0 });
  });
});
