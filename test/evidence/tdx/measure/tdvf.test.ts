import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/core/fault.ts';
import { parseTdvf } from '../../../../src/evidence/tdx/measure/tdvf.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz } from '../../../support/fuzz.ts';
import { BFV, CFV, TD_HOB, type TdvfParts, TEMP_MEM, tdvfOf } from '../../../support/tdvf.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';

it('reads the sections in the order of the descriptor', () => {
  const image = tdvfOf();
  expect(parseTdvf(image).sections).toEqual([
    {
      type: 'BFV',
      gpa: 0xffff_e000,
      size: 0x2000,
      data: image.subarray(0x1000, 0x3000),
      measured: 'contents',
    },
    {
      type: 'CFV',
      gpa: 0xffff_d000,
      size: 0x1000,
      data: image.subarray(0, 0x1000),
      measured: 'place',
    },
    { type: 'TempMem', gpa: 0x81_0000, size: 0x3000, data: new Uint8Array(), measured: 'place' },
    { type: 'TD_HOB', gpa: 0x80_9000, size: 0x2000, data: new Uint8Array(), measured: 'place' },
  ]);
});

it('reads the same out of a larger buffer', () => {
  const image = tdvfOf();
  expect(parseTdvf(asView(image))).toEqual(parseTdvf(image));
});

it('does not mind a descriptor with something behind it', () => {
  expect(parseTdvf(tdvfOf({ length: 512 })).sections).toHaveLength(4);
});

it('has memory without a page at the start, however much', () => {
  const row = { gpa: 0x1_0000_0000n, size: 2n ** 40n, type: 4, attributes: 2 };
  const [, section] = parseTdvf(tdvfOf({ rows: [BFV, row] })).sections;
  expect(section).toMatchObject({ type: 'PermMem', measured: 'nothing', size: 2 ** 40 });
});

const AT = 'measure.firmware.tdvf';

