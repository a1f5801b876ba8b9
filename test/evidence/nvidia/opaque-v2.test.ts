import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../../src/core/bytes/writer.ts';
import { modeOf, parseOpaqueData, unreadLayout } from '../../../src/evidence/nvidia/opaque.ts';
import { OPAQUE_TYPES, type OpaqueName } from '../../../src/evidence/nvidia/opaque-fields.ts';
import { parseNvidiaReport } from '../../../src/evidence/nvidia/report.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { NVDAOD_TRANSCRIPT } from '../../support/nvdaod-transcript.ts';
import { opaqueOf, text } from '../../support/nvidia.ts';
import { asView } from '../../support/view.ts';

const HEADER = hex('4e5644414f44 0000 02000000');

/** Type by name or number, value type, data. */
type Field = readonly [OpaqueName | number, number, Uint8Array];

function versioned(fields: readonly Field[], header = HEADER): Uint8Array {
  const w = new ByteWriter().bytes(header);
  for (const [name, valueType, data] of fields) {
    w.u16(typeof name === 'number' ? name : OPAQUE_TYPES[name])
      .u16(valueType)
      .u16(data.length)
      .bytes(data);
  }
  return w.finish();
}

function unknownIn(...fields: readonly Field[]): string[] {
  return parseOpaqueData(versioned(fields), 'gpu').unknown.map(({ label }) => label);
}

describe('the report that NVIDIA published', () => {
  const { opaque: bytes, blocks } = parseNvidiaReport(NVDAOD_TRANSCRIPT);
  const data = parseOpaqueData(bytes, 'gpu');

  it('is an H100 under driver 620.12', () => {
    expect([NVDAOD_TRANSCRIPT.length, blocks.length, bytes.length]).toEqual([4178, 64, 483]);
    expect(data).toMatchObject({
      version: 2,
      unsupported: undefined,
      unknown: [],
      driverVersion: '620.12',
      vbiosVersion: '96.00.D9.00.0F',
      project: 'G520',
      projectSku: '0201',
      chipSku: '884',
      chipInfo: undefined,
      nvdec0Status: 0xaa,
      protectedPcieStatus: 0x55,
      featureFlag: 0,
      fspUcodeSvn: 0,
      switchPdis: undefined,
    });
    expect(data.fwid && toHex(data.fwid)).toMatch(/^0d7cde10dab1dd6d.{70}69029b5d16$/);
    expect(modeOf(data)).toBe('spt');
  });

  it('has these fields, of these types of value', () => {
    expect(data.fields.map(({ name, valueType }) => [name, valueType])).toEqual([
      ['VBIOS_VERSION', 0x86],
      ['BOARD_ID', 0x82],
      ['CHIP_SKU', 0x82],
      ['CHIP_SKU_MOD', 0x82],
      ['PROJECT', 0x82],
      ['PROJECT_SKU', 0x82],
      ['PROJECT_SKU_MOD', 0x82],
      ['DRIVER_VERSION', 0x86],
      ['GPU_INFO', 0x82],
      ['MSRSCNT', 0x84],
      ['CPRINFO', 0x83],
      ['NVDEC0_STATUS', 0x82],
      ['FSP_UCODE_SVN', 0x87],
      ['FWID', 0x01],
      ['PROTECTED_PCIE_STATUS', 0x85],
      ['OPAQUE_DATA_VERSION', 0x86],
      ['FEATURE_FLAG', 0x85],
    ]);
  });

  it('in a larger buffer is read alike, and not written over', () => {
    const before = toHex(bytes);
    expect(parseOpaqueData(asView(bytes), 'gpu')).toEqual(data);
    expect(toHex(bytes)).toBe(before);
  });

  it('cut anywhere but between fields is no opaque data', () => {
    const ends = [12];
    for (const { data: value } of data.fields) ends.push((ends.at(-1) ?? 0) + 6 + value.length);
    expect(ends.at(-1)).toBe(bytes.length);
    for (let length = 6; length <= bytes.length; length++) {
      const cut = () => parseOpaqueData(bytes.subarray(0, length), 'gpu');
      if (ends.includes(length)) expect(cut).not.toThrow();
      else expect(faultOf(cut).code).toBe('malformed');
    }
  });
});

