import { describe, expect, it } from 'vitest';
import { diffPolicies } from '../../../../src/appraisal/policy/diff/diff-policies.ts';
import type { Policy } from '../../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../../src/appraisal/policy/schema/snp.ts';
import type { TdxReferenceSet, TdxRules } from '../../../../src/appraisal/policy/schema/tdx.ts';
import type { Lifecycle } from '../../../../src/appraisal/policy/schema/values.ts';
import type { Bindings } from '../../../../src/appraisal/policy/schema/whole.ts';
import {
  challenged,
  type Editable,
  type PolicyEdit,
  policyFor,
  wholeMachine,
} from '../../../support/policy.ts';

const tdx = policyFor(challenged(await wholeMachine()));
const snp = policyFor(challenged(await wholeMachine({ cpu: 'snp' })));
const skip = { skip: 'for a reason of a test' };

type Spec = Editable<Policy['spec']>;
type Row = readonly [what: string, edit: (spec: Spec) => void, effect: string, back: string];

const tdxRules = ({ evidence }: Spec) => evidence.cpu as Editable<TdxRules>;
const snpRules = ({ evidence }: Spec) => evidence.cpu as Editable<SnpRules>;
const bindings = ({ bindings: rules }: Spec) => rules as Editable<Bindings>;

function firstSet(spec: Spec): Editable<TdxReferenceSet> {
  const [first] = tdxRules(spec).referenceSets;
  return first ?? expect.fail('no reference set');
}

function effects(base: Policy, edit: PolicyEdit): { there: string; back: string } {
  const other = structuredClone(base) as Editable<Policy>;
  edit(other);
  const said = (before: Policy, after: Policy) =>
    [...new Set(diffPolicies(before, after).map(({ effect }) => effect))].sort().join();
  return { there: said(base, other), back: said(other, base) };
}

const state = (lifecycle: Lifecycle) => (spec: Spec) => {
  firstSet(spec).lifecycle = lifecycle;
};
const sunset = { state: 'deprecated', sunset: '2027-01-01T00:00:00Z' } as const;
const revoked = { state: 'revoked', revokedAt: '2026-01-01T00:00:00Z', reason: 'a leak' } as const;
const added = (id: string, lifecycle: Lifecycle) => (spec: Spec) => {
  const { recordedEvents: _events, ...values } = firstSet(spec);
  tdxRules(spec).referenceSets.push({ ...values, id, mrTd: 'a'.repeat(96), lifecycle });
};
const story = (
  digests: string[],
  occurs: 'once' | 'at-least-once',
  otherEvents: 'allow' | 'forbid',
) => ({ eventLog: [{ event: 'one', digests, occurs }], otherEvents }) as const;

