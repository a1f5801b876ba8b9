import { describe, expect, it } from 'vitest';
import type { Appraisal } from '../../../src/appraisal/appraise/appraisal.ts';
import type { PolicyCheckId } from '../../../src/appraisal/appraise/checks.ts';
import type { BundleVerification } from '../../../src/appraisal/bundle/verifier.ts';
import type { Policy } from '../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import type { TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import type { Bindings } from '../../../src/appraisal/policy/schema/whole.ts';
import {
  challenged,
  codesOf,
  decided,
  decidedBy,
  type Editable,
  policyFor,
  wholeMachine,
} from '../../support/policy.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));
const skip = 'for a reason that a test has';

type Spec = Editable<Policy['spec']>;
type Edit = (spec: Spec) => void;

const tdxRules = ({ evidence }: Spec) => evidence.cpu as Editable<TdxRules>;
const snpRules = ({ evidence }: Spec) => evidence.cpu as Editable<SnpRules>;
const bindings = ({ bindings: own }: Spec) => own as Editable<Bindings>;
const register =
  (name: string): Edit =>
  ({ evidence: { cpu } }) => {
    const [set] = cpu.referenceSets;
    Object.assign(set ?? {}, { [name]: { skip } });
    if (set && 'recordedEvents' in set) delete set.recordedEvents;
  };

const passOver =
  (holder: (spec: Spec) => object, name: string): Edit =>
  (spec) => {
    Object.assign(holder(spec), { [name]: { skip } });
  };

const answersOf = ({ checks }: Appraisal, id: string) =>
  checks
    .filter((check) => check.id === id)
    .map(({ outcome, because }) => [outcome, because] as const);

const ON_TDX: readonly (readonly [PolicyCheckId, Edit])[] = [
  ['policy.tdx.mr_td', register('mrTd')],
  ['policy.tdx.rtmr0', register('rtmr0')],
  ['policy.tdx.rtmr1', register('rtmr1')],
  ['policy.tdx.rtmr2', register('rtmr2')],
  ['policy.tdx.rtmr3', register('rtmr3')],
  ['policy.tdx.mr_config_id', register('mrConfigId')],
  ['policy.tdx.mr_owner', register('mrOwner')],
  ['policy.tdx.mr_owner_config', register('mrOwnerConfig')],
  ['policy.tdx.mr_service_td', register('mrServiceTd')],
  ['policy.tdx.xfam', passOver((spec) => tdxRules(spec), 'xfam')],
  ['policy.tdx.module_version', passOver((spec) => tdxRules(spec).tdxModule, 'floors')],
  ['policy.tdx.mr_seam', passOver((spec) => tdxRules(spec).tdxModule, 'mrSeam')],
  ['policy.tdx.fmspc', passOver((spec) => tdxRules(spec).platform, 'fmspc')],
  [
    'policy.tdx.evaluation_data_number',
    passOver((spec) => tdxRules(spec).tcb, 'minEvaluationDataNumber'),
  ],
  ['policy.composite.topology', passOver((spec) => spec.composite, 'topology')],
  ['policy.binding.keys', passOver((spec) => bindings(spec), 'keys')],
  ['policy.binding.purpose', passOver((spec) => bindings(spec), 'purposes')],
  ['policy.binding.challenge', passOver((spec) => bindings(spec), 'challenge')],
  ['policy.workload.agent_config', passOver((spec) => spec.workload, 'agentConfigSha256')],
  ['policy.workload.weights', passOver((spec) => spec.workload, 'weightsSha256')],
  ['policy.deployment.identity', passOver((spec) => spec, 'deployment')],
  ['policy.log.command_line', passOver((spec) => spec.logHygiene, 'commandLine')],
  ['policy.log.events', passOver((spec) => spec.logHygiene, 'events')],
];