describe('what each field says is what it said before there was a header', () => {
  it.each<[OpaqueName, number, Uint8Array]>([
    ['VBIOS_VERSION', 0x86, hex('009f009601000000')],
    ['DRIVER_VERSION', 0x86, text('620.12')],
    ['CHIP_INFO', 0x82, text('GB100')],
    ['SWITCH_PDI', 0x82, new Uint8Array(144).map((_, i) => i)],
    ['FEATURE_FLAG', 0x85, hex('0201')],
    ['NVDEC0_STATUS', 0x82, hex('55')],
    ['FWID', 0x01, new Uint8Array(48).fill(3)],
  ])('%s', (name, valueType, value) => {
    const {
      fields: _,
      version,
      ...behind
    } = parseOpaqueData(versioned([[name, valueType, value]]), 'gpu');
    const {
      fields: __,
      version: ___,
      ...plain
    } = parseOpaqueData(opaqueOf([[name, value]]), 'gpu');
    expect(behind).toEqual(plain);
    expect(version).toBe(2);
  });

  it('but for the version, which the header has', () => {
    const field: Field = ['OPAQUE_DATA_VERSION', 0x86, hex('6300')];
    expect(parseOpaqueData(versioned([field]), 'gpu')).toMatchObject({
      version: 2,
      unsupported: undefined,
      unknown: [],
    });
  });

  it('a security version is little-endian', () => {
    const field: Field = ['FSP_UCODE_SVN', 0x87, hex('0201')];
    expect(parseOpaqueData(versioned([field]), 'gpu').fspUcodeSvn).toBe(0x0102);
  });

  it('a header alone has no fields', () => {
    expect(parseOpaqueData(HEADER, 'gpu').fields).toEqual([]);
  });
});

describe('of a field something is not known', () => {
  it.each<[string, Field, string[]]>([
    ['of a known type and its value type', ['FWID', 0x01, new Uint8Array(48)], []],
    ['of another value type', ['FWID', 0x02, new Uint8Array(48)], ['20 (value type 0x2)']],
    ['raw instead of a digest', ['FWID', 0x81, new Uint8Array(48)], ['20 (value type 0x81)']],
    ['of a type not seen yet', ['CHIP_INFO', 0x82, text('GB100')], []],
    ['of such a type, and a digest', ['SYS_ENABLE_STATUS', 0x02, hex('0707')], []],
    [
      'of such a type, and no value type of SPDM',
      ['CHIP_INFO', 0x88, text('GB100')],
      ['35 (value type 0x88)'],
    ],
    ['of a value type above a byte', ['CHIP_INFO', 0x182, text('GB')], ['35 (value type 0x182)']],
    ['of a type without a name', [38, 0x85, hex('aa00')], ['38 (value type 0x85)']],
    ['of the type that is invalid', [255, 0xff, hex('ff')], ['255 (value type 0xff)']],
    ['of type zero', [0, 0x87, hex('0500')], ['0 (value type 0x87)']],
  ])('%s', (_, field, unknown) => {
    expect(unknownIn(field)).toEqual(unknown);
  });

  it('and all such fields are named, in the order sent', () => {
    const value = hex('00');
    expect(unknownIn([40, 1, value], ['NVDEC0_STATUS', 0x82, value], [39, 2, value])).toEqual([
      '40 (value type 0x1)',
      '39 (value type 0x2)',
    ]);
  });
});

