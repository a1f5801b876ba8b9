import { equalBytes } from '../../../core/bytes/equal.ts';
import { PROCESSORS } from '../floors/processors.ts';
import {
  imageDigest,
  type Launch,
  type LaunchInput,
  MOST_VCPUS,
  readLaunch,
  vcpuDigests,
} from './launch-digest.ts';
import { DEFAULT_SEV_FEATURES, SEV_FEATURES_WITH_DEBUG_SWAP } from './sev-features.ts';
import { VCPU_TYPES, vcpuSignature } from './vcpu-type.ts';
import { VMMS, type Vmm } from './vmsa.ts';

/** Other inputs for the same image that make the measurement in question. */
export interface NearMatch {
  /** What is not as given, a clause each; none when the inputs match as they are. */
  readonly differences: readonly string[];
  /** The same for people, e.g. `matches this image with 16 vCPUs instead of 8`. */
  readonly sentence: string;
  readonly vmm: Vmm;
  readonly vcpus: number;
  /** Undefined where the VMM does not measure it. */
  readonly signature: number | undefined;
  readonly sevFeatures: bigint;
  readonly kernelHashes: boolean;
}

/** Numbers of vCPUs that are tried whatever was given; twice the given one, if that is more. */
const USUAL_VCPUS = 64;

const VMM_NAMES: Readonly<Record<Vmm, string>> = { qemu: 'QEMU', ec2: 'EC2', gce: 'GCE' };

/**
 * Finds what else the image may have been launched with: SNP has one digest for everything, so
 * a measurement that differs says no more than that. Tries other VMMs, numbers and types of
 * vCPUs and guest features, and no kernel hashes; never another firmware or kernel.
 *
 * The number of steps depends on the given number of vCPUs only, and is some ten thousand hashes
 * at most.
 *
 * @param measurement 48 bytes, as a report has it.
 * @returns those with the fewest differences first; usually one or none.
 * @throws Fault as `launchDigest`.
 */
export function explainMeasurement(
  measurement: Uint8Array,
  input: LaunchInput,
): readonly NearMatch[] {
  const given = readLaunch(input);
  return variants(given)
    .flatMap((image) => matchesOf(measurement, image, given))
    .sort((a, b) => a.differences.length - b.differences.length);
}

/** The same firmware under each VMM, with and without kernel. */
function variants(given: Launch): readonly Launch[] {
  const kernels = given.kernel === undefined ? [undefined] : [given.kernel, undefined];
  return VMMS.flatMap((vmm) => kernels.map((kernel) => ({ ...given, vmm, kernel })));
}

function matchesOf(measurement: Uint8Array, variant: Launch, given: Launch): NearMatch[] {
  const image = imageDigest(variant);
  const matches: NearMatch[] = [];
  for (const signature of signaturesFor(variant.vmm, given)) {
    for (const sevFeatures of featuresFor(given)) {
      const launch = { ...variant, signature, sevFeatures, vcpus: mostVcpus(given) };
      let vcpus = 0;
      for (const digest of vcpuDigests(launch, image)) {
        vcpus++;
        if (equalBytes(digest, measurement)) matches.push(describe({ ...launch, vcpus }, given));
      }
    }
  }
  return matches;
}

/** QEMU measures the type; the others don't, so that one try is enough. */
function signaturesFor(vmm: Vmm, given: Launch): ReadonlySet<number> {
  if (vmm !== 'qemu') return new Set([0]);
  // Also the processors themselves, as a guest of `-cpu host` sees them.
  const known = [...Object.values(VCPU_TYPES), ...PROCESSORS.map(({ cpuid }) => cpuid)].map(
    vcpuSignature,
  );
  return new Set(given.signature === 0 ? known : [given.signature, ...known]);
}

function featuresFor({ sevFeatures }: Launch): ReadonlySet<bigint> {
  return new Set([sevFeatures, DEFAULT_SEV_FEATURES, SEV_FEATURES_WITH_DEBUG_SWAP]);
}

function mostVcpus({ vcpus, ovmf }: Launch): number {
  if (ovmf.apResetEip === undefined) return 1;
  return Math.min(MOST_VCPUS, Math.max(USUAL_VCPUS, 2 * vcpus));
}

function describe(found: Launch, given: Launch): NearMatch {
  const { vmm, vcpus, sevFeatures } = found;
  const signature = vmm === 'qemu' ? found.signature : undefined;
  const differences = [
    ...(vmm === given.vmm ? [] : [`under ${VMM_NAMES[vmm]} instead of ${VMM_NAMES[given.vmm]}`]),
    ...(vcpus === given.vcpus ? [] : [`with ${countText(vcpus)} instead of ${given.vcpus}`]),
    ...(signature === undefined ? [] : typeDifference(signature, given.signature)),
    ...(sevFeatures === given.sevFeatures
      ? []
      : [`with guest features ${hexText(sevFeatures)} instead of ${hexText(given.sevFeatures)}`]),
    ...(found.kernel === given.kernel ? [] : ['without kernel hashes']),
  ];
  return {
    differences,
    sentence: `matches this image ${differences.join(', ') || 'as given'}`,
    vmm,
    vcpus,
    signature,
    sevFeatures,
    kernelHashes: found.kernel !== undefined,
  };
}

function typeDifference(found: number, given: number): readonly string[] {
  if (found === given) return [];
  const instead = given === 0 ? '' : ` instead of ${typeText(given)}`;
  return [`with vCPU type ${typeText(found)}${instead}`];
}

/** The shortest of QEMU's names for it, where it has one. */
function typeText(signature: number): string {
  const known = Object.entries(VCPU_TYPES).find(([, cpu]) => vcpuSignature(cpu) === signature);
  const text = hexText(BigInt(signature));
  return known === undefined ? text : `${known[0]} (${text})`;
}

function countText(vcpus: number): string {
  return vcpus === 1 ? '1 vCPU' : `${vcpus} vCPUs`;
}

function hexText(value: bigint): string {
  return `0x${value.toString(16)}`;
}
