import { describe, expect, it } from 'vitest';
import { explainMeasurement } from '../../../../src/evidence/snp/measure/explain.ts';
import { hashKernel } from '../../../../src/evidence/snp/measure/kernel-hashes.ts';
import {
  type LaunchInput,
  launchDigest,
} from '../../../../src/evidence/snp/measure/launch-digest.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { entriesOf, firmwareOf } from './build.ts';

const kernel = hashKernel({ kernel: Uint8Array.of(1) });
const given: LaunchInput = {
  firmware: firmwareOf(),
  vmm: 'qemu',
  vcpus: 8,
  vcpu: 'EPYC-Milan-v2',
  kernel,
};
const { kernel: _, ...withoutKernel } = given;

function sentences(launched: LaunchInput, told: LaunchInput = given): readonly string[] {
  return explainMeasurement(launchDigest(launched), told).map(({ sentence }) => sentence);
}

describe('says what else would have matched:', () => {
  it.each<{ sentence: string; launched: LaunchInput }>([
    { sentence: 'as given', launched: given },
    { sentence: 'with 16 vCPUs instead of 8', launched: { ...given, vcpus: 16 } },
    { sentence: 'with 1 vCPU instead of 8', launched: { ...given, vcpus: 1 } },
    { sentence: 'with 64 vCPUs instead of 8', launched: { ...given, vcpus: 64 } },
    {
      sentence: 'with vCPU type EPYC-Genoa (0xa10f10) instead of EPYC-Milan (0xa00f11)',
      launched: { ...given, vcpu: 'EPYC-Genoa-v1' },
    },
    {
      sentence: 'with guest features 0x21 instead of 0x1',
      launched: { ...given, sevFeatures: 0x21n },
    },
    { sentence: 'without kernel hashes', launched: withoutKernel },
    { sentence: 'under EC2 instead of QEMU', launched: { ...given, vmm: 'ec2' } },
    { sentence: 'under GCE instead of QEMU', launched: { ...given, vmm: 'gce' } },
    {
      sentence:
        'under GCE instead of QEMU, with 4 vCPUs instead of 8, ' +
        'with guest features 0x21 instead of 0x1, without kernel hashes',
      launched: { ...withoutKernel, vmm: 'gce', vcpus: 4, sevFeatures: 0x21n },
    },
  ])('$sentence', ({ sentence, launched }) => {
    expect(sentences(launched)).toEqual([`matches this image ${sentence}`]);
  });

  it('guests with other features than the usual', () => {
    const odd = { ...given, sevFeatures: 0x8001n };
    expect(sentences({ ...odd, vcpus: 9 }, odd)).toEqual([
      'matches this image with 9 vCPUs instead of 8',
    ]);
    expect(sentences(given, odd)).toEqual([
      'matches this image with guest features 0x1 instead of 0x8001',
    ]);
  });

  it('a type without a name, and the type that nobody named', () => {
    const odd = { ...given, vcpu: 0xa20f12 };
    expect(sentences(given, odd)).toEqual([
      'matches this image with vCPU type EPYC-Milan (0xa00f11) instead of 0xa20f12',
    ]);
    const { vcpu: __, ...untyped } = { ...given, vmm: 'ec2' as const };
    expect(sentences(given, untyped)).toEqual([
      'matches this image under QEMU instead of EC2, with vCPU type EPYC-Milan (0xa00f11)',
    ]);
  });

  it('twice as many vCPUs as given, and never more than can be', () => {
    const many = { ...given, vcpus: 100 };
    expect(sentences({ ...given, vcpus: 200 }, many)).toHaveLength(1);
    expect(sentences({ ...given, vcpus: 201 }, many)).toEqual([]);
    const most = { ...given, vcpus: 512 };
    expect(sentences({ ...given, vcpus: 511 }, most)).toHaveLength(1);
  });
});

it('gives the inputs that would have matched', () => {
  const [found] = explainMeasurement(launchDigest({ ...given, vcpus: 3 }), given);
  expect(found).toMatchObject({
    differences: ['with 3 vCPUs instead of 8'],
    vmm: 'qemu',
    vcpus: 3,
    signature: 0xa00f11,
    sevFeatures: 1n,
    kernelHashes: true,
  });
});

it('finds nothing for another image', () => {
  const other = { ...given, firmware: given.firmware.with(0, 1) };
  expect(sentences(other)).toEqual([]);
  expect(explainMeasurement(new Uint8Array(48), given)).toEqual([]);
});

it('tries one vCPU only, where the image does not say where others begin', () => {
  const firmware = firmwareOf({ entries: entriesOf().slice(0, 2) });
  const lone = { ...given, firmware, vcpus: 1 };
  expect(sentences({ ...lone, sevFeatures: 0x21n }, lone)).toHaveLength(1);
});

it('refuses what launchDigest refuses', () => {
  const fault = faultOf(() => explainMeasurement(new Uint8Array(48), { ...given, vcpus: 0 }));
  expect(fault).toMatchObject({ code: 'usage', at: 'measure.vcpus' });
});
