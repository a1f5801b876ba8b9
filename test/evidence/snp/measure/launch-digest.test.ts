import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { hashKernel } from '../../../../src/evidence/snp/measure/kernel-hashes.ts';
import {
  firmwarePagesDigest,
  type LaunchInput,
  launchDigest,
} from '../../../../src/evidence/snp/measure/launch-digest.ts';
import type { Vcpu } from '../../../../src/evidence/snp/measure/vcpu-type.ts';
import { VMMS, type Vmm, vmsaPage } from '../../../../src/evidence/snp/measure/vmsa.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { hex } from '../../../support/hex.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { entriesOf, firmwareOf, HASHES_GUID, RESET_GUID, SECTIONS } from './build.ts';

const kernel = hashKernel({ kernel: Uint8Array.of(1), initrd: Uint8Array.of(2), cmdline: 'quiet' });
const firmware = firmwareOf();
const usual: LaunchInput = { firmware, vmm: 'qemu', vcpus: 2, vcpu: 'EPYC-Milan', kernel };

function sha384(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha384');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** One page the long way round. */
function extend(digest: Uint8Array, contents: Uint8Array, type: number, gpa: string): Uint8Array {
  return sha384(
    digest,
    contents,
    hex(`7000 ${type.toString(16).padStart(2, '0')} 0000000000`),
    hex(gpa).reverse(),
  );
}

const ZEROS = new Uint8Array(48);

describe('page by page', () => {
  function byHand(vmm: Vmm, order: readonly (readonly [type: number, gpa: string])[]): string {
    const pages = [firmware.subarray(0, 4096), firmware.subarray(4096)];
    let digest = extend(ZEROS, sha384(pages[0] as Uint8Array), 1, '00000000ffffe000');
    digest = extend(digest, sha384(pages[1] as Uint8Array), 1, '00000000fffff000');
    for (const [type, gpa] of order) digest = extend(digest, ZEROS, type, gpa);
    const vcpu = { vmm, signature: 0xa00f11, sevFeatures: 1n };
    for (const eip of [0xffff_fff0, 0x80_b004]) {
      digest = extend(digest, sha384(vmsaPage({ ...vcpu, eip })), 2, '0000fffffffff000');
    }
    return toHex(digest);
  }

  it.each<{ vmm: Vmm; order: readonly (readonly [number, string])[] }>([
    {
      vmm: 'qemu',
      order: [
        [3, '0000000000800000'],
        [3, '0000000000801000'],
        [5, '000000000080d000'],
        [6, '000000000080e000'],
        [3, '000000000080f000'],
        [3, '0000000000810000'],
      ],
    },
    {
      vmm: 'ec2',
      order: [
        [3, '0000000000800000'],
        [3, '0000000000801000'],
        [5, '000000000080d000'],
        [3, '000000000080f000'],
        [3, '0000000000810000'],
        [6, '000000000080e000'],
      ],
    },
    {
      vmm: 'gce',
      order: [
        [4, '0000000000800000'],
        [4, '0000000000801000'],
        [5, '000000000080d000'],
        [6, '000000000080e000'],
        [3, '000000000080f000'],
        [3, '0000000000810000'],
      ],
    },
  ])('as $vmm does it', ({ vmm, order }) => {
    const { kernel: _, ...without } = usual;
    expect(toHex(launchDigest({ ...without, vmm }))).toBe(byHand(vmm, order));
  });
});

describe('depends on', () => {
  const base = toHex(launchDigest(usual));
  it.each<{ name: string; input: Partial<LaunchInput> }>([
    { name: 'the number of vCPUs', input: { vcpus: 3 } },
    { name: 'their type', input: { vcpu: 'EPYC-Genoa' } },
    { name: 'the guest features', input: { sevFeatures: 0x21n } },
    { name: 'the VMM', input: { vmm: 'gce' } },
    { name: 'the firmware', input: { firmware: firmware.with(0, 1) } },
    { name: 'the command line', input: { kernel: { ...kernel, cmdline: kernel.initrd } } },
  ])('$name', ({ input }) => {
    expect(toHex(launchDigest({ ...usual, ...input }))).not.toBe(base);
  });

  it('only the end of the firmware, when a digest stands for its pages', () => {
    const end = firmware.subarray(4096);
    const firmwareDigest = firmwarePagesDigest(firmware);
    expect(toHex(launchDigest({ ...usual, firmware: end, firmwareDigest }))).toBe(base);
  });

  it('neither the version of a vCPU type nor how it is named', () => {
    const ways: readonly Vcpu[] = [
      'EPYC-Milan-v2',
      0xa00f11,
      { family: 25, model: 1, stepping: 1 },
    ];
    for (const vcpu of ways) expect(toHex(launchDigest({ ...usual, vcpu }))).toBe(base);
  });

  it('the vCPU type not under EC2 or GCE, which need none', () => {
    for (const vmm of ['ec2', 'gce'] as const) {
      const { vcpu: _, ...without } = { ...usual, vmm };
      expect(launchDigest(without)).toEqual(launchDigest({ ...usual, vmm }));
    }
  });
});

describe('refuses', () => {
  const noRoom = SECTIONS.slice(0, 4);
  const { vcpu: _, ...untyped } = usual;
  const { kernel: __, ...plain } = usual;
  const without = (guid: string) =>
    firmwareOf({ entries: entriesOf().filter(([name]) => name !== guid) });
  it.each<{ name: string; input: LaunchInput; code: string; at: string }>([
    { name: 'no vCPU', input: { ...usual, vcpus: 0 }, code: 'usage', at: 'measure.vcpus' },
    { name: '513 vCPUs', input: { ...usual, vcpus: 513 }, code: 'usage', at: 'measure.vcpus' },
    { name: 'half a vCPU', input: { ...usual, vcpus: 0.5 }, code: 'usage', at: 'measure.vcpus' },
    { name: 'no vCPU type under QEMU', input: untyped, code: 'usage', at: 'measure.vcpu_type' },
    {
      name: 'an unknown vCPU type',
      input: { ...usual, vcpu: 'EPYC-Naples' as Vcpu },
      code: 'usage',
      at: 'measure.vcpu_type',
    },
    {
      name: 'guest features of 65 bits',
      input: { ...usual, sevFeatures: 2n ** 64n },
      code: 'usage',
      at: 'measure.guest_features',
    },
    {
      name: 'negative guest features',
      input: { ...usual, sevFeatures: -1n },
      code: 'usage',
      at: 'measure.guest_features',
    },
    {
      name: 'a firmware digest of 32 bytes',
      input: { ...usual, firmwareDigest: new Uint8Array(32) },
      code: 'usage',
      at: 'measure.firmware_digest',
    },
    {
      name: 'a kernel for firmware without room for its hash',
      input: { ...usual, firmware: firmwareOf({ sections: noRoom }) },
      code: 'usage',
      at: 'measure.kernel',
    },
    {
      name: 'a kernel for firmware that does not say where the hash goes',
      input: { ...usual, firmware: without(HASHES_GUID) },
      code: 'malformed',
      at: 'measure.firmware.hash_table',
    },
    {
      name: 'a hash table that leaves its page',
      input: {
        ...usual,
        firmware: firmwareOf({ entries: entriesOf({ hashes: [0x81_0f51, 0x400] }) }),
      },
      code: 'malformed',
      at: 'measure.firmware.hash_table',
    },
    {
      name: 'a hash table without room',
      input: {
        ...usual,
        firmware: firmwareOf({ entries: entriesOf({ hashes: [0x81_0c00, 175] }) }),
      },
      code: 'malformed',
      at: 'measure.firmware.hash_table',
    },
    {
      name: 'two vCPUs without a reset address',
      input: { ...plain, firmware: without(RESET_GUID) },
      code: 'malformed',
      at: 'measure.firmware.reset_block',
    },
  ])('$name', ({ input, code, at }) => {
    expect(faultOf(() => launchDigest(input))).toMatchObject({ code, at });
  });

  it('but not one vCPU without a reset address, nor the last place in the page', () => {
    const lone = without(RESET_GUID);
    expect(launchDigest({ ...plain, firmware: lone, vcpus: 1 })).toHaveLength(48);
    const last = firmwareOf({ entries: entriesOf({ hashes: [0x81_0f50, 176] }) });
    expect(launchDigest({ ...usual, firmware: last })).toHaveLength(48);
  });
});

const folder = vectorsFolder('snp');

interface Vector {
  readonly name: string;
  readonly vcpus: number;
  readonly vcpu_type: Vcpu | null;
  readonly ovmf: string;
  readonly kernel: string | null;
  readonly append: string | null;
  readonly guest_features: string;
  readonly vmm: string;
  readonly ovmf_hash: string | null;
  readonly expected: string;
}

describe.skipIf(folder === undefined)('the published launch digests', () => {
  const file = (name: string) => readFileSync(join(folder ?? '', 'measurement', name));
  const vectors: readonly Vector[] = folder ? JSON.parse(file('vectors.json').toString()) : [];

  it('are sixteen', () => {
    expect(vectors).toHaveLength(16);
  });

  it.each(vectors)('$name', (vector) => {
    const vmm = VMMS.find((known) => known === vector.vmm.toLowerCase()) as Vmm;
    const digest = launchDigest({
      firmware: file(vector.ovmf),
      vmm,
      vcpus: vector.vcpus,
      sevFeatures: BigInt(vector.guest_features),
      ...(vector.vcpu_type !== null && { vcpu: vector.vcpu_type }),
      ...(vector.ovmf_hash !== null && { firmwareDigest: hex(vector.ovmf_hash) }),
      ...(vector.kernel !== null && {
        kernel: hashKernel({ kernel: new Uint8Array(), cmdline: vector.append ?? '' }),
      }),
    });
    expect(toHex(digest)).toBe(vector.expected);
  });
});
