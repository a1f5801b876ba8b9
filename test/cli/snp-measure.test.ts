import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { snpMeasureVerb } from '../../src/cli/snp-measure.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { hashKernel } from '../../src/evidence/snp/measure/kernel-hashes.ts';
import {
  firmwarePagesDigest,
  type LaunchInput,
  launchDigest,
} from '../../src/evidence/snp/measure/launch-digest.ts';
import { firmwareOf } from '../evidence/snp/measure/build.ts';
import { jsonOf } from './fake-io.ts';
import { reportOf, runVerb } from './snp-verb.ts';

const firmware = firmwareOf();
const kernel = { kernel: Uint8Array.of(1), initrd: Uint8Array.of(2), cmdline: '-quiet' };
const launch: LaunchInput = { firmware, vmm: 'qemu', vcpus: 4, vcpu: 'EPYC-Milan' };
const files = {
  'OVMF.fd': firmware,
  end: firmware.subarray(4096),
  bzImage: kernel.kernel,
  initrd: kernel.initrd,
  report: reportOf({ measurement: launchDigest(launch) }),
  extended: concatBytes(reportOf({ measurement: launchDigest(launch) }), new Uint8Array(64)),
  notes: 'no firmware',
};
const USUAL = ['--firmware', 'OVMF.fd', '--vcpus', '4', '--vcpu-type', 'EPYC-Milan'];

const measure = (argv: readonly string[]) => runVerb(snpMeasureVerb, argv, files);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('prints the launch digest', () => {
  const plain = toHex(launchDigest(launch));
  it.each<{ name: string; argv: readonly string[]; digest: string }>([
    { name: 'of a firmware image', argv: USUAL, digest: plain },
    {
      name: 'of a signature',
      argv: ['--firmware', 'OVMF.fd', '--vcpus', '4', '--vcpu-signature', '0xA00F11'],
      digest: plain,
    },
    {
      name: 'of family, model and stepping',
      argv: [
        ...['--firmware', 'OVMF.fd', '--vcpus', '4', '--vcpu-family', '25'],
        ...['--vcpu-model', '1', '--vcpu-stepping', '1'],
      ],
      digest: plain,
    },
    {
      name: 'of the end of an image and the digest of all',
      argv: [
        ...['--firmware', 'end', '--firmware-digest', toHex(firmwarePagesDigest(firmware))],
        ...USUAL.slice(2),
      ],
      digest: plain,
    },
    {
      name: 'with a kernel, an initrd and a command line that begins with a dash',
      argv: [...USUAL, '--kernel', 'bzImage', '--initrd', 'initrd', '--cmdline=-quiet'],
      digest: toHex(launchDigest({ ...launch, kernel: hashKernel(kernel) })),
    },
    {
      name: 'with hashes instead',
      argv: [
        ...[...USUAL, '--kernel-sha256', sha256(kernel.kernel)],
        ...['--initrd-sha256', sha256(kernel.initrd)],
        ...['--cmdline-sha256', toHex(hashKernel(kernel).cmdline)],
      ],
      digest: toHex(launchDigest({ ...launch, kernel: hashKernel(kernel) })),
    },
    {
      name: 'with a kernel alone',
      argv: [...USUAL, '--kernel', 'bzImage'],
      digest: toHex(launchDigest({ ...launch, kernel: hashKernel({ kernel: kernel.kernel }) })),
    },
    {
      name: 'under GCE, which needs no vCPU type',
      argv: ['--firmware', 'OVMF.fd', '--vcpus', '4', '--vmm', 'gce', '--guest-features', '0x21'],
      digest: toHex(launchDigest({ ...launch, vmm: 'gce', sevFeatures: 0x21n })),
    },
  ])('$name', async ({ argv, digest }) => {
    expect(await measure(argv)).toEqual({ exit: 0, out: `${digest}\n`, err: '' });
  });

  it('in JSON with every input named', async () => {
    const argv = [...USUAL, '--kernel', 'bzImage', '--guest-features', '21', '--json'];
    const kernelHashes = hashKernel({ kernel: kernel.kernel });
    const input = { ...launch, kernel: kernelHashes, sevFeatures: 0x21n };
    expect(jsonOf(await measure(argv))).toEqual({
      measurement: toHex(launchDigest(input)),
      firmwareDigest: toHex(firmwarePagesDigest(firmware)),
      inputs: {
        firmware: { bytes: 8192, sha256: sha256(firmware) },
        vmm: 'qemu',
        vcpus: 4,
        vcpuType: 'EPYC-Milan',
        vcpuSignature: '0xa00f11',
        guestFeatures: '0x21',
        guestFeatureNames: ['snpActive', 'debugSwap'],
        kernel: {
          kernelSha256: toHex(kernelHashes.kernel),
          initrdSha256: toHex(kernelHashes.initrd),
          cmdlineSha256: toHex(kernelHashes.cmdline),
        },
      },
    });
  });
});