describe('a header', () => {
  const of = (digits: string) => hex(`4e5644414f44 ${digits}`);

  it.each([
    ['of version 1', of('0000 01000000'), 'NVDAOD 1.0'],
    ['of version 3.17', of('0000 03110000'), 'NVDAOD 3.17'],
    ['of version 0.2', of('0000 00020000'), 'NVDAOD 0.2'],
    ['of another profile', of('0100 02000000'), 'NVDAOD 2.0 of profile 1'],
    ['of a profile in the high byte', of('0001 02000000'), 'NVDAOD 2.0 of profile 256'],
    ['with padding', of('0000 02000001'), 'NVDAOD 2.0 with the padding 1'],
  ])('%s is not read', (_, bytes, name) => {
    expect(unreadLayout(bytes, 'gpu')).toBe(name);
    const fault = faultOf(() => parseOpaqueData(bytes, 'gpu'));
    expect(fault).toMatchObject({ code: 'unsupported', at: 'report.opaque' });
    expect(fault.detail).toBe(`the layout ${name} is unsupported`);
  });

  it('of a switch is not read: NVIDIA has specified it for GPUs', () => {
    expect(unreadLayout(HEADER, 'switch')).toBe('NVDAOD 2.0 of a switch');
    expect(faultOf(() => parseOpaqueData(HEADER, 'switch')).code).toBe('unsupported');
  });

  it('of a later minor version is read, and unsupported', () => {
    const data = parseOpaqueData(versioned([], of('0000 02010000')), 'gpu');
    expect(data.unsupported).toBe('version 2.1 is unsupported, only up to 2.0');
  });

  it('of another patch version is as good', () => {
    expect(parseOpaqueData(of('0000 02000500'), 'gpu').unsupported).toBeUndefined();
  });

  it.each([
    ['', 'profile'],
    ['00', 'profile'],
    ['0000', 'major'],
    ['0000 02', 'minor'],
    ['0000 0200', 'patch'],
    ['0000 020000', 'padding'],
  ])('cut behind %j is malformed', (digits, field) => {
    const bytes = of(digits);
    expect(unreadLayout(bytes, 'gpu')).toBeUndefined();
    expect(faultOf(() => parseOpaqueData(bytes, 'gpu'))).toMatchObject({
      code: 'malformed',
      at: `report.opaque.${field}`,
    });
  });

  it.each(['', '4e5644414f', '4e5644414f45', '0b000100aa'])('is not %s', (digits) => {
    expect(unreadLayout(hex(digits), 'gpu')).toBeUndefined();
    expect(unreadLayout(hex(digits), 'switch')).toBeUndefined();
  });
});

describe('what is no opaque data behind a header', () => {
  const behind = (digits: string) => concatBytes(HEADER, hex(digits));
  it.each<[string, Uint8Array, string, string]>([
    ['one byte', behind('03'), 'type', 'needs 2 bytes at 0xc, 1 left'],
    ['a type alone', behind('0300'), 'value_type', 'needs 2 bytes'],
    ['no size', behind('0300 8600'), 'size', 'needs 2 bytes'],
    ['a size beyond the end', behind('0300 8600 ffff 00'), 'DRIVER_VERSION', 'needs 65535 bytes'],
    ['a NUL behind', behind('0b00 8200 0100 aa 00'), 'type', '1 left'],
    ['fields without value types', behind('0b00 0100 aa'), 'size', 'needs 2 bytes'],
    ['a field twice', behind('0b00 8200 0100 aa 0b00 8200 0100 55'), 'NVDEC0_STATUS', 'twice'],
    [
      'a field twice, of two value types',
      behind('0b00 8200 0100 aa 0b00 8300 0100 aa'),
      'NVDEC0_STATUS',
      'twice',
    ],
    ['an unknown field twice', behind('2800 0000 0000 2800 0000 0000'), 'type_40', 'twice'],
    ['a security version of a byte', behind('2500 8700 0100 05'), 'FSP_UCODE_SVN', 'want 2'],
    ['a short FWID', versioned([['FWID', 1, new Uint8Array(32)]]), 'FWID', 'want 48'],
    [
      'text behind a NUL',
      versioned([['DRIVER_VERSION', 0x86, utf8('620\0.12')]]),
      'DRIVER_VERSION',
      'text behind a NUL',
    ],
    [
      'more fields than there could be',
      versioned(Array.from({ length: 129 }, (_, i) => [1_000 + i, 0, new Uint8Array()] as const)),
      '',
      'more than 128 fields',
    ],
  ])('%s', (_, bytes, field, detail) => {
    const fault = faultOf(() => parseOpaqueData(bytes, 'gpu'));
    const at = field === '' ? 'report.opaque' : `report.opaque.${field}`;
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });
});
