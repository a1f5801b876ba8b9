import type { Appraisable } from '../../src/appraisal/appraise/subject.ts';
import type { BundlePieces, BundleVerification } from '../../src/appraisal/bundle/verifier.ts';
import type { NvidiaVerification } from '../../src/evidence/nvidia/verifier.ts';
import type { SnpVerification } from '../../src/evidence/snp/verifier.ts';
import type { TdxVerification } from '../../src/evidence/tdx/verifier.ts';
import { challenged, wholeMachine } from './policy.ts';

/** Members of a verification, lazy claims left where they are. */
function like<T extends object>(original: T, changes: Partial<T>): T {
  const { claims: _lazy, ...own } = Object.getOwnPropertyDescriptors(original) as Record<
    string,
    PropertyDescriptor
  >;
  return Object.assign(Object.defineProperties({}, own), { claims: {} }, changes) as T;
}

function withPieces(whole: BundleVerification, pieces: Partial<BundlePieces>) {
  return like(whole, { pieces: { ...whole.pieces, ...pieces } });
}

function withDevices(
  whole: BundleVerification,
  changes: (device: NvidiaVerification, i: number) => Partial<NvidiaVerification>,
) {
  const devices = whole.pieces.devices.map((one, i) => like(one, changes(one, i)));
  return withPieces(whole, { devices });
}

export async function fullMachines() {
  const tdx = challenged(await wholeMachine());
  const snp = challenged(await wholeMachine({ cpu: 'snp' }));
  return { tdx, snp };
}

/** Machines around those that a policy was made for, each with one thing otherwise. */
export function evidenceOfMany(
  tdx: BundleVerification,
  snp: BundleVerification,
  more: readonly Appraisable[],
): readonly Appraisable[] {
  return [tdx, snp, ...more, ...tdxNeighbours(tdx), ...snpNeighbours(snp)];
}

function tdxNeighbours(tdx: BundleVerification): readonly Appraisable[] {
  const cpu = tdx.pieces.cpu as TdxVerification;
  const { quote, pck } = cpu;
  if (quote === undefined || pck === undefined) throw new Error('no quote');
  const withCpu = (changes: Partial<TdxVerification>) =>
    withPieces(tdx, { cpu: like(cpu, changes) });
  const withBody = (body: Partial<typeof quote.body>) =>
    withCpu({ quote: { ...quote, body: { ...quote.body, ...body } } as typeof quote });
  const filled = (digit: number, length: number) => new Uint8Array(length).fill(digit * 17);
  const flipped = quote.body.tdAttributes.map((byte, i) => (i === 3 ? byte ^ 0xff : byte));
  const advisories = ['INTEL-SA-00001', 'INTEL-SA-00002'];
  const status = (name: string, named: readonly string[]) =>
    withCpu({
      tcb: { status: name, advisories: named, date: '2025-01-01T00:00:00Z', endorsed: true },
    });
  const [rtmr0, rtmr1, rtmr2, rtmr3] = quote.body.rtmrs;
  const { binding } = tdx;
  if (!rtmr0 || !rtmr1 || !rtmr2 || !rtmr3 || !binding) throw new Error('no registers');
  const eight = quote.body.teeTcbSvn.with(0, 3).with(1, 8);
  const one = quote.body.teeTcbSvn.with(0, Math.max(0, (quote.body.teeTcbSvn[0] ?? 0) - 1));
  return [
    ...[2, 3, 10].map((digit) => withBody({ mrTd: filled(digit, 48) })),
    withBody({ mrOwner: filled(10, 48) }),
    withBody({ rtmrs: [rtmr0, rtmr1, filled(10, 48), rtmr3] as typeof quote.body.rtmrs }),
    withBody({ tdAttributes: flipped }),
    withBody({ xfam: quote.body.xfam.map((byte) => byte ^ 0x04) }),
    withBody({ mrSeam: filled(10, 48) }),
    withBody({ teeTcbSvn: eight }),
    withBody({ teeTcbSvn: one }),
    withCpu({ pck: { ...pck, fmspc: filled(10, 6) } }),
    withCpu({ pck: { ...pck, platformInstanceId: filled(10, 16) } }),
    status('SWHardeningNeeded', []),
    status('OutOfDate', advisories),
    status('ConfigurationNeeded', advisories.slice(0, 1)),
    withCpu({ evaluationDataNumber: 1 }),
    like(tdx, { checks: tdx.checks.filter(({ id }) => id !== 'bundle.nonce') }),
    like(tdx, { checks: tdx.checks.filter(({ id }) => id !== 'bundle.binding.device_nonce') }),
    like(tdx, { checks: tdx.checks.filter(({ id }) => id !== 'nvidia.topology.gpus') }),
    like(tdx, { binding: { ...binding, purpose: 'another text' } }),
    like(tdx, { binding: { ...binding, recipe: 'chutes-validator' } as typeof binding }),
    withDevices(tdx, () => ({ revocation: 'unchecked' as never })),
    withPieces(tdx, { devices: tdx.pieces.devices.slice(1) }),
    withPieces(tdx, { devices: tdx.pieces.devices.slice(0, -1) }),
    withDevices(tdx, ({ opaque }) =>
      opaque === undefined ? {} : { opaque: { ...opaque, vbiosVersion: '9.9.9' } },
    ),
    withDevices(tdx, ({ identity }, i) =>
      identity === undefined || i > 0 ? {} : { identity: { ...identity, chip: 'GA900' } },
    ),
  ];
}

function snpNeighbours(snp: BundleVerification): readonly Appraisable[] {
  const cpu = snp.pieces.cpu as SnpVerification;
  const { report } = cpu;
  if (report === undefined) throw new Error('no report');
  const withCpu = (changes: Partial<SnpVerification>) =>
    withPieces(snp, { cpu: like(cpu, changes) });
  const withReport = (changes: Partial<typeof report>) =>
    withCpu({ report: { ...report, ...changes } });
  const filled = (digit: number, length: number) => new Uint8Array(length).fill(digit * 17);
  return [
    ...[2, 10].map((digit) => withReport({ measurement: filled(digit, 48) })),
    withReport({ hostData: filled(10, 32) }),
    withReport({ guestSvn: report.guestSvn + 1 }),
    withReport({ chipId: filled(10, 64) }),
    withReport({ vmpl: 1 }),
    withReport({ policy: report.policy ^ (1n << 16n) } as Partial<typeof report>),
    withReport({ platformInfo: report.platformInfo ^ (1n as never) } as Partial<typeof report>),
    withCpu({ revocation: 'unchecked' as never }),
    withCpu({ line: 'turin' as never }),
    withReport({ committedTcb: filled(0, 8) } as Partial<typeof report>),
  ];
}
