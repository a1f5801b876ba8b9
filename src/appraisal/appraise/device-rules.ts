import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import { modeOf } from '../../evidence/nvidia/opaque.ts';
import type { NvidiaVerification } from '../../evidence/nvidia/verifier.ts';
import type { GpuRules, SwitchRules } from '../policy/schema/nvidia.ts';
import type { Policy } from '../policy/schema/policy.ts';
import type { VtpmRules } from '../policy/schema/vtpm.ts';
import type { Composite, Count } from '../policy/schema/whole.ts';
import type { PolicyCheckId } from './checks.ts';
import { passedIn } from './passed-in.ts';
import type { Subject } from './subject.ts';

type Checks = CheckList<PolicyCheckId>;
type Devices = readonly NvidiaVerification[];

/** GPUs, switches, and that they are of one machine. */
export function checkDevices(
  checks: Checks,
  { evidence, composite }: Policy['spec'],
  subject: Subject,
): void {
  const gpus = subject.devices.filter(({ evidence: kind }) => kind === 'nvidia-gpu');
  const switches = subject.devices.filter(({ evidence: kind }) => kind === 'nvidia-switch');
  if (evidence.gpu && composite.gpu) {
    checkGroup(checks, 'gpu', composite.gpu, gpus, subject);
    if (gpus.length > 0) checkGpus(checks, evidence.gpu, gpus);
  }
  if (evidence.nvswitch && composite.nvswitch) {
    checkGroup(checks, 'nvswitch', composite.nvswitch, switches, subject);
    if (switches.length > 0) checkSwitches(checks, evidence.nvswitch, switches);
  }
  checkTopology(checks, composite, subject);
  checkUnexpected(checks, composite, evidence.vtpm, subject, { gpus, switches });
}

function checkGroup(
  checks: Checks,
  kind: 'gpu' | 'nvswitch',
  { count, sameChallengeAs }: NonNullable<Composite['gpu']>,
  devices: Devices,
  subject: Subject,
): void {
  checks.answer(`policy.${kind}.count`, countProblem(count, devices.length));
  // Of none nothing is said: all else stays without an answer.
  if (devices.length === 0) return;
  checks.answer(`policy.${kind}.distinct`, distinctProblem(devices));
  const id = `policy.${kind}.challenge` as const;
  if (typeof sameChallengeAs === 'object') checks.skipped(id, sameChallengeAs.skip);
  else if (subject.binding?.deviceNonce === undefined) {
    const recipe = subject.binding?.recipe ?? 'evidence without a bundle';
    checks.unresolved(id, `${recipe} does not tie the devices’ nonces to the CPU’s challenge`);
  } else if (passedIn(subject.whole.checks, 'bundle.binding.device_nonce')) checks.pass(id);
  else {
    checks.unresolved(
      id,
      'the nonces are not shown to be derived from the CPU’s challenge (bundle.binding.device_nonce)',
    );
  }
}

function countProblem(count: Count, got: number): Mismatch | undefined {
  const [min, max] = 'exactly' in count ? [count.exactly, count.exactly] : [count.min, count.max];
  if (got >= min && got <= max) return undefined;
  return { want: min === max ? `exactly ${min}` : `${min} to ${max}`, got: `${got}` };
}

function distinctProblem(devices: Devices): Mismatch | undefined {
  const seen = new Set<string>();
  for (const { identity } of devices) {
    if (identity === undefined) return { want: 'a serial of each', got: 'one without' };
    if (seen.has(identity.ueid))
      return { want: 'different serials', got: `${identity.ueid} twice` };
    seen.add(identity.ueid);
  }
  return undefined;
}

function checkGpus(checks: Checks, rules: GpuRules, gpus: Devices): void {
  checks.answer(
    'policy.gpu.model',
    firstOf(gpus, (gpu) => modelProblem(rules, gpu)),
  );
  checks.answer(
    'policy.gpu.mode',
    firstOf(gpus, (gpu) => modeProblem(rules, gpu)),
  );
  const { releases } = rules;
  if ('skip' in releases) checks.skipped('policy.gpu.release', releases.skip);
  else {
    checks.answer(
      'policy.gpu.release',
      firstOf(gpus, (gpu) => releaseProblem(releases, gpu)),
    );
  }
  checkRevocation(checks, 'policy.gpu.revocation', rules.ocsp, gpus);
}

function modelProblem(
  { models }: GpuRules,
  { identity, opaque }: NvidiaVerification,
): Mismatch | undefined {
  const { project, projectSku, chipSku } = opaque ?? {};
  const parts = [project, projectSku, chipSku];
  const board = parts.includes(undefined) ? undefined : parts.join('_');
  const fits = models.some(
    (model) =>
      model.chip === identity?.chip && (typeof model.board === 'object' || model.board === board),
  );
  if (fits) return undefined;
  const text = ({ chip, board: own }: GpuRules['models'][number]) =>
    typeof own === 'object' ? chip : `${chip} on ${own}`;
  return {
    want: models.map(text).join(' or '),
    got: `${identity?.chip ?? 'a chip that is not known'} on ${board ?? 'a board that is not known'}`,
  };
}