const ON_SNP: readonly (readonly [PolicyCheckId, Edit])[] = [
  ['policy.snp.host_data', register('hostData')],
  ['policy.snp.family_id', register('familyId')],
  ['policy.snp.image_id', register('imageId')],
  ['policy.snp.id_key_digest', register('idKeyDigest')],
  ['policy.snp.author_key_digest', register('authorKeyDigest')],
  ['policy.snp.guest_svn', register('minGuestSvn')],
  ['policy.snp.min_abi', passOver((spec) => snpRules(spec).guestPolicy, 'minAbi')],
  ['policy.snp.bulletins', passOver((spec) => snpRules(spec), 'bulletins')],
  ['policy.snp.revocation', passOver((spec) => snpRules(spec), 'crl')],
];

describe('what a policy skips', () => {
  it.each(ON_TDX)('of TDX reads so, with the reason: %s', (id, edit) => {
    const result = decided(tdx, ({ spec }) => edit(spec));
    expect(answersOf(result, id)).toEqual([['skipped', skip]]);
    expect(result.verdict).toBe('accept');
  });

  it.each(ON_SNP)('of SEV-SNP reads so, with the reason: %s', (id, edit) => {
    const result = decided(snp, ({ spec }) => edit(spec));
    expect(answersOf(result, id)).toEqual([['skipped', skip]]);
    expect(result.verdict).toBe('accept');
  });
});

function withCpu(whole: BundleVerification, changes: object): BundleVerification {
  const cpu = Object.create(whole.pieces.cpu ?? {}, Object.getOwnPropertyDescriptors(changes));
  return Object.defineProperty(Object.create(whole), 'pieces', {
    value: { ...whole.pieces, cpu },
  });
}

describe('what the evidence does not say', () => {
  const NO_PCK = 'there is no PCK certificate that says what platform it is';
  const NO_LINE = 'neither certificate nor report says what product it is';
  const unread = 'could not be read';

  it('of the platform, without a PCK certificate', () => {
    const result = decidedBy(policyFor(tdx), withCpu(tdx, { pck: undefined }));
    for (const id of ['policy.tdx.fmspc', 'policy.tdx.platform']) {
      expect(answersOf(result, id)).toEqual([['unresolved', NO_PCK]]);
    }
  });

  it('of the TCB, without Intel’s word', () => {
    const lacking = withCpu(tdx, { tcb: undefined, evaluationDataNumber: undefined });
    const result = decidedBy(policyFor(tdx), lacking);
    expect(codesOf(result)).toEqual([
      'unresolved:policy.tdx.tcb_status',
      'unresolved:policy.tdx.advisories',
      'unresolved:policy.tdx.evaluation_data_number',
    ]);
  });

  it('of the product, where nothing names it', () => {
    const policy = policyFor(snp, ({ spec }) => {
      snpRules(spec).bulletins = ['AMD-SB-3015'];
    });
    const result = decidedBy(policy, withCpu(snp, { line: undefined }));
    for (const name of ['min_tcb', 'bulletins', 'provisional_firmware']) {
      expect(answersOf(result, `policy.snp.${name}`)).toEqual([['unresolved', NO_LINE]]);
    }
  });

  it.each([
    ['tdx', tdx, { quote: undefined }],
    ['snp', snp, { report: undefined }],
  ] as const)(
    'of %s, where it can’t be taken apart: no register is let pass',
    (kind, whole, gone) => {
      const result = decidedBy(policyFor(whole), withCpu(whole, gone));
      const own = result.checks.filter(({ id }) => id.startsWith(`policy.${kind}.`));
      expect(own.filter(({ outcome }) => outcome !== 'unresolved')).toEqual([]);
      expect(own.some(({ because }) => because?.endsWith(unread))).toBe(true);
      expect(result.verdict).not.toBe('accept');
      expect(codesOf(result)).toContain('unresolved:policy.reference_set.lifecycle');
    },
  );

  it('of a device’s identity, its driver or its VBIOS', () => {
    const without = (changes: object) => {
      const devices = tdx.pieces.devices.map((device) =>
        device.evidence === 'nvidia-gpu'
          ? Object.create(device, Object.getOwnPropertyDescriptors(changes))
          : device,
      );
      const value = { ...tdx.pieces, devices };
      return Object.defineProperty(Object.create(tdx), 'pieces', { value });
    };
    const nobody = decidedBy(policyFor(tdx), without({ identity: undefined }));
    expect(nobody.reasons.map(({ code, text }) => [code, text])).toContainEqual([
      'policy.gpu.distinct',
      'want a serial of each, got one without',
    ]);
    const opaque = decidedBy(policyFor(tdx), without({ opaque: undefined }));
    const text = (code: string) => opaque.reasons.find((reason) => reason.code === code)?.text;
    expect(text('policy.gpu.release')).toMatch(/got no driver with no VBIOS \(device 0\)$/);
    expect(text('policy.gpu.model')).toMatch(/on a board that is not known \(device 0\)$/);
    expect(text('policy.gpu.mode')).toMatch(/got unknown \(device 0\)$/);
  });

  it('of the topology, which questions', () => {
    const checks = tdx.checks.filter(({ id }) => id !== 'nvidia.topology.gpus');
    const whole = Object.defineProperty(Object.create(tdx), 'checks', { value: checks });
    expect(answersOf(decidedBy(policyFor(tdx), whole), 'policy.composite.topology')).toEqual([
      ['unresolved', 'not shown: nvidia.topology.gpus'],
    ]);
  });
});

