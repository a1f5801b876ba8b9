import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { guidBytes } from '../../../../src/evidence/guid.ts';
import {
  hashCmdline,
  hashKernel,
  hashNoInitrd,
  kernelHashesPage,
} from '../../../../src/evidence/snp/measure/kernel-hashes.ts';
import {
  SEV_FEATURES,
  sevFeatureNames,
} from '../../../../src/evidence/snp/measure/sev-features.ts';
import { VCPU_TYPES, vcpuSignature } from '../../../../src/evidence/snp/measure/vcpu-type.ts';
import { vmsaPage } from '../../../../src/evidence/snp/measure/vmsa.ts';
import { faultOf } from '../../../support/fault-of.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

it('a GUID has its first three parts turned round', () => {
  expect(toHex(guidBytes('96b582de-1fb2-45f7-baea-a366c55a082d'))).toBe(
    'de82b596b21ff745baeaa366c55a082d',
  );
});

describe('a vCPU signature', () => {
  it.each([
    ['EPYC-v4', 0x800f12],
    ['EPYC-IBPB', 0x800f12],
    ['EPYC-Rome', 0x830f10],
    ['EPYC-Milan', 0xa00f11],
    ['EPYC-Genoa', 0xa10f10],
    ['EPYC-Turin', 0xb00f00],
  ] as const)('of %s', (name, signature) => {
    expect(vcpuSignature(name)).toBe(signature);
  });

  it('of a family below 16, and of the last of each field', () => {
    expect(vcpuSignature({ family: 6, model: 0x55, stepping: 7 })).toBe(0x50657);
    expect(vcpuSignature({ family: 270, model: 255, stepping: 15 })).toBe(0xfff0fff);
    expect(vcpuSignature(0xffff_ffff)).toBe(0xffff_ffff);
  });

  it.each([
    ['family', { family: 271, model: 0, stepping: 0 }],
    ['model', { family: 25, model: 256, stepping: 0 }],
    ['stepping', { family: 25, model: 0, stepping: 16 }],
    ['stepping', { family: 25, model: 0, stepping: -1 }],
    ['signature', 2 ** 32],
    ['signature', Number.NaN],
  ])('does not exist beyond the %s', (what, vcpu) => {
    const fault = faultOf(() => vcpuSignature(vcpu));
    expect(fault).toMatchObject({ code: 'usage', at: `measure.vcpu_${what}` });
  });

  it('lists the names when one is unknown, an inherited one too', () => {
    for (const name of ['Skylake', 'constructor']) {
      const fault = faultOf(() => vcpuSignature(name as 'EPYC'));
      expect(fault.detail).toContain(Object.keys(VCPU_TYPES).join(', '));
    }
  });
});

it('names guest features, an unknown one by its position', () => {
  expect(sevFeatureNames(0x21n)).toEqual(['snpActive', 'debugSwap']);
  expect(sevFeatureNames(2n ** 63n + 2n ** 11n)).toEqual(['bit11', 'bit63']);
  expect(sevFeatureNames(0n)).toEqual([]);
  for (const [name, position] of Object.entries(SEV_FEATURES)) {
    expect(sevFeatureNames(1n << BigInt(position))).toEqual([name]);
  }
});

describe('kernel hashes', () => {
  it('take in the terminating NUL of the command line, and an initrd that is not there', () => {
    const hashes = hashKernel({ kernel: utf8('kernel') });
    expect(toHex(hashes.kernel)).toBe(sha256('kernel'));
    expect(toHex(hashes.initrd)).toBe(sha256(''));
    expect(toHex(hashes.cmdline)).toBe(sha256('\0'));
    expect(hashes.initrd).toEqual(hashNoInitrd());
    expect(toHex(hashCmdline('quiet é'))).toBe(sha256('quiet é\0'));
  });

  it('refuse a command line with a NUL inside', () => {
    const fault = faultOf(() => hashCmdline('quiet\0init=/bin/sh'));
    expect(fault).toMatchObject({ code: 'usage', at: 'measure.cmdline' });
  });

  it('stand in their page in order, zeros around them', () => {
    const hashes = {
      kernel: new Uint8Array(32).fill(3),
      initrd: new Uint8Array(32).fill(2),
      cmdline: new Uint8Array(32).fill(1),
    };
    const page = kernelHashesPage(hashes, 0xc00);
    expect(page).toHaveLength(4096);
    const entry = (guid: string, byte: string) => `${guid}3200${byte.repeat(32)}`;
    expect(toHex(page.subarray(0xc00, 0xc00 + 168))).toBe(
      '06d63894224fc94cb479a793d411fd21a800' +
        entry('d82dd09720bd944caa78e7714d36ab2a', '01') +
        entry('31f7ba442f3ad74b9af141e29169781d', '02') +
        entry('3794e74dd2ab7f42b835d5b172d2045b', '03'),
    );
    const around = [...page.subarray(0, 0xc00), ...page.subarray(0xc00 + 168)];
    expect(around.every((byte) => byte === 0)).toBe(true);
  });
});

describe('a VMSA', () => {
  const at = (page: Uint8Array, offset: number, length: number) =>
    toHex(page.subarray(offset, offset + length).toReversed());
  const base = { signature: 0xa00f11, sevFeatures: 0x21n, eip: 0xffff_fff0 };

  it('of QEMU has the reset state and the signature in RDX', () => {
    const page = vmsaPage({ ...base, vmm: 'qemu' });
    expect(toHex(page.subarray(0x10, 0x20))).toBe('00f09b00ffff00000000ffff00000000');
    expect(at(page, 0x178, 8)).toBe('000000000000fff0');
    expect(at(page, 0x268, 8)).toBe('0007040600070406');
    expect(at(page, 0x310, 8)).toBe('0000000000a00f11');
    expect(at(page, 0x3b0, 8)).toBe('0000000000000021');
    expect([at(page, 0x408, 4), at(page, 0x410, 2)]).toEqual(['00001f80', '037f']);
  });

  it('of EC2 has 0x600 in RDX, and its first code segment not accessed', () => {
    const first = vmsaPage({ ...base, vmm: 'ec2' });
    const next = vmsaPage({ ...base, vmm: 'ec2', eip: 0x80_b004 });
    expect([first[0x12], first[0x22], first[0x92]]).toEqual([0x9a, 0x92, 0x83]);
    expect(toHex(next.subarray(0x10, 0x20))).toBe('00f09b00ffff00000000800000000000');
    expect(at(next, 0x178, 8)).toBe('000000000000b004');
    expect([at(first, 0x310, 8), at(first, 0x408, 4)]).toEqual(['0000000000000600', '00000000']);
  });

  it('of GCE has a PAT of its own', () => {
    const page = vmsaPage({ ...base, vmm: 'gce' });
    expect(at(page, 0x268, 8)).toBe('0000000000070106');
    expect([page[0x12], page[0x22], page[0x92]]).toEqual([0x9b, 0x93, 0x8b]);
    expect([at(page, 0x310, 8), at(page, 0x410, 2)]).toEqual(['0000000000000600', '0000']);
  });
});