describe('refuses', () => {
  it.each<{ name: string; parts: TdvfParts; at: string; code?: string }>([
    {
      name: 'an image without TDVF metadata',
      parts: { guid: 'dc886566-984a-4798-a75e-5585a7bf67cc' },
      at: 'measure.firmware',
    },
    { name: 'an entry of eight bytes', parts: { entrySize: 8 }, at: AT },
    { name: 'a descriptor before the image', parts: { descriptorAt: 0x3001 }, at: AT },
    { name: 'a descriptor at the very end', parts: { descriptorAt: 0 }, at: `${AT}.signature` },
    { name: 'a descriptor of SEV', parts: { signature: 'ASEV' }, at: `${AT}.signature` },
    { name: 'version 2', parts: { version: 2 }, at: `${AT}.version`, code: 'unsupported' },
    { name: 'more sections than its length', parts: { count: 5 }, at: `${AT}.count` },
    { name: 'a length below its own header', parts: { length: 0 }, at: `${AT}.count` },
    {
      name: 'more sections than the image',
      parts: { count: 0xffff_ffff, length: 0xffff_ffff },
      at: `${AT}.count`,
    },
    {
      name: 'an unknown type',
      parts: { rows: [BFV, { ...TEMP_MEM, type: 9 }] },
      at: `${AT}.sections[1].type`,
      code: 'unsupported',
    },
    {
      name: 'an unknown attribute',
      parts: { rows: [BFV, { ...TEMP_MEM, attributes: 4 }] },
      at: `${AT}.sections[1].attributes`,
      code: 'unsupported',
    },
    {
      name: 'a section off the page border',
      parts: { rows: [BFV, { ...TEMP_MEM, gpa: 0x81_0800n }] },
      at: `${AT}.sections[1]`,
    },
    {
      name: 'half a page of memory',
      parts: { rows: [BFV, { ...TEMP_MEM, size: 0x800n }] },
      at: `${AT}.sections[1]`,
    },
    {
      name: 'an empty section',
      parts: { rows: [BFV, { ...TEMP_MEM, size: 0n }] },
      at: `${AT}.sections[1]`,
    },
    {
      name: 'a section at the end of all addresses',
      parts: { rows: [BFV, { ...TEMP_MEM, gpa: 2n ** 64n - 0x1000n }] },
      at: `${AT}.sections[1]`,
    },
    {
      name: 'contents larger than their memory',
      parts: { rows: [{ ...BFV, dataSize: 0x2001 }] },
      at: `${AT}.sections[0].raw_data_size`,
    },
    {
      name: 'contents past the end of the image',
      parts: { rows: [{ ...BFV, dataOffset: 0x1001 }] },
      at: `${AT}.sections[0].data_offset`,
    },
    {
      name: 'contents of memory that has none',
      parts: { rows: [BFV, { ...TEMP_MEM, dataSize: 16 }] },
      at: `${AT}.sections[1].raw_data_size`,
    },
    {
      name: 'a hand-off block whose contents are measured',
      parts: { rows: [BFV, { ...TD_HOB, attributes: 1 }] },
      at: `${AT}.sections[1].attributes`,
      code: 'unsupported',
    },
    {
      name: 'a payload that the VMM loads and measures',
      parts: { rows: [BFV, { ...TEMP_MEM, type: 5, attributes: 1 }] },
      at: `${AT}.sections[1].attributes`,
      code: 'unsupported',
    },
    {
      name: 'a boot firmware volume that is not measured',
      parts: { rows: [{ ...BFV, attributes: 0 }] },
      at: `${AT}.sections[0].attributes`,
    },
    {
      name: 'contents without a page at the start',
      parts: { rows: [BFV, { ...CFV, attributes: 2 }] },
      at: `${AT}.sections[1].attributes`,
    },
    {
      name: 'measured contents without a page at the start',
      parts: { rows: [BFV, { ...CFV, attributes: 3 }] },
      at: `${AT}.sections[1].attributes`,
    },
    { name: 'one page in two sections', parts: { rows: [BFV, CFV, CFV] }, at: AT },
    {
      name: 'sections that overlap',
      parts: { rows: [TEMP_MEM, BFV, { ...TD_HOB, gpa: 0x81_2000n }] },
      at: AT,
    },
    {
      name: 'memory each page of which would cost a hash',
      parts: { rows: [BFV, { ...TEMP_MEM, size: 0x400_0000n }] },
      at: AT,
    },
    { name: 'no section', parts: { rows: [] }, at: AT },
    { name: 'a reset vector that is nowhere', parts: { rows: [CFV, TEMP_MEM] }, at: AT },
    {
      name: 'firmware above the reset vector',
      parts: { rows: [{ ...BFV, gpa: 0x1_0000_0000n }] },
      at: AT,
    },
    {
      name: 'a reset vector in memory that the image has no contents for',
      parts: { rows: [{ ...BFV, dataSize: 0x1ff0 }] },
      at: AT,
    },
  ])('$name', ({ parts, at, code = 'malformed' }) => {
    expect(faultOf(() => parseTdvf(tdvfOf(parts)))).toMatchObject({ code, at });
  });

  it('more than 256 sections', () => {
    const image = new Uint8Array(0x6000);
    image.set(tdvfOf({ descriptorAt: 0x4000, count: 257, length: 16 + 32 * 257 }), 0x3000);
    image.set(tdvfOf({}).subarray(0x2c00, 0x2c10), 0x2000);
    const header = new DataView(image.buffer, 0x2000);
    header.setUint32(4, 16 + 32 * 257, true);
    header.setUint32(12, 257, true);
    const fault = faultOf(() => parseTdvf(image));
    expect(fault).toMatchObject({ code: 'malformed', at: `${AT}.count` });
    expect(fault.detail).toContain('256');
  });

  it.each([0, 17, 49])('%i bytes', (length) => {
    expect(faultOf(() => parseTdvf(new Uint8Array(length)))).toMatchObject({
      code: 'malformed',
      at: 'measure.firmware.table',
    });
  });

  it('more than 64 MiB', () => {
    const fault = faultOf(() => parseTdvf(new Uint8Array(64 * 2 ** 20 + 1)));
    expect(fault).toMatchObject({ code: 'malformed', at: 'measure.firmware' });
  });
});

fuzz('refuses damage with a Fault', damaged(tdvfOf(), tdvfOf().subarray(0x2800)), (image) => {
  try {
    parseTdvf(image);
  } catch (error) {
    if (!(error instanceof Fault) || !['malformed', 'unsupported'].includes(error.code))
      throw error;
  }
});

const folder = vectorsFolder('snp');

it.skipIf(folder === undefined)('reads the genuine descriptor of OvmfX64', () => {
  const suffix = readFileSync(join(folder ?? '', 'measurement/ovmf-x64-suffix.bin'));
  const image = new Uint8Array(4 * 2 ** 20);
  image.set(suffix, image.length - suffix.length);
  expect(
    parseTdvf(image).sections.map(({ type, gpa, size, measured }) => [type, gpa, size, measured]),
  ).toEqual([
    ['BFV', 0xffc8_4000, 0x37_c000, 'contents'],
    ['CFV', 0xffc0_0000, 0x8_4000, 'place'],
    ['TempMem', 0x81_1000, 0xf000, 'place'],
    ['TempMem', 0x80_b000, 0x2000, 'place'],
    ['TD_HOB', 0x80_9000, 0x2000, 'place'],
    ['TempMem', 0x80_0000, 0x6000, 'place'],
  ]);
});