describe('the text of a story that does not fit', () => {
  const told = (digests: readonly string[]) => {
    const result = decided(tdx, ({ spec }) => {
      const [set] = tdxRules(spec).referenceSets;
      if (set === undefined) throw new Error('no set');
      delete set.recordedEvents;
      set.rtmr3 = {
        eventLog: [{ event: 'never', digests: [...digests], occurs: 'at-least-once' }],
        otherEvents: 'allow',
      };
    });
    return result.reasons.find(({ code }) => code === 'policy.tdx.rtmr3')?.text;
  };

  it('has the digest where it is one, and their number where they are several', () => {
    const [one, two] = ['ab'.repeat(48), 'cd'.repeat(48)];
    const nearest = '(nearest reference set machine)';
    expect(told([one])).toBe(`want never at least once, with ${one}, got 0 of them ${nearest}`);
    expect(told([one, two])).toBe(
      `want never at least once, with one of 2 digests, got 0 of them ${nearest}`,
    );
  });
});

describe('where a policy decides in the baseline’s place', () => {
  const accepting = policyFor(snp, ({ spec }) => {
    snpRules(spec).vmpl = [0, 1];
  });
  /** As the verifier has it: a report of another VMPL fails the baseline's own question. */
  const requestedAt = (vmpl: number) => {
    const { cpu } = snp.pieces;
    if (cpu === undefined || !('line' in cpu) || cpu.report === undefined) {
      throw new Error('no report');
    }
    const checks = cpu.checks.map((check) =>
      check.id === 'snp.report.vmpl'
        ? { id: check.id, path: check.path, outcome: 'fail' as const, want: '0', got: `${vmpl}` }
        : check,
    );
    return withCpu(snp, { verdict: 'reject', checks, report: { ...cpu.report, vmpl } });
  };

  it('a VMPL that it accepts is accepted, and another is not', () => {
    expect(decidedBy(accepting, requestedAt(1)).verdict).toBe('accept');
    expect(codesOf(decidedBy(accepting, requestedAt(2)))).toEqual(['fail:policy.snp.vmpl']);
  });

  it('a report that the host asked for is nobody’s to accept', () => {
    const result = decidedBy(accepting, requestedAt(0xffff_ffff));
    expect(result.verdict).toBe('reject');
    expect(codesOf(result)).toEqual(['fail:policy.snp.vmpl']);
  });
});
