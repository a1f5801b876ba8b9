import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { DeviceKind } from '../../../src/evidence/nvidia/input.ts';
import { modeOf, type OpaqueData, parseOpaqueData } from '../../../src/evidence/nvidia/opaque.ts';
import { OPAQUE_TYPES, type OpaqueName } from '../../../src/evidence/nvidia/opaque-fields.ts';
import { parseNvidiaReport } from '../../../src/evidence/nvidia/report.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { type OpaqueFields, opaqueOf, text } from '../../support/nvidia.ts';
import { genuine, NVIDIA_VECTORS } from '../../support/nvidia-vectors.ts';
import { asView } from '../../support/view.ts';

function parse(fields: OpaqueFields, kind: DeviceKind = 'gpu'): OpaqueData {
  return parseOpaqueData(opaqueOf(fields), kind);
}

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine opaque data', () => {
  const opaque = (folder: string, kind: DeviceKind) =>
    parseOpaqueData(parseNvidiaReport(genuine(folder).report).opaque, kind);

  it('of an H100: firmware that knows neither version nor feature flag', () => {
    const data = opaque('h100-550', 'gpu');
    expect(data).toMatchObject({
      version: undefined,
      driverVersion: '550.90.07',
      vbiosVersion: '96.00.9F.00.01',
      project: '1010',
      projectSku: '0200',
      chipSku: '882',
      chipInfo: undefined,
      nvdec0Status: 0x55,
      protectedPcieStatus: 0x55,
      featureFlag: undefined,
      switchPdis: undefined,
      devicePdi: undefined,
    });
    expect(modeOf(data)).toBe('spt');
    expect(data.fields.map(({ type }) => type)).toEqual([
      6, 14, 15, 16, 17, 18, 19, 3, 4, 12, 13, 11, 20, 21,
    ]);
  });

  it('of an early Blackwell: version 0, no chip, no feature flag', () => {
    const data = opaque('gb100-575', 'gpu');
    expect(data).toMatchObject({
      version: 0,
      driverVersion: '575.32',
      vbiosVersion: '97.00.88.00.0F',
      project: 'G525',
      chipInfo: undefined,
      featureFlag: undefined,
      protectedPcieStatus: undefined,
    });
    expect(modeOf(data)).toBe('spt');
  });

  it('of an H100 among eight: the switches at its links, as switches call themselves', () => {
    const data = opaque('ppcie-8-gpu-4-switch/gpu-0', 'gpu');
    const own = [0, 1, 2, 3].map((i) => opaque(`ppcie-8-gpu-4-switch/switch-${i}`, 'switch'));
    expect(modeOf(data)).toBe('ppcie');
    expect(data.switchPdis).toHaveLength(18);
    expect(new Set(data.switchPdis?.map(toHex))).toEqual(
      new Set(own.map(({ devicePdi }) => devicePdi && toHex(devicePdi))),
    );
  });

  it('of a switch: its BIOS in ASCII, its own PDI and those of eight GPUs', () => {
    const data = opaque('ls10-switch', 'switch');
    expect(data.vbiosVersion).toBe('96.10.55.00.01');
    expect(data.devicePdi && toHex(data.devicePdi)).toBe('203eb31ad9ed0008');
    expect(data.gpuPdis).toHaveLength(8);
    expect(data).toMatchObject({ driverVersion: undefined, switchPdis: undefined });
  });

  it.each(['h100-550', 'ls10-switch'])('of %s, cut anywhere but between fields', (folder) => {
    const { opaque: bytes } = parseNvidiaReport(genuine(folder).report);
    const kind = folder.startsWith('ls') ? 'switch' : 'gpu';
    const ends = [0];
    for (let at = 0; at < bytes.length; ) {
      at += 4 + (bytes[at + 2] ?? 0) + 256 * (bytes[at + 3] ?? 0);
      ends.push(at);
    }
    for (let length = 0; length <= bytes.length; length++) {
      const cut = () => parseOpaqueData(bytes.subarray(0, length), kind);
      if (ends.includes(length)) expect(cut).not.toThrow();
      else expect(faultOf(cut).code).toBe('malformed');
    }
  });
});

