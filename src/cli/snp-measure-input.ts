import { sha256 } from '#crypto';
import { fromHex, toHex } from '../core/bytes/hex.ts';
import {
  hashCmdline,
  hashNoInitrd,
  type KernelHashes,
} from '../evidence/snp/measure/kernel-hashes.ts';
import type { LaunchInput } from '../evidence/snp/measure/launch-digest.ts';
import { DEFAULT_SEV_FEATURES, sevFeatureNames } from '../evidence/snp/measure/sev-features.ts';
import { type Vcpu, vcpuSignature, vcpuTypeNamed } from '../evidence/snp/measure/vcpu-type.ts';
import { VMMS, type Vmm } from '../evidence/snp/measure/vmsa.ts';
import { readWholeNumber } from './input.ts';
import { type Io, usage } from './io.ts';
import { type Args, asOption, type Options } from './verb.ts';

export const MEASURE_OPTIONS: Options = {
  firmware: { value: '<file>', help: 'the firmware image that the VMM loads, e.g. OVMF.fd' },
  'firmware-digest': {
    value: '<hex>',
    help: 'launch digest after the firmware’s pages; --firmware then needs its last 4 KiB only',
  },
  vmm: { value: '<name>', help: `${VMMS.join(', ')}; qemu by default` },
  vcpus: { value: '<n>', help: 'number of vCPUs' },
  'vcpu-type': { value: '<name>', help: 'vCPU type by QEMU’s name, e.g. EPYC-Milan' },
  'vcpu-signature': { value: '<hex>', help: 'or its CPUID signature, e.g. a00f11' },
  'vcpu-family': { value: '<n>', help: 'or family, model and stepping' },
  'vcpu-model': { value: '<n>', help: 'with --vcpu-family' },
  'vcpu-stepping': { value: '<n>', help: 'with --vcpu-family' },
  'guest-features': { value: '<hex>', help: 'SEV_FEATURES; 1 by default, 21 with DebugSwap' },
  kernel: { value: '<file>', help: 'kernel that the VMM hands over with its hash' },
  initrd: { value: '<file>', help: 'initrd that goes with the kernel' },
  cmdline: { value: '<text>', help: 'command line that goes with the kernel' },
  'kernel-sha256': { value: '<hex>', help: 'or hashes instead of any of the three' },
  'initrd-sha256': { value: '<hex>', help: 'of the initrd' },
  'cmdline-sha256': { value: '<hex>', help: 'of the command line, its terminating NUL included' },
};

/** @throws Fault `usage` for options that are missing, contradict each other or are no numbers. */
export async function readLaunchInput(io: Io, args: Args): Promise<LaunchInput> {
  const path = args.one('firmware');
  if (path === undefined) throw usage('--firmware is missing');
  const vcpus = readWholeNumber(args, 'vcpus');
  if (vcpus === undefined) throw usage('--vcpus is missing');
  const firmwareDigest = readHex(args, 'firmware-digest', 48);
  const vmm = readVmm(args);
  const vcpu = readVcpu(args);
  const features = readHexNumber(args, 'guest-features', 16);
  const kernel = await readKernel(io, args);
  return {
    firmware: await io.readFile(path),
    vmm,
    vcpus,
    ...(firmwareDigest && { firmwareDigest }),
    ...(vcpu !== undefined && { vcpu }),
    ...(features !== undefined && { sevFeatures: features }),
    ...(kernel && { kernel }),
  };
}

/** Every input by name, as it went into the digest. */
export function launchInputJson(input: LaunchInput) {
  const { firmware, firmwareDigest, vmm, vcpus, vcpu, kernel } = input;
  const sevFeatures = input.sevFeatures ?? DEFAULT_SEV_FEATURES;
  return {
    firmware: { bytes: firmware.length, sha256: toHex(sha256(firmware)) },
    ...(firmwareDigest && { firmwareDigest: toHex(firmwareDigest) }),
    vmm,
    vcpus,
    ...(typeof vcpu === 'string' && { vcpuType: vcpu }),
    ...(vcpu !== undefined && { vcpuSignature: hexText(vcpuSignature(vcpu)) }),
    guestFeatures: hexText(sevFeatures),
    guestFeatureNames: sevFeatureNames(sevFeatures),
    kernel: kernel
      ? {
          kernelSha256: toHex(kernel.kernel),
          initrdSha256: toHex(kernel.initrd),
          cmdlineSha256: toHex(kernel.cmdline),
        }
      : null,
  };
}

