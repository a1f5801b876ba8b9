import { equalBytes } from '../core/bytes/equal.ts';
import { toHex } from '../core/bytes/hex.ts';
import { explainMeasurement, type NearMatch } from '../evidence/snp/measure/explain.ts';
import { firmwarePagesDigest, launchDigest } from '../evidence/snp/measure/launch-digest.ts';
import { EXIT, type Io, usage } from './io.ts';
import { painter } from './paint.ts';
import { printJson } from './render.ts';
import {
  hexText,
  launchInputJson,
  MEASURE_OPTIONS,
  readHex,
  readLaunchInput,
} from './snp-measure-input.ts';
import { readReportFile } from './snp-report-file.ts';
import type { Args, Verb } from './verb.ts';

export const snpMeasureVerb: Verb = {
  name: 'snp measure',
  summary: 'Compute the launch digest of an SEV-SNP guest, and compare it with a report.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: {
    ...MEASURE_OPTIONS,
    report: { value: '<file>', help: 'compare with the measurement of this report' },
    expect: { value: '<hex>', help: 'compare with this measurement' },
  },
  notes: [
    'The firmware is the one file that the VMM loads: of a split build that is OVMF.fd, not OVMF_CODE.fd. Guests launched from an IGVM file or under an SVSM are measured otherwise, which this verb can’t compute.',
    'QEMU measures the type of the vCPUs; EC2 and GCE don’t, so they need none. Hosts with Linux 6.6 or 6.7 may have set DebugSwap: --guest-features 21.',
    'A measurement that differs says nothing about what differs, so other numbers and types of vCPUs, guest features and VMMs are tried, and no kernel; what would have matched is printed. The report is read, not verified: see postern verify snp.',
    'Exit code: 0 done or equal, 1 different or malformed firmware.',
  ],
  run: async (io, args) => {
    const input = await readLaunchInput(io, args);
    const expected = await readExpected(io, args);
    const measurement = launchDigest(input);
    const matches = expected === undefined || equalBytes(measurement, expected);
    const near = matches || expected === undefined ? [] : explainMeasurement(expected, input);
    if (args.has('json')) {
      printJson(io, {
        measurement: toHex(measurement),
        firmwareDigest: toHex(input.firmwareDigest ?? firmwarePagesDigest(input.firmware)),
        inputs: launchInputJson(input),
        ...(expected && { expected: toHex(expected), matches, nearMatches: near.map(nearJson) }),
      });
    } else {
      io.out(`${toHex(measurement)}\n`);
      if (expected) printComparison(io, expected, matches, near);
    }
    return matches ? EXIT.accept : EXIT.reject;
  },
};

async function readExpected(io: Io, args: Args): Promise<Uint8Array | undefined> {
  const path = args.one('report');
  const expected = readHex(args, 'expect', 48);
  if (path === undefined) return expected;
  if (expected) throw usage('give --report or --expect, not both');
  return (await readReportFile(io, path)).measurement;
}

function printComparison(
  io: Io,
  expected: Uint8Array,
  matches: boolean,
  near: readonly NearMatch[],
): void {
  const paint = painter(io.colours);
  if (matches) {
    io.out(`${paint('green', '✓')} equal\n`);
    return;
  }
  io.out(`${paint('red', '✗')} different: ${toHex(expected)}\n`);
  for (const { sentence } of near) io.out(`  that measurement ${sentence}\n`);
  if (near.length === 0) {
    io.out('  no number or type of vCPUs, guest features or VMM explains it:');
    io.out(' another firmware, kernel, initrd or command line\n');
  }
}

function nearJson({ differences, sentence, ...found }: NearMatch) {
  const { vmm, vcpus, signature, sevFeatures, kernelHashes } = found;
  return {
    sentence,
    differences,
    vmm,
    vcpus,
    ...(signature !== undefined && { vcpuSignature: hexText(signature) }),
    guestFeatures: hexText(sevFeatures),
    kernelHashes,
  };
}
