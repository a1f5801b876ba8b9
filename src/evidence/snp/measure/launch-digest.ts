import { sha384 } from '#crypto';
import { Fault, malformed } from '../../../core/fault.ts';
import { PAGE_SIZE } from '../../firmware-sections.ts';
import { HASH_TABLE_SIZE, type KernelHashes, kernelHashesPage } from './kernel-hashes.ts';
import { type Ovmf, parseOvmf } from './ovmf.ts';
import { DIGEST_SIZE, extendDigest, extendWithPages, extendWithRange, NO_PAGES } from './page.ts';
import { DEFAULT_SEV_FEATURES } from './sev-features.ts';
import type { SevSection } from './sev-metadata.ts';
import { type Vcpu, vcpuSignature } from './vcpu-type.ts';
import { BSP_EIP, type Vmm, vmsaPage } from './vmsa.ts';

/** What a guest is launched with. */
export interface LaunchInput {
  /** The image that the VMM loads below 4 GiB; with `firmwareDigest` its last pages are enough. */
  readonly firmware: Uint8Array;
  /** {@link firmwarePagesDigest} of the whole image, 48 bytes, for those who have only its end. */
  readonly firmwareDigest?: Uint8Array;
  readonly vmm: Vmm;
  /** 1 to 512. */
  readonly vcpus: number;
  /** Needed for QEMU, of which alone the measurement depends on it. */
  readonly vcpu?: Vcpu;
  /** SEV_FEATURES; SNPActive alone without it. */
  readonly sevFeatures?: bigint;
  /** Direct boot with hashes; without it the room for them is measured as zeros. */
  readonly kernel?: KernelHashes;
}

/** The same after all that a caller can get wrong has been looked at. */
export interface Launch {
  readonly ovmf: Ovmf;
  /** After the firmware's own pages. */
  readonly firmwareDigest: Uint8Array;
  readonly vmm: Vmm;
  readonly vcpus: number;
  /** 0 where it is not measured. */
  readonly signature: number;
  readonly sevFeatures: bigint;
  readonly kernel: KernelHashes | undefined;
}

/** More than KVM gives to a guest of this kind, and few enough to count in no time. */
export const MOST_VCPUS = 512;

const FOUR_GIB = 2 ** 32;
const VMSA_GPA = 0xffff_ffff_f000n;

/**
 * The MEASUREMENT that a report of this guest bears (SEV-SNP ABI specification, "Launch
 * digest"): the firmware's pages, the ranges that it asks for, then one VMSA a vCPU.
 *
 * @returns 48 bytes.
 * @throws Fault `malformed` or `unsupported` at `measure.firmware…` for an image that is not
 *   OVMF for SEV-SNP, `usage` at `measure.<input>` for other inputs that make no sense.
 */
export function launchDigest(input: LaunchInput): Uint8Array {
  const launch = readLaunch(input);
  let digest: Uint8Array = NO_PAGES;
  for (const next of vcpuDigests(launch, imageDigest(launch))) digest = next;
  return digest;
}

/**
 * The launch digest after the firmware's own pages, which end at 4 GiB: stands for an image
 * that need not be kept.
 *
 * @param firmware whole pages.
 */
export function firmwarePagesDigest(firmware: Uint8Array): Uint8Array {
  return extendWithPages(NO_PAGES, firmware, FOUR_GIB - firmware.length);
}

/** @throws as {@link launchDigest}. */
export function readLaunch(input: LaunchInput): Launch {
  const { vmm, vcpus, vcpu, sevFeatures = DEFAULT_SEV_FEATURES, kernel } = input;
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > MOST_VCPUS) {
    throw new Fault('usage', 'measure.vcpus', `want 1 to ${MOST_VCPUS}, got ${vcpus}`);
  }
  if (sevFeatures < 0n || sevFeatures >= 2n ** 64n) {
    throw new Fault('usage', 'measure.guest_features', 'want a number of 64 bits');
  }
  if (vcpu === undefined && vmm === 'qemu') {
    throw new Fault('usage', 'measure.vcpu_type', 'QEMU measures it: name one');
  }
  const { firmware, firmwareDigest } = input;
  if (firmwareDigest !== undefined && firmwareDigest.length !== DIGEST_SIZE) {
    const got = `${firmwareDigest.length} bytes`;
    throw new Fault('usage', 'measure.firmware_digest', `want ${DIGEST_SIZE} bytes, got ${got}`);
  }
  const signature = vcpu === undefined ? 0 : vcpuSignature(vcpu);
  const ovmf = parseOvmf(firmware);
  if (kernel) hashTableOffset(ovmf);
  return {
    ovmf,
    firmwareDigest: firmwareDigest ?? firmwarePagesDigest(firmware),
    vmm,
    vcpus,
    signature,
    sevFeatures,
    kernel,
  };
}