const ON_TDX: readonly Row[] = [
  ['a set', added('more', { state: 'active' }), 'widens', 'narrows'],
  ['a set that is a draft', added('more', { state: 'draft' }), 'neutral', 'neutral'],
  ['a set that is revoked', added('more', revoked), 'narrows', 'widens'],
  [
    'a set under another id',
    (spec) => {
      firstSet(spec).id = 'renamed';
    },
    'neutral',
    'neutral',
  ],
  ['active to draft', state({ state: 'draft' }), 'narrows', 'widens'],
  ['active to deprecated', state(sunset), 'narrows', 'widens'],
  ['active to revoked', state(revoked), 'narrows', 'widens'],
  [
    'a later begin',
    state({ state: 'active', notBefore: '2026-01-01T00:00:00Z' }),
    'narrows',
    'widens',
  ],
  [
    'another register',
    (spec) => {
      firstSet(spec).mrOwner = 'a'.repeat(96);
    },
    'both',
    'both',
  ],
  [
    'a register skipped',
    (spec) => {
      firstSet(spec).mrOwner = skip;
    },
    'widens',
    'narrows',
  ],
  [
    'a register skipped in a set that is revoked with it',
    (spec) => Object.assign(firstSet(spec), { mrOwner: skip, lifecycle: revoked }),
    'narrows',
    'widens',
  ],
  [
    'a bit that may be anything',
    (spec) => {
      tdxRules(spec).attributes.pks = 'any';
    },
    'widens',
    'narrows',
  ],
  [
    'a bit the other way',
    (spec) => {
      tdxRules(spec).attributes.pks = 'require';
    },
    'both',
    'both',
  ],
  [
    'CPU features skipped',
    (spec) => {
      tdxRules(spec).xfam = skip;
    },
    'widens',
    'narrows',
  ],
  ['a TCB status', (spec) => void tdxRules(spec).tcb.accept.push('OutOfDate'), 'widens', 'narrows'],
  [
    'an exception',
    (spec) =>
      void tdxRules(spec).tcb.advisories.push({
        id: 'INTEL-SA-00001',
        until: '2027-01-01T00:00:00Z',
        reason: 'mitigated in the guest',
      }),
    'widens',
    'narrows',
  ],
  [
    'a count that may differ',
    (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { min: 1, max: 2 } }),
    'widens',
    'narrows',
  ],
  [
    'another count',
    (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { exactly: 8 } }),
    'both',
    'both',
  ],
  [
    'a count in other words',
    (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { min: 2, max: 2 } }),
    'neutral',
    'neutral',
  ],
  [
    'OCSP skipped',
    (spec) => void Object.assign(spec.evidence.gpu ?? {}, { ocsp: skip }),
    'widens',
    'narrows',
  ],
  ['a mode', (spec) => void spec.evidence.gpu?.modes.push('spt'), 'widens', 'narrows'],
  [
    'the vTPM',
    (spec) => {
      spec.evidence.vtpm = { quote: 'require', pcrs: skip };
    },
    'both',
    'both',
  ],
  [
    'bindings skipped',
    (spec) => {
      spec.bindings = skip;
    },
    'widens',
    'narrows',
  ],
  ['a recipe', (spec) => void bindings(spec).recipes.push('lium-ssh-v2'), 'widens', 'narrows'],
  ['a key use', (spec) => void (bindings(spec).keys as string[]).push('e2e'), 'narrows', 'widens'],
  [
    'a purpose',
    (spec) => void (bindings(spec).purposes as string[]).push('admission'),
    'widens',
    'narrows',
  ],
  [
    'the challenge skipped',
    (spec) => {
      bindings(spec).challenge = skip;
    },
    'widens',
    'narrows',
  ],
  [
    'weights skipped',
    (spec) => {
      spec.workload.weightsSha256 = skip;
    },
    'widens',
    'narrows',
  ],
  [
    'any deployment',
    (spec) => {
      spec.deployment = skip;
    },
    'widens',
    'narrows',
  ],
  [
    'another deployment',
    (spec) => {
      spec.deployment = { register: 'mrOwner', holds: 'a key of ours' };
    },
    'both',
    'both',
  ],
  [
    'events forbidden',
    (spec) => {
      spec.logHygiene.events = { forbid: ['a shell'] };
    },
    'narrows',
    'widens',
  ],
  [
    'results that live longer',
    (spec) => {
      spec.freshness.resultTtl = '1h';
    },
    'widens',
    'narrows',
  ],
  [
    'the same time',
    (spec) => {
      spec.freshness.resultTtl = '900s';
    },
    'neutral',
    'neutral',
  ],
  [
    'an assertion',
    (spec) =>
      void spec.assertions.push({ id: 'ONE', cel: 'true', message: 'is not so', enforce: 'deny' }),
    'narrows',
    'widens',
  ],
  [
    'an assertion that warns',
    (spec) =>
      void spec.assertions.push({
        id: 'ONE',
        cel: 'true',
        message: 'is not so',
        enforce: 'warn',
      }),
    'neutral',
    'neutral',
  ],
  [
    'another role',
    (spec) => {
      spec.role = 'another';
    },
    'both',
    'both',
  ],
];

const ON_SNP: readonly Row[] = [
  [
    'a product',
    (spec) =>
      void Object.assign(snpRules(spec).minTcb, {
        milan: { bootLoader: 1, tee: 0, snp: 1, microcode: 1 },
      }),
    'widens',
    'narrows',
  ],
  [
    'a component lower',
    (spec) =>
      Object.values(snpRules(spec).minTcb).forEach((tcb) => {
        tcb.snp -= 1;
      }),
    'widens',
    'narrows',
  ],
  ['a TCB more', (spec) => void snpRules(spec).tcbAppliesTo.push('launch'), 'narrows', 'widens'],
  ['a VMPL', (spec) => void snpRules(spec).vmpl.push(3), 'widens', 'narrows'],
  ['a signer', (spec) => void snpRules(spec).signer.push('vlek'), 'widens', 'narrows'],
  [
    'provisional firmware',
    (spec) => {
      snpRules(spec).provisionalFirmware = 'allow';
    },
    'widens',
    'narrows',
  ],
  [
    'the CRL skipped',
    (spec) => {
      snpRules(spec).crl = skip;
    },
    'widens',
    'narrows',
  ],
  [
    'bulletins',
    (spec) => {
      snpRules(spec).bulletins = ['AMD-SB-3019'];
    },
    'narrows',
    'widens',
  ],
  [
    'a higher guest SVN',
    (spec) =>
      snpRules(spec).referenceSets.forEach((set) => {
        set.minGuestSvn = 9;
      }),
    'narrows',
    'widens',
  ],
  [
    'a higher ABI',
    (spec) => {
      snpRules(spec).guestPolicy.minAbi = { major: 0, minor: 1 };
    },
    'narrows',
    'widens',
  ],
  [
    'another kind of CPU',
    (spec) => {
      spec.evidence.cpu = structuredClone(tdx.spec.evidence.cpu) as never;
    },
    'both',
    'both',
  ],
];

