import { describe, expect, it } from 'vitest';
import {
  fillSetupHeader,
  isLinuxKernel,
  type SetupHeaderInput,
} from '../../../../src/evidence/tdx/measure/setup-header.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { type KernelParts, kernelOf } from '../../../support/linux-kernel.ts';
import { asView } from '../../../support/view.ts';

const GIB = 2 ** 30;
const PLAIN: SetupHeaderInput = { cmdline: 'console=hvc0', initrd: undefined };

/** Which bytes QEMU changed, and to what. */
function changes(kernel: Uint8Array, input: SetupHeaderInput): Record<string, number> {
  const filled = fillSetupHeader(kernel, input);
  expect(filled).toHaveLength(kernel.length);
  const entries = [...filled].flatMap((byte, at) =>
    byte === kernel[at] ? [] : [[`0x${at.toString(16)}`, byte] as const],
  );
  return Object.fromEntries(entries);
}

function initrdAt(memory: number, size: number, parts: KernelParts = {}): number {
  const filled = fillSetupHeader(kernelOf(parts), { ...PLAIN, initrd: { size, memory } });
  return new DataView(filled.buffer).getUint32(0x218, true);
}

const LOADER = { '0x210': 0xb0, '0x211': 0x81, '0x224': 0, '0x225': 0xfe, '0x22a': 2 };

describe('QEMU', () => {
  it('changes the eleven bytes that dstack found changed by QEMU 10.1 (dstack#1185)', () => {
    const initrd = { size: 0xa9_62c0, memory: 4 * GIB };
    expect(changes(kernelOf(), { ...PLAIN, initrd })).toEqual({
      ...LOADER,
      ...{ '0x219': 0x10, '0x21a': 0x54, '0x21b': 0x7f },
      ...{ '0x21c': 0xc0, '0x21d': 0x62, '0x21e': 0xa9 },
    });
  });

  it('leaves the fields of an initrd alone without one', () => {
    expect(changes(kernelOf(), PLAIN)).toEqual(LOADER);
  });

  it('takes the kernel out of a larger buffer, and does not write into it', () => {
    const kernel = kernelOf();
    const view = asView(kernel);
    expect(fillSetupHeader(view, PLAIN)).toEqual(fillSetupHeader(kernel, PLAIN));
    expect(view).toEqual(kernel);
    expect(kernel).toEqual(kernelOf());
  });

  it.each([
    ['vga=normal', 0xffff],
    ['quiet vga=ext', 0xfffe],
    ['vga=ask quiet', 0xfffd],
    ['vga=791', 791],
    ['vga=0x317 quiet', 0x317],
    ['nvga=792', 792],
  ])('reads %s', (cmdline, mode) => {
    const filled = fillSetupHeader(kernelOf(), { ...PLAIN, cmdline });
    expect(new DataView(filled.buffer).getUint16(0x1fa, true)).toBe(mode);
  });

  it.each(['vga=', 'vga=big', 'vga=7x', 'vga=-1', 'vga=017'])(
    'is not followed where the mode is none or octal: %s',
    (cmdline) => {
      const fault = faultOf(() => fillSetupHeader(kernelOf(), { ...PLAIN, cmdline }));
      expect(fault).toMatchObject({ code: 'usage', at: 'measure.cmdline' });
    },
  );
});

describe('the initrd goes', () => {
  const size = 0x10_0000;
  const below = (end: number) => (end - 0x2_8000 - 1 - size) & ~4095;
  it.each([
    { name: 'to the end of all memory below 2 GiB', memory: GIB, at: below(GIB) },
    { name: 'to the end of 2 GiB', memory: 2 * GIB, at: below(0x8000_0000) },
    {
      name: 'above 2 GiB just below 2.75 GiB',
      memory: 0xb000_0000 - 4096,
      at: (below(0xb000_0000 - 4096) >>> 0) % 2 ** 32,
    },
    { name: 'below 2 GiB from 2.75 GiB on', memory: 0xb000_0000, at: below(0x8000_0000) },
    { name: 'there however much memory', memory: 512 * GIB, at: below(0x8000_0000) },
  ])('$name', ({ memory, at }) => {
    expect(initrdAt(memory, size)).toBe(at);
  });

  it('no higher than a kernel says that must be below', () => {
    const parts = { xloadFlags: 0, initrdMax: 0x37ff_ffff };
    expect(initrdAt(4 * GIB, size, parts)).toBe(0x37ef_f000);
    expect(initrdAt(GIB / 2, size, parts)).toBe(below(GIB / 2));
  });

  it.each([
    { memory: 0, at: 'measure.memory' },
    { memory: Number.NaN, at: 'measure.memory' },
    { memory: 2 ** 60, at: 'measure.memory' },
    { memory: 0x2_8000, at: 'measure.memory' },
    { memory: 0x10_0000, at: 'measure.initrd' },
    { memory: 0x12_8001, at: 'measure.initrd' },
  ])('nowhere with $memory bytes of memory', ({ memory, at }) => {
    expect(faultOf(() => initrdAt(memory, size))).toMatchObject({ code: 'usage', at });
  });
});

it.each([
  { name: 'without the header', kernel: new Uint8Array(0x1000), code: 'malformed' },
  { name: 'cut short', kernel: kernelOf().subarray(0, 0x205), code: 'malformed' },
  { name: 'shorter than its setup', kernel: kernelOf({ sectors: 8 }), code: 'malformed' },
  { name: 'of protocol 2.11', kernel: kernelOf({ protocol: 0x20b }), code: 'unsupported' },
  { name: 'that is loaded low', kernel: kernelOf({ loadFlags: 0 }), code: 'unsupported' },
])('refuses a kernel $name', ({ kernel, code }) => {
  const fault = faultOf(() => fillSetupHeader(kernel, PLAIN));
  expect(fault).toMatchObject({ code, at: 'measure.kernel' });
});

it('knows a Linux kernel when it sees one', () => {
  expect(isLinuxKernel(kernelOf())).toBe(true);
  expect(isLinuxKernel(asView(kernelOf()))).toBe(true);
  for (const length of [0, 0x202, 0x205]) {
    expect(isLinuxKernel(kernelOf().subarray(0, length))).toBe(false);
  }
});
