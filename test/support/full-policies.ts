import type { BundleVerification } from '../../src/appraisal/bundle/verifier.ts';
import type { Policy } from '../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../src/appraisal/policy/schema/snp.ts';
import type { TdxRules } from '../../src/appraisal/policy/schema/tdx.ts';
import { type Editable, policyFor } from './policy.ts';
import { asPolicy, eachVariantOf } from './policy-variants.ts';

const REASON = 'for a reason that a test has';

/** What a policy can say beside what evidence shows; the machine still meets it. */
function filled(policy: Editable<Policy>): void {
  const { metadata, spec } = policy;
  metadata.revision = 2;
  metadata.previous = `sha256:${'1'.repeat(64)}`;
  metadata.owners = ['first@example.com', 'second@example.com'];
  metadata.description = 'machines of a test';
  metadata.labels = { region: 'eu-west', tier: 'gold' };
  metadata.lifecycle = {
    state: 'deprecated',
    notBefore: '2026-01-01T00:00:00Z',
    sunset: '2027-01-01T00:00:00Z',
    reason: 'an image is on its way',
  };
  spec.freshness.reattestGrace = '5m';
  spec.assertions = [
    { id: 'MANY', cel: 'size(gpu) < 9', message: 'there are too many', enforce: 'deny' },
    { id: 'SOME', cel: 'size(gpu) > 1', message: 'there are too few', enforce: 'warn' },
  ];
}

/** A policy in which every member of TDX's is there, and which the machine meets. */
export function fullTdxPolicy(machine: BundleVerification): Policy {
  return policyFor(machine, (policy) => {
    filled(policy);
    const { spec } = policy;
    const cpu = spec.evidence.cpu as Editable<TdxRules>;
    const [own] = cpu.referenceSets;
    if (own === undefined) throw new Error('no reference set');
    own.provenance = {
      kind: 'observed',
      tool: 'a test',
      source: 'itself',
      inputs: { a: 'b', c: 'd' },
    };
    const { recordedEvents: _events, ...values } = own;
    cpu.referenceSets.push(
      { ...values, id: 'old', mrTd: '2'.repeat(96), lifecycle: REVOKED },
      { ...values, id: 'next', mrTd: '3'.repeat(96), lifecycle: { state: 'draft' } },
      {
        ...values,
        id: 'story',
        lifecycle: { state: 'deprecated', sunset: '2026-12-01T00:00:00Z' },
        rtmr0: story('allow'),
        rtmr1: story('forbid'),
        rtmr2: story('allow'),
        rtmr3: story('allow'),
      },
    );
    cpu.tdxModule.floors = [...(cpu.tdxModule.floors as []), { major: 8, minIsvSvn: 3 }];
    cpu.tcb.advisories = [
      { id: 'INTEL-SA-00001', until: '2027-01-01T00:00:00Z', reason: REASON },
      { id: 'INTEL-SA-00002', until: '2026-07-01T00:00:00Z', reason: REASON },
    ];
    spec.logHygiene = {
      commandLine: { skip: REASON },
      events: { forbid: ['debug-shell', 'ssh-server'] },
    };
  });
}

function story(otherEvents: 'allow' | 'forbid') {
  return {
    eventLog: [
      { event: 'one', digests: ['4'.repeat(96)], occurs: 'at-most-once' as const },
      { event: 'two', digests: ['5'.repeat(96), '6'.repeat(96)], occurs: 'at-least-once' as const },
    ],
    otherEvents,
  };
}

/** The same of SEV-SNP's. */
export function fullSnpPolicy(machine: BundleVerification): Policy {
  return policyFor(machine, (policy) => {
    filled(policy);
    const cpu = policy.spec.evidence.cpu as Editable<SnpRules>;
    const [own] = cpu.referenceSets;
    if (own === undefined) throw new Error('no reference set');
    cpu.referenceSets.push({ ...own, id: 'old', measurement: '2'.repeat(96), lifecycle: REVOKED });
    cpu.referenceSets.push({
      ...own,
      id: 'signed',
      measurement: { skip: 'whatever the operator signs' },
      idKeyDigest: '4'.repeat(96),
    });
    cpu.minTcb.turin = { fmc: 1, bootLoader: 2, tee: 0, snp: 3, microcode: 4 };
    cpu.tcbAppliesTo = ['reported', 'committed'];
  });
}

/** What can be said in another way than the full policy does. */
export function otherTdxPolicy(machine: BundleVerification): Policy {
  return policyFor(machine, (policy) => {
    others(policy);
    const { spec } = policy;
    const cpu = spec.evidence.cpu as Editable<TdxRules>;
    cpu.xfam = { forbidBits: [1, 17] };
    spec.evidence.vtpm = { quote: 'require', pcrs: { '0': '1'.repeat(64), '7': '2'.repeat(64) } };
    spec.logHygiene.commandLine = {
      forbid: ['console=ttyS*', 'debug'],
      require: ['ro', 'quiet'],
      text: 'root=/dev/vda ro quiet',
    };
    for (const kind of ['gpu', 'nvswitch'] as const) {
      const group = spec.composite[kind];
      if (group) group.count = { min: 2, max: 6 };
    }
    for (const set of cpu.referenceSets) {
      set.mrConfigId = '7'.repeat(96);
      set.mrOwner = '7'.repeat(96);
      set.rtmr3 = { skip: REASON };
      set.recordedEvents = { rtmr3: [{ digest: '8'.repeat(96), says: 'an event' }] };
    }
    spec.deployment = { register: 'mrConfigId', holds: 'the operator’s key' };
  });
}

export function otherSnpPolicy(machine: BundleVerification): Policy {
  return policyFor(machine, (policy) => {
    others(policy);
    const { spec } = policy;
    const cpu = spec.evidence.cpu as Editable<SnpRules>;
    const spl = { bootLoader: 1, tee: 1, snp: 1, microcode: 1 };
    cpu.minTcb = { milan: { ...spl }, genoa: { ...spl } };
    cpu.bulletins = ['AMD-SB-3019', 'AMD-SB-3020'];
    for (const set of cpu.referenceSets) set.authorKeyDigest = { skip: REASON };
    spec.bindings = { skip: REASON };
  });
}

function others({ metadata, spec }: Editable<Policy>): void {
  metadata.lifecycle = { ...REVOKED };
  spec.assertions = [
    { id: 'ONE', cel: 'size(gpu) < 9', message: 'one is not so', enforce: 'deny' },
    { id: 'TWO', cel: 'size(gpu) > 1', message: 'two is not so', enforce: 'warn' },
  ];
}

const skippedOf = new Map<string, Policy>();

/** The same with everything skipped that can be skipped; made once a text. */
export function skippedPolicy(policy: Policy): Policy {
  const text = JSON.stringify(policy);
  const skipped = skippedOf.get(text) ?? skipAll(policy);
  skippedOf.set(text, skipped);
  return skipped;
}

function skipAll(policy: Policy): Policy {
  let [skipped, count] = [policy, skipsIn(policy)];
  for (;;) {
    const next = eachVariantOf(skipped)
      .filter(({ value }) => skipsIn(value) > count)
      .map(({ value }) => asPolicy(value))
      .find((valid) => valid !== undefined);
    if (next === undefined) return skipped;
    [skipped, count] = [next, skipsIn(next)];
  }
}

/** A rule within one that is skipped as a whole is still one to skip: those come last. */
function skipsIn(value: unknown): number {
  return JSON.stringify(value).split('"skip":').length;
}

const REVOKED = {
  state: 'revoked',
  revokedAt: '2026-03-01T00:00:00Z',
  reason: 'a key had leaked',
} as const;