/** The launch digest before the first vCPU. */
export function imageDigest(
  launch: Omit<Launch, 'vcpus' | 'signature' | 'sevFeatures'>,
): Uint8Array {
  const { ovmf, vmm } = launch;
  // EC2 adds the CPUID pages when all the others are there.
  const isLate = ({ type }: SevSection) => vmm === 'ec2' && type === 'CPUID';
  const late = ovmf.sections.filter(isLate);
  const sections = [...ovmf.sections.filter((section) => !isLate(section)), ...late];
  return sections.reduce(
    (digest, section) => extendWithSection(digest, section, launch),
    launch.firmwareDigest,
  );
}

function extendWithSection(
  digest: Uint8Array,
  { type, gpa, size }: SevSection,
  { ovmf, vmm, kernel }: Pick<Launch, 'ovmf' | 'vmm' | 'kernel'>,
): Uint8Array {
  switch (type) {
    case 'SNP_SEC_MEM':
      return extendWithRange(digest, vmm === 'gce' ? 'unmeasured' : 'zero', gpa, size);
    case 'SVSM_CAA':
      return extendWithRange(digest, 'zero', gpa, size);
    case 'SNP_SECRETS':
      return extendWithRange(digest, 'secrets', gpa, size);
    case 'CPUID':
      return extendWithRange(digest, 'cpuid', gpa, size);
    case 'SNP_KERNEL_HASHES':
      return kernel === undefined
        ? extendWithRange(digest, 'zero', gpa, size)
        : extendWithPages(digest, kernelHashesPage(kernel, hashTableOffset(ovmf)), gpa);
  }
}

/** Where in its page the table of kernel hashes stands. */
function hashTableOffset({ sections, hashTable }: Ovmf): number {
  if (!sections.some(({ type }) => type === 'SNP_KERNEL_HASHES')) {
    throw new Fault(
      'usage',
      'measure.kernel',
      'this firmware has no section for kernel hashes: it does not measure a kernel',
    );
  }
  const at = 'measure.firmware.hash_table';
  if (hashTable === undefined) throw malformed(at, 'does not say where the kernel hashes go');
  const offset = hashTable.gpa % PAGE_SIZE;
  if (hashTable.size < HASH_TABLE_SIZE || offset + HASH_TABLE_SIZE > PAGE_SIZE) {
    throw malformed(at, `no room for ${HASH_TABLE_SIZE} bytes in one page`);
  }
  return offset;
}

/** The launch digest after one vCPU, after two, and so on up to their number. */
export function* vcpuDigests(
  launch: Omit<Launch, 'firmwareDigest' | 'kernel'>,
  image: Uint8Array,
): Generator<Uint8Array> {
  const { vcpus, ovmf } = launch;
  let digest = extendDigest(image, 'vmsa', vmsaDigest(launch, BSP_EIP), VMSA_GPA);
  yield digest;
  if (vcpus === 1) return;
  if (ovmf.apResetEip === undefined) {
    throw malformed('measure.firmware.reset_block', 'does not say where further vCPUs begin');
  }
  const others = vmsaDigest(launch, ovmf.apResetEip);
  for (let count = 2; count <= vcpus; count++) {
    digest = extendDigest(digest, 'vmsa', others, VMSA_GPA);
    yield digest;
  }
}

function vmsaDigest(
  { vmm, signature, sevFeatures }: Pick<Launch, 'vmm' | 'signature' | 'sevFeatures'>,
  eip: number,
): Uint8Array {
  return sha384(vmsaPage({ vmm, eip, signature, sevFeatures }));
}