export function hexText(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** An option that holds exactly so many bytes of hex. */
export function readHex(args: Args, name: string, length: number): Uint8Array | undefined {
  const text = args.one(name);
  if (text === undefined) return undefined;
  if (!/^[0-9a-fA-F]*$/.test(text) || text.length !== 2 * length) {
    throw usage(`--${name}: want ${length} bytes of hex`);
  }
  return fromHex(text, name);
}

/** An option that holds a number in hex, with or without 0x. */
export function readHexNumber(args: Args, name: string, digits: number): bigint | undefined {
  const text = args.one(name);
  if (text === undefined) return undefined;
  const [, number = ''] = /^(?:0[xX])?([0-9a-fA-F]+)$/.exec(text) ?? [];
  if (number === '' || number.length > digits) {
    throw usage(`--${name}: want up to ${digits} hex digits, got ${JSON.stringify(text)}`);
  }
  return BigInt(`0x${number}`);
}

function readVmm(args: Args): Vmm {
  const name = args.one('vmm') ?? 'qemu';
  const vmm = VMMS.find((known) => known === name);
  if (vmm === undefined) {
    throw usage(`--vmm: want ${VMMS.join(', ')}, got ${JSON.stringify(name)}`);
  }
  return vmm;
}

function readVcpu(args: Args): Vcpu | undefined {
  const type = args.one('vcpu-type');
  const signature = readHexNumber(args, 'vcpu-signature', 8);
  const family = readWholeNumber(args, 'vcpu-family');
  const model = readWholeNumber(args, 'vcpu-model');
  const stepping = readWholeNumber(args, 'vcpu-stepping');
  const ways = [type, signature, family ?? model ?? stepping].filter((way) => way !== undefined);
  if (ways.length > 1) {
    throw usage('give one of --vcpu-type, --vcpu-signature, --vcpu-family with model and stepping');
  }
  if (type !== undefined) return asOption('vcpu-type', () => vcpuTypeNamed(type));
  if (signature !== undefined) return Number(signature);
  if (ways.length === 0) return undefined;
  if (family === undefined || model === undefined || stepping === undefined) {
    throw usage('--vcpu-family, --vcpu-model and --vcpu-stepping go together');
  }
  return { family, model, stepping };
}

async function readKernel(io: Io, args: Args): Promise<KernelHashes | undefined> {
  const kernel = await readHash(io, args, 'kernel');
  const initrd = await readHash(io, args, 'initrd');
  const cmdline = readCmdlineHash(args);
  if (kernel === undefined) {
    if (initrd || cmdline) throw usage('--initrd and --cmdline go with a kernel: give --kernel');
    return undefined;
  }
  return { kernel, initrd: initrd ?? hashNoInitrd(), cmdline: cmdline ?? hashCmdline('') };
}

/** From a file, or as it is given. */
async function readHash(
  io: Io,
  args: Args,
  name: 'kernel' | 'initrd',
): Promise<Uint8Array | undefined> {
  const path = args.one(name);
  const hash = readHex(args, `${name}-sha256`, 32);
  if (path === undefined) return hash;
  if (hash) throw usage(`give --${name} or --${name}-sha256, not both`);
  return sha256(await io.readFile(path));
}

function readCmdlineHash(args: Args): Uint8Array | undefined {
  const text = args.one('cmdline');
  const hash = readHex(args, 'cmdline-sha256', 32);
  if (text === undefined) return hash;
  if (hash) throw usage('give --cmdline or --cmdline-sha256, not both');
  return asOption('cmdline', () => hashCmdline(text));
}