function modeProblem({ modes }: GpuRules, { opaque }: NvidiaVerification): Mismatch | undefined {
  const got = opaque ? modeOf(opaque) : 'unknown';
  const known: readonly string[] = modes;
  return known.includes(got) ? undefined : { want: modes.join(' or '), got };
}

function releaseProblem(
  releases: readonly { readonly driver: string; readonly vbios: string }[],
  { opaque }: NvidiaVerification,
): Mismatch | undefined {
  const { driverVersion: driver, vbiosVersion: vbios } = opaque ?? {};
  if (releases.some((one) => one.driver === driver && one.vbios === vbios)) return undefined;
  return {
    want: releases.map((one) => `${one.driver} with ${one.vbios}`).join(' or '),
    got: `${driver ?? 'no driver'} with ${vbios ?? 'no VBIOS'}`,
  };
}

function checkSwitches(checks: Checks, { bios, ocsp }: SwitchRules, switches: Devices): void {
  if ('skip' in bios) checks.skipped('policy.nvswitch.bios', bios.skip);
  else {
    checks.answer(
      'policy.nvswitch.bios',
      firstOf(switches, ({ opaque }) => {
        const got = opaque?.vbiosVersion;
        if (got !== undefined && bios.includes(got)) return undefined;
        return { want: bios.join(' or '), got: got ?? 'none' };
      }),
    );
  }
  checkRevocation(checks, 'policy.nvswitch.revocation', ocsp, switches);
}

function checkRevocation(
  checks: Checks,
  id: 'policy.gpu.revocation' | 'policy.nvswitch.revocation',
  rule: GpuRules['ocsp'],
  devices: Devices,
): void {
  if (typeof rule === 'object') checks.skipped(id, rule.skip);
  else if (devices.every(({ revocation }) => revocation === 'checked')) checks.pass(id);
  else checks.unresolved(id, 'not every certificate and manifest has an OCSP response in date');
}

/** What the verifier has found of devices together; each of these questions must have been answered. */
const TOPOLOGY = ['nvidia.topology.mode', 'nvidia.topology.distinct'] as const;
const FABRIC = [
  'nvidia.topology.switch_pdi',
  'nvidia.topology.switches',
  'nvidia.topology.gpus',
] as const;

function checkTopology(checks: Checks, composite: Composite, { whole, devices }: Subject): void {
  const id = 'policy.composite.topology';
  const { topology, gpu, nvswitch } = composite;
  if (typeof topology === 'object') {
    checks.skipped(id, topology.skip);
    return;
  }
  if (gpu === undefined && devices.length === 0) {
    checks.skipped(id, 'the policy wants no devices, and there are none');
    return;
  }
  const wanted = nvswitch ? [...TOPOLOGY, ...FABRIC] : TOPOLOGY;
  // One device by itself has no node, and so no questions about it.
  const open = wanted.filter((one) => !passedIn(whole.checks, one));
  if (open.length === 0) checks.pass(id);
  else checks.unresolved(id, `not shown: ${open.join(', ')}`);
}

/** A piece that the policy does not speak of may be anything. */
function checkUnexpected(
  checks: Checks,
  { gpu, nvswitch }: Composite,
  vtpmRules: VtpmRules | undefined,
  { vtpm }: Subject,
  { gpus, switches }: { readonly gpus: Devices; readonly switches: Devices },
): void {
  // What is there and unwanted is one thing, what nobody can judge another.
  const extra = [
    ...(gpu === undefined && gpus.length > 0 ? [`${gpus.length} GPU`] : []),
    ...(nvswitch === undefined && switches.length > 0 ? [`${switches.length} switches`] : []),
  ];
  if (extra.length === 0 && vtpm && vtpmRules === undefined) {
    checks.unresolved(
      'policy.composite.unexpected',
      'there is a vTPM, of which the policy does not speak (spec.evidence.vtpm)',
    );
    return;
  }
  checks.answer(
    'policy.composite.unexpected',
    extra.length === 0
      ? undefined
      : { want: 'nothing that the policy does not speak of', got: extra.join(', ') },
  );
}

function firstOf(
  devices: Devices,
  problemOf: (device: NvidiaVerification) => Mismatch | undefined,
): Mismatch | undefined {
  for (const [i, device] of devices.entries()) {
    const problem = problemOf(device);
    if (problem) return { want: problem.want, got: `${problem.got} (device ${i})` };
  }
  return undefined;
}