describe('fields', () => {
  it('of every known type have a name, and keep the order sent', () => {
    const all = Object.entries(OPAQUE_TYPES) as [OpaqueName, number][];
    // The layout with a header has one more.
    const rows = all.filter(([name]) => name !== 'FSP_UCODE_SVN');
    const sized: Partial<Record<OpaqueName, number>> = {
      VBIOS_VERSION: 8,
      NVDEC0_STATUS: 1,
      FWID: 48,
      PROTECTED_PCIE_STATUS: 1,
      SWITCH_PDI: 144,
      OPAQUE_DATA_VERSION: 2,
      FEATURE_FLAG: 2,
      SWITCH_GPU_PDIS: 128,
    };
    const sent = rows
      .toReversed()
      .map(([name]) => [name, new Uint8Array(sized[name] ?? 0)] as const);
    expect(parse(sent).fields.map(({ name }) => name)).toEqual(sent.map(([name]) => name));
    expect(rows.map(([, type]) => type)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
      27, 32, 33, 34, 35, 36,
    ]);
  });

  it('of an unknown type are kept without a name, an empty one too', () => {
    const data = parse([
      [37, Uint8Array.of(7)],
      [28, new Uint8Array()],
      [0xffff, Uint8Array.of(1, 2)],
    ]);
    expect(data.fields.map(({ type, name, data: bytes }) => [type, name, toHex(bytes)])).toEqual([
      [37, undefined, '07'],
      [28, undefined, ''],
      [65535, undefined, '0102'],
    ]);
  });

  it('are none in no bytes', () => {
    expect(parse([]).fields).toEqual([]);
  });

  it('in a larger buffer are read alike', () => {
    const bytes = opaqueOf([
      ['DRIVER_VERSION', text('550.90.07')],
      ['FWID', new Uint8Array(48).fill(1)],
    ]);
    expect(parseOpaqueData(asView(bytes), 'gpu')).toEqual(parseOpaqueData(bytes, 'gpu'));
  });
});

describe('versions', () => {
  it.each([
    ['009f009601000000', '96.00.9F.00.01'],
    ['008800970f000000', '97.00.88.00.0F'],
    ['0102030405060708', '04.03.02.01.05'],
    ['0000000000000000', '00.00.00.00.00'],
  ])('VBIOS %s of a GPU is %s', (bytes, version) => {
    expect(parse([['VBIOS_VERSION', hex(bytes)]]).vbiosVersion).toBe(version);
  });

  it.each([
    ['96.10.55.00.01', '96.10.55.00.01'],
    ['96.10.55.00.01\0\0', '96.10.55.00.01'],
  ])('BIOS %j of a switch', (ascii, version) => {
    expect(parse([['VBIOS_VERSION', utf8(ascii)]], 'switch').vbiosVersion).toBe(version);
  });

  it.each([
    ['550.90.07\0', '550.90.07'],
    ['550.90.07', '550.90.07'],
    ['535.86.10-tesla_cc\0\0\0', '535.86.10-tesla_cc'],
    ['\0', ''],
  ])('driver %j', (ascii, version) => {
    expect(parse([['DRIVER_VERSION', utf8(ascii)]]).driverVersion).toBe(version);
  });

  it('numbers are little-endian', () => {
    const data = parse([
      ['OPAQUE_DATA_VERSION', hex('0100')],
      ['FEATURE_FLAG', hex('0201')],
    ]);
    expect(data).toMatchObject({ version: 1, featureFlag: 0x0102 });
  });
});

describe('PDIs', () => {
  it('of a GPU’s links are turned around, those of a switch are not', () => {
    const links = concatBytes(hex('0102030405060708'), new Uint8Array(136));
    const gpu = parse([['SWITCH_PDI', links]]);
    expect(gpu.switchPdis?.map(toHex).slice(0, 2)).toEqual(['0807060504030201', '00'.repeat(8)]);
    const list = concatBytes(hex('1112131415161718'), new Uint8Array(120).fill(0xff));
    const one = parse(
      [
        ['SWITCH_PDI', hex('0102030405060708')],
        ['SWITCH_GPU_PDIS', list],
      ],
      'switch',
    );
    expect(one.devicePdi && toHex(one.devicePdi)).toBe('0102030405060708');
    // The map of ports behind them is nobody's PDI.
    expect(one.gpuPdis?.map(toHex)).toEqual(['1112131415161718', ...Array(7).fill('ff'.repeat(8))]);
  });

  it('are not written over in the report', () => {
    const bytes = opaqueOf([['SWITCH_PDI', new Uint8Array(144).map((_, i) => i)]]);
    const before = toHex(bytes);
    parseOpaqueData(bytes, 'gpu');
    expect(toHex(bytes)).toBe(before);
  });
});

