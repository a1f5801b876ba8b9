import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import type { DirectKernel, TdxBoot } from '../../../../src/evidence/tdx/measure/boot.ts';
import { nearOptions } from '../../../../src/evidence/tdx/measure/explain.ts';
import { mrTd } from '../../../../src/evidence/tdx/measure/mrtd.ts';
import { tdxReferenceValues } from '../../../../src/evidence/tdx/measure/reference-values.ts';
import { kernelOf } from '../../../support/linux-kernel.ts';
import { peOf } from '../../../support/pe.ts';
import { tdvfOf } from '../../../support/tdvf.ts';

const firmware = { image: tdvfOf(), order: 'page-by-page' } as const;
const kernel: DirectKernel = {
  image: kernelOf(),
  setupHeader: 'as-is',
  initrd: Uint8Array.of(1),
  cmdline: 'quiet',
};
const boot: TdxBoot = { kernel, separator: 'rtmr1' };
const rtmr1Of = (other: TdxBoot) => tdxReferenceValues({ tool: '', boot: other }).rtmr1 ?? '';
const quoted = { mrTd: '', rtmr1: '' };
const GIB = 2 ** 30;

describe('finds', () => {
  it('the other order of pages', () => {
    const other = toHex(mrTd(firmware.image, 'section-by-section'));
    expect(nearOptions({ firmware }, { ...quoted, mrTd: other })).toEqual([
      { register: 'mrTd', options: { order: 'section-by-section' } },
    ]);
  });

  it.each<{ name: string; other: TdxBoot; options: Record<string, string | number> }>([
    {
      name: 'the other separator',
      other: { ...boot, separator: 'rtmr0' },
      options: { separator: 'rtmr0', setupHeader: 'as-is' },
    },
    {
      name: 'a setup header that QEMU filled in, with much memory',
      other: { ...boot, kernel: { ...kernel, setupHeader: 'qemu', memory: 64 * GIB } },
      options: { separator: 'rtmr1', setupHeader: 'qemu', memoryBytes: 4 * GIB },
    },
    {
      name: 'both',
      other: { separator: 'rtmr0', kernel: { ...kernel, setupHeader: 'qemu', memory: 8 * GIB } },
      options: { separator: 'rtmr0', setupHeader: 'qemu', memoryBytes: 4 * GIB },
    },
  ])('$name', ({ other, options }) => {
    const near = nearOptions({ boot }, { ...quoted, rtmr1: rtmr1Of(other) });
    expect(near).toEqual([{ register: 'rtmr1', options }]);
  });

  it('it for a UKI and for images, which have no setup header', () => {
    const uki: TdxBoot = { kernel: { image: peOf(), setupHeader: 'as-is' }, separator: 'rtmr1' };
    const images: TdxBoot = { images: [peOf()], separator: 'rtmr1' };
    for (const each of [uki, images]) {
      const rtmr1 = rtmr1Of({ ...each, separator: 'rtmr0' });
      expect(nearOptions({ boot: each }, { ...quoted, rtmr1 })).toMatchObject([
        { register: 'rtmr1', options: { separator: 'rtmr0' } },
      ]);
    }
  });
});

describe('finds nothing', () => {
  it('for what is as it should be', () => {
    const same = { mrTd: toHex(mrTd(firmware.image, 'page-by-page')), rtmr1: rtmr1Of(boot) };
    expect(nearOptions({ firmware, boot }, same)).toEqual([]);
  });

  it('for a kernel that QEMU would not start', () => {
    const old = { ...kernel, image: kernelOf({ protocol: 0x20b }) };
    expect(nearOptions({ boot: { ...boot, kernel: old } }, quoted)).toEqual([]);
  });

  it('for another kernel, command line or amount of little memory', () => {
    for (const other of [
      { ...kernel, image: kernelOf({ fill: 1 }) },
      { ...kernel, setupHeader: 'qemu', memory: GIB } as const,
    ]) {
      const rtmr1 = rtmr1Of({ ...boot, kernel: other });
      expect(nearOptions({ firmware, boot }, { ...quoted, rtmr1 })).toEqual([]);
    }
  });
});