describe('compares', () => {
  it.each(['report', 'extended'])('with the measurement of a report: %s', async (name) => {
    const ran = await measure([...USUAL, '--report', name]);
    expect(ran.exit).toBe(0);
    expect(ran.out).toMatch(/^[0-9a-f]{96}\n✓ equal\n$/);
  });

  it('and says what would have matched', async () => {
    const argv = ['--firmware', 'OVMF.fd', '--vcpus', '8', '--vcpu-type', 'EPYC-Milan'];
    const ran = await measure([...argv, '--report', 'report']);
    expect(ran.exit).toBe(1);
    expect(ran.out).toContain('that measurement matches this image with 4 vCPUs instead of 8\n');
    const json = jsonOf(await measure([...argv, '--report', 'report', '--json']));
    expect(json).toMatchObject({
      expected: toHex(launchDigest(launch)),
      matches: false,
      nearMatches: [
        {
          sentence: 'matches this image with 4 vCPUs instead of 8',
          differences: ['with 4 vCPUs instead of 8'],
          vmm: 'qemu',
          vcpus: 4,
          vcpuSignature: '0xa00f11',
          guestFeatures: '0x1',
          kernelHashes: false,
        },
      ],
    });
  });

  it('with a measurement that nothing explains', async () => {
    const ran = await measure([...USUAL, '--expect', 'ab'.repeat(48)]);
    expect(ran.exit).toBe(1);
    expect(ran.out).toContain(`✗ different: ${'ab'.repeat(48)}\n`);
    expect(ran.out).toContain('another firmware, kernel, initrd or command line\n');
    const json = jsonOf(await measure([...USUAL, '--expect', 'ab'.repeat(48), '--json']));
    expect(json).toMatchObject({ matches: false, nearMatches: [] });
  });

  it('in JSON says so when it is equal', async () => {
    const argv = [...USUAL, '--expect', toHex(launchDigest(launch)), '--json'];
    expect(jsonOf(await measure(argv))).toMatchObject({ matches: true, nearMatches: [] });
  });
});

describe('refuses', () => {
  const [, , ...noFirmware] = USUAL;
  it.each<{ name: string; argv: readonly string[]; exit: number; err: string }>([
    { name: 'no firmware', argv: noFirmware, exit: 64, err: '--firmware' },
    { name: 'no number of vCPUs', argv: USUAL.slice(0, 2), exit: 64, err: '--vcpus' },
    { name: 'no vCPU type', argv: USUAL.slice(0, 4), exit: 64, err: 'measure.vcpu_type' },
    {
      name: 'an unknown type',
      argv: [...USUAL.slice(0, 4), '--vcpu-type', 'EPYC-Naples'],
      exit: 64,
      err: '--vcpu-type: unknown "EPYC-Naples", want EPYC, EPYC-v1',
    },
    { name: 'two types', argv: [...USUAL, '--vcpu-signature', '1'], exit: 64, err: 'give one of' },
    {
      name: 'a model without family',
      argv: [...USUAL.slice(0, 4), '--vcpu-model', '1'],
      exit: 64,
      err: 'go together',
    },
    {
      name: 'no vCPU',
      argv: ['--vcpus', '0', ...USUAL.slice(0, 2), ...USUAL.slice(4)],
      exit: 64,
      err: 'measure.vcpus',
    },
    { name: 'an unknown VMM', argv: [...USUAL, '--vmm', 'xen'], exit: 64, err: '--vmm: want qemu' },
    {
      name: 'features that are no hex',
      argv: [...USUAL, '--guest-features', '0y1'],
      exit: 64,
      err: '--guest-features',
    },
    {
      name: 'features of 68 bits',
      argv: [...USUAL, '--guest-features', '1'.repeat(17)],
      exit: 64,
      err: '--guest-features',
    },
    {
      name: 'a short measurement',
      argv: [...USUAL, '--expect', 'ab'],
      exit: 64,
      err: '--expect: want 48 bytes',
    },
    {
      name: 'report and measurement',
      argv: [...USUAL, '--report', 'report', '--expect', 'ab'.repeat(48)],
      exit: 64,
      err: 'not both',
    },
    {
      name: 'an initrd without kernel',
      argv: [...USUAL, '--initrd', 'initrd'],
      exit: 64,
      err: 'give --kernel',
    },
    {
      name: 'a kernel and its hash',
      argv: [...USUAL, '--kernel', 'bzImage', '--kernel-sha256', '00'.repeat(32)],
      exit: 64,
      err: 'not both',
    },
    {
      name: 'a command line and its hash',
      argv: [
        ...USUAL,
        '--kernel',
        'bzImage',
        '--cmdline',
        'a',
        '--cmdline-sha256',
        '00'.repeat(32),
      ],
      exit: 64,
      err: 'not both',
    },
    {
      name: 'a command line with a NUL',
      argv: [...USUAL, '--kernel', 'bzImage', '--cmdline', 'a\0b'],
      exit: 64,
      err: '--cmdline: holds a NUL',
    },
    {
      name: 'what is no firmware',
      argv: ['--firmware', 'notes', ...noFirmware],
      exit: 1,
      err: 'measure.firmware: want whole 4 KiB pages',
    },
    {
      name: 'what is no report',
      argv: [...USUAL, '--report', 'notes'],
      exit: 1,
      err: 'report: want 1184 bytes',
    },
    {
      name: 'a file that is not there',
      argv: [...USUAL, '--report', 'gone'],
      exit: 69,
      err: 'gone',
    },
  ])('$name', async ({ argv, exit, err }) => {
    const ran = await measure(argv);
    expect(ran.exit).toBe(exit);
    expect(ran.err).toContain(err);
    expect(ran.out).toBe('');
  });
});