describe('what is no opaque data', () => {
  it.each<[string, Uint8Array, DeviceKind, string, string]>([
    ['one byte', Uint8Array.of(3), 'gpu', 'type', 'needs 2 bytes'],
    ['a type alone', hex('0300'), 'gpu', 'size', 'needs 2 bytes'],
    ['a size beyond the end', hex('0300 ffff 00'), 'gpu', 'DRIVER_VERSION', 'needs 65535 bytes'],
    ['the size big-endian', hex('0b00 0001 aa'), 'gpu', 'NVDEC0_STATUS', 'needs 256 bytes'],
    ['a NUL behind', hex('0b00 0100 aa 00'), 'gpu', 'type', 'needs 2 bytes at 0x5, 1 left'],
    [
      'more fields than there could be',
      opaqueOf(Array.from({ length: 129 }, (_, i) => [1_000 + i, new Uint8Array()] as const)),
      'gpu',
      '',
      'more than 128 fields',
    ],
    ['a field twice', hex('0b00 0100 aa 0b00 0100 55'), 'gpu', 'NVDEC0_STATUS', 'twice'],
    ['an unknown field twice', hex('2800 0000 2800 0000'), 'gpu', 'type_40', 'twice'],
    ['a status of two bytes', hex('0b00 0200 aaaa'), 'gpu', 'NVDEC0_STATUS', 'want 1 bytes, got 2'],
    ['an empty status', hex('1500 0000'), 'gpu', 'PROTECTED_PCIE_STATUS', 'want 1 bytes, got 0'],
    ['a flag of one byte', hex('2400 0100 02'), 'gpu', 'FEATURE_FLAG', 'want 2 bytes, got 1'],
    ['a version of four', hex('2200 0400 01000000'), 'gpu', 'OPAQUE_DATA_VERSION', 'want 2'],
    ['a short FWID', opaqueOf([['FWID', new Uint8Array(32)]]), 'gpu', 'FWID', 'want 48'],
    [
      'the ASCII version of a switch in a GPU',
      opaqueOf([['VBIOS_VERSION', utf8('96.10.55.00.01')]]),
      'gpu',
      'VBIOS_VERSION',
      'want 8 bytes, got 14',
    ],
    [
      'the packed version of a GPU in a switch',
      opaqueOf([['VBIOS_VERSION', hex('009f009601000000')]]),
      'switch',
      'VBIOS_VERSION',
      'text behind a NUL',
    ],
    [
      'a switch’s PDI of sixteen bytes',
      opaqueOf([['SWITCH_PDI', new Uint8Array(16)]]),
      'switch',
      'SWITCH_PDI',
      'want 8',
    ],
    [
      'GPUs of a switch without its ports',
      opaqueOf([['SWITCH_GPU_PDIS', new Uint8Array(64)]]),
      'switch',
      'SWITCH_GPU_PDIS',
      'want 128',
    ],
    [
      'text behind a NUL',
      opaqueOf([['DRIVER_VERSION', utf8('550\0.90')]]),
      'gpu',
      'DRIVER_VERSION',
      'text behind a NUL',
    ],
    [
      'a line end in a version',
      opaqueOf([['DRIVER_VERSION', utf8('550\n')]]),
      'gpu',
      'DRIVER_VERSION',
      'no text: 3535300a',
    ],
    ['UTF-8 in a project', opaqueOf([['PROJECT', utf8('1é')]]), 'gpu', 'PROJECT', 'no text'],
  ])('%s', (_, bytes, kind, field, detail) => {
    const fault = faultOf(() => parseOpaqueData(bytes, kind));
    const at = field === '' ? 'report.opaque' : `report.opaque.${field}`;
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });
});

describe('the mode', () => {
  const OFF = 0x55;
  const ON = 0xaa;
  it.each<[number | undefined, number | undefined, string, string]>([
    [undefined, undefined, 'spt', 'firmware that says nothing'],
    [undefined, OFF, 'spt', 'firmware that knows one status only'],
    [undefined, ON, 'ppcie', 'driver 570, which has no feature flag'],
    [0, undefined, 'spt', 'one GPU'],
    [0, OFF, 'spt', 'one GPU'],
    [1, OFF, 'mpt', 'several GPUs, encrypted links'],
    [1, undefined, 'mpt', 'several GPUs, encrypted links'],
    [2, ON, 'ppcie', 'both say so'],
    [2, undefined, 'ppcie', 'the flag alone'],
    [0, ON, 'unknown', 'a contradiction'],
    [1, ON, 'unknown', 'a contradiction'],
    [2, OFF, 'unknown', 'a contradiction'],
    [3, OFF, 'unknown', 'a flag of the future'],
    [0x0102, ON, 'unknown', 'a flag of the future'],
    [undefined, 0, 'unknown', 'a status that is none'],
    [0, 0xff, 'unknown', 'a status that is none'],
  ])('flag %s, status %s: %s (%s)', (featureFlag, protectedPcieStatus, mode) => {
    expect(modeOf({ ...parse([]), featureFlag, protectedPcieStatus })).toBe(mode);
  });
});