describe.each([
  ['TDX', tdx, ON_TDX],
  ['SEV-SNP', snp, ON_SNP],
] as const)('what a change of a policy about %s does', (_kind, base, rows) => {
  it.each(rows)('%s', (_what, edit, there, back) => {
    expect(effects(base, ({ spec }) => edit(spec))).toEqual({ there, back });
  });
});

describe('a story', () => {
  const [a, b] = ['4'.repeat(96), '5'.repeat(96)] as const;
  it.each([
    [
      'one digest more, counted',
      story([a], 'once', 'allow'),
      story([a, b], 'once', 'allow'),
      'both',
    ],
    [
      'one digest more, not counted',
      story([a], 'at-least-once', 'allow'),
      story([a, b], 'at-least-once', 'allow'),
      'widens',
    ],
    [
      'once or oftener',
      story([a], 'once', 'allow'),
      story([a], 'at-least-once', 'allow'),
      'widens',
    ],
    ['other events', story([a], 'once', 'forbid'), story([a], 'once', 'allow'), 'widens'],
    ['in place of a value', 'a'.repeat(96), story([a], 'once', 'forbid'), 'both'],
    ['in place of nothing', skip, story([a], 'once', 'forbid'), 'narrows'],
  ] as const)('%s', (_what, old, fresh, effect) => {
    const told = (rtmr3: unknown): Policy => {
      const policy = structuredClone(tdx) as Editable<Policy>;
      const set = firstSet(policy.spec);
      Object.assign(set, { rtmr3 });
      delete set.recordedEvents;
      return policy;
    };
    const changes = diffPolicies(told(old), told(fresh));
    expect(changes.map((change) => change.effect)).toEqual([effect]);
  });

  it('an event more is a demand where others are allowed, and a permission where they are not', () => {
    const told = (otherEvents: 'allow' | 'forbid', names: readonly string[]): Policy => {
      const policy = structuredClone(tdx) as Editable<Policy>;
      const set = firstSet(policy.spec);
      delete set.recordedEvents;
      set.rtmr3 = {
        eventLog: names.map((event) => ({ event, digests: [a], occurs: 'at-most-once' })),
        otherEvents,
      };
      return policy;
    };
    const effectIn = (other: 'allow' | 'forbid') =>
      diffPolicies(told(other, ['one']), told(other, ['one', 'two'])).map(({ effect }) => effect);
    expect(effectIn('allow')).toEqual(['narrows']);
    expect(effectIn('forbid')).toEqual(['both']);
  });
});

it('an exception that ends later widens, and its reason does not matter', () => {
  const until = (end: string, reason: string): Policy => {
    const policy = structuredClone(tdx) as Editable<Policy>;
    tdxRules(policy.spec).tcb.advisories = [{ id: 'INTEL-SA-00001', until: end, reason }];
    return policy;
  };
  const [early, late] = ['2026-07-01T00:00:00Z', '2027-01-01T00:00:00Z'] as const;
  const effectsOf = (before: Policy, after: Policy) =>
    diffPolicies(before, after).map(({ effect }) => effect);
  const reason = 'mitigated in the guest';
  expect(effectsOf(until(early, reason), until(late, reason))).toEqual(['widens']);
  expect(effectsOf(until(late, reason), until(early, reason))).toEqual(['narrows']);
  expect(effectsOf(until(late, reason), until(late, 'for no reason'))).toEqual(['neutral']);
});

it('a command line that the firmware only measures goes both ways', () => {
  const line = (text: string | undefined): Policy => {
    const policy = structuredClone(tdx) as Editable<Policy>;
    policy.spec.logHygiene.commandLine = {
      forbid: ['console=*'],
      require: ['ro'],
      ...(text !== undefined && { text }),
    };
    return policy;
  };
  for (const [before, after] of [
    [undefined, 'ro quiet'],
    ['ro quiet', undefined],
    ['ro quiet', 'ro'],
  ]) {
    const changes = diffPolicies(line(before), line(after));
    expect(changes.map(({ effect }) => effect)).toEqual(['both']);
  }
});

it('tells of a member that it does not know', () => {
  const strange = structuredClone(tdx) as Editable<Policy>;
  Object.assign(strange.spec.freshness, { somethingNew: 1 });
  Object.assign(firstSet(strange.spec), { rtmr4: 'a'.repeat(96) });
  const changes = diffPolicies(tdx, strange);
  expect(changes).toEqual([
    {
      path: 'spec.evidence.cpu.referenceSets["machine"].rtmr4',
      effect: 'both',
      text: 'is there in one of them only',
    },
    {
      path: 'spec.freshness.somethingNew',
      effect: 'both',
      text: 'differs, and nobody knows what comes of it',
    },
  ]);
});
