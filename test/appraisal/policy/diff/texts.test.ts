import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diffPolicies } from '../../../../src/appraisal/policy/diff/diff-policies.ts';
import type { Policy } from '../../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../../src/appraisal/policy/schema/snp.ts';
import type {
  EventLogValue,
  EventRule,
  TdxRules,
} from '../../../../src/appraisal/policy/schema/tdx.ts';
import type { Lifecycle } from '../../../../src/appraisal/policy/schema/values.ts';
import {
  fullSnpPolicy,
  fullTdxPolicy,
  otherSnpPolicy,
  otherTdxPolicy,
  skippedPolicy,
} from '../../../support/full-policies.ts';
import { challenged, type Editable, policyFor, wholeMachine } from '../../../support/policy.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));

/** A change on each line, each value in hex being HEX, whatever it is. */
function linesOf(before: Policy, after: Policy): readonly string[] {
  return diffPolicies(before, after).map(({ path, effect, text }) =>
    `${effect.padEnd(7)} ${path}: ${text}`.replaceAll(/[0-9a-f]{32,}/g, 'HEX'),
  );
}

describe('every change, word by word,', () => {
  const full = fullTdxPolicy(tdx);
  const other = otherTdxPolicy(tdx);
  const [fullSnp, otherSnp] = [fullSnpPolicy(snp), otherSnpPolicy(snp)];
  it.each<readonly [string, Policy, () => Policy]>([
    ['tdx', full, () => other],
    ['tdx-back', other, () => full],
    ['snp', fullSnp, () => otherSnp],
    ['snp-back', otherSnp, () => fullSnp],
    ['skipped', full, () => skippedPolicy(full)],
    ['kinds', full, () => fullSnp],
  ])('of %s', (name, before, after) => {
    const file = new URL(`./texts/${name}.txt`, import.meta.url);
    expect(`${linesOf(before, after()).join('\n')}\n`).toBe(readFileSync(file, 'utf8'));
  });
});

type Spec = Editable<Policy['spec']>;
const tdxOf = ({ evidence }: Spec) => evidence.cpu as Editable<TdxRules>;
const snpOf = ({ evidence }: Spec) => evidence.cpu as Editable<SnpRules>;
const setOf = (spec: Spec) => tdxOf(spec).referenceSets[0] ?? expect.fail('no reference set');
const SKIP = { skip: 'for the sake of a test' };
const CPU = 'spec.evidence.cpu';
const SET = `${CPU}.referenceSets["machine"]`;

describe('says of', () => {
  const bases = { tdx: policyFor(tdx), snp: policyFor(snp) };
  const story = (...events: readonly (readonly [string, EventRule['occurs'], ...string[]])[]) => ({
    eventLog: events.map(([event, occurs, ...digits]) => ({
      event,
      occurs,
      digests: digits.map((digit) => digit.repeat(96)),
    })),
    otherEvents: 'allow' as const,
  });
  const rtmr3 = (value: Editable<EventLogValue>) => (spec: Spec) => {
    delete setOf(spec).recordedEvents;
    setOf(spec).rtmr3 = value;
  };
  const lifecycle = (value: Lifecycle) => (spec: Spec) => {
    setOf(spec).lifecycle = value;
  };
  const advisory = (id: string, until: string, reason = 'a reason of ours') => ({
    id,
    until,
    reason,
  });
  const assertion = (id: string, cel: string, enforce: 'deny' | 'warn', message = 'is not so') => ({
    id,
    cel,
    enforce,
    message,
  });
  const assertions =
    (...list: ReturnType<typeof assertion>[]) =>
    (spec: Spec) => {
      spec.assertions = list;
    };
  const SUNSET = '2027-01-01T00:00:00Z';
  const LATER = '2028-01-01T00:00:00Z';

  it.each<
    readonly [
      string,
      keyof typeof bases,
      before: (spec: Spec) => void,
      after: (spec: Spec) => void,
      readonly string[],
    ]
  >([
    [
      'a story that occurs otherwise',
      'tdx',
      rtmr3(story(['a', 'once', '1'], ['b', 'at-least-once', '2'], ['c', 'at-most-once', '3'])),
      rtmr3(story(['a', 'at-most-once', '1'], ['b', 'once', '2'], ['c', 'at-least-once', '3'])),
      [
        `widens  ${SET}.rtmr3.eventLog: a occurs once → at-most-once`,
        `narrows ${SET}.rtmr3.eventLog: b occurs at-least-once → once`,
        `both    ${SET}.rtmr3.eventLog: c occurs at-most-once → at-least-once`,
      ],
    ],
    [
      'digests of a story',
      'tdx',
      rtmr3(story(['a', 'at-least-once', '1', '2'], ['b', 'once', '3', '4'])),
      rtmr3(story(['a', 'at-least-once', '1', '5'], ['b', 'once', '3'])),
      [
        `widens  ${SET}.rtmr3.eventLog: a adds the digest HEX`,
        `narrows ${SET}.rtmr3.eventLog: a removes the digest HEX`,
        `both    ${SET}.rtmr3.eventLog: b removes the digest HEX`,
      ],
    ],
    [
      'digests that are counted in one of them',
      'tdx',
      rtmr3(story(['a', 'at-least-once', '1'])),
      rtmr3(story(['a', 'once', '1', '2'])),
      [
        `narrows ${SET}.rtmr3.eventLog: a occurs at-least-once → once`,
        `both    ${SET}.rtmr3.eventLog: a adds the digest HEX`,
      ],
    ],
    [
      'digests in another order',
      'tdx',
      rtmr3(story(['a', 'once', '1', '2'])),
      rtmr3(story(['a', 'once', '2', '1'])),
      [`neutral ${SET}.rtmr3.eventLog: is written in another way, and means the same`],
    ],
    [
      'events in another order',
      'tdx',
      rtmr3(story(['a', 'once', '1'], ['b', 'once', '2'])),
      rtmr3(story(['b', 'once', '2'], ['a', 'once', '1'])),
      [`neutral ${SET}.rtmr3.eventLog: is written in another order, and means the same`],
    ],
    [
      'an event less, and other events',
      'tdx',
      rtmr3(story(['a', 'once', '1'], ['b', 'once', '2'])),
      rtmr3({ ...story(['a', 'once', '1']), otherEvents: 'forbid' }),
      [
        `narrows ${SET}.rtmr3.otherEvents: other events: allow → forbid`,
        `both    ${SET}.rtmr3.eventLog: removes the event b`,
      ],
    ],
    [
      'an event less among others',
      'tdx',
      rtmr3(story(['a', 'once', '1'], ['b', 'once', '2'])),
      rtmr3(story(['a', 'once', '1'])),
      [`widens  ${SET}.rtmr3.eventLog: removes the event b`],
    ],
    [
      'a story for a value',
      'tdx',
      (spec) => void delete setOf(spec).recordedEvents,
      rtmr3(story(['a', 'once', '1'])),
      [`both    ${SET}.rtmr3: HEX → the story of 1 events`],
    ],
    [
      'another reason to skip',
      'tdx',
      (spec) => void Object.assign(setOf(spec), { mrOwner: SKIP }),
      (spec) => void Object.assign(setOf(spec), { mrOwner: { skip: 'for another reason' } }),
      [`neutral ${SET}.mrOwner: is not checked for another reason: for another reason`],
    ],
    [
      'a later beginning and a later end',
      'tdx',
      lifecycle({ state: 'deprecated', notBefore: '2026-01-01T00:00:00Z', sunset: SUNSET }),
      lifecycle({ state: 'deprecated', notBefore: '2026-02-01T00:00:00Z', sunset: LATER }),
      [
        `both    ${SET}.lifecycle: deprecated from 2026-01-01T00:00:00Z until ${SUNSET} → deprecated from 2026-02-01T00:00:00Z until ${LATER}`,
      ],
    ],
    [
      'a later end',
      'tdx',
      lifecycle({ state: 'deprecated', sunset: SUNSET }),
      lifecycle({ state: 'deprecated', sunset: LATER }),
      [`widens  ${SET}.lifecycle: deprecated until ${SUNSET} → deprecated until ${LATER}`],
    ],
    [
      'another reason for an end',
      'tdx',
      lifecycle({ state: 'deprecated', sunset: SUNSET, reason: 'it is too old' }),
      lifecycle({ state: 'deprecated', sunset: SUNSET, reason: 'there is a new one' }),
      [
        `neutral ${SET}.lifecycle: deprecated until ${SUNSET} (it is too old) → deprecated until ${SUNSET} (there is a new one)`,
      ],
    ],
    [
      'a set under another id, told otherwise',
      'tdx',
      () => undefined,
      (spec) => {
        Object.assign(setOf(spec), { id: 'other', provenance: { kind: 'calculated' } });
      },
      [
        `neutral ${CPU}.referenceSets["other"]: is what was machine, under another id`,
        `neutral ${CPU}.referenceSets["other"].provenance: tells something else, and is never compared`,
      ],
    ],
    [
      'sets in another order',
      'tdx',
      (spec) => void tdxOf(spec).referenceSets.push({ ...setOf(spec), id: 'b', mrOwner: SKIP }),
      (spec) => void tdxOf(spec).referenceSets.unshift({ ...setOf(spec), id: 'b', mrOwner: SKIP }),
      [`neutral ${CPU}.referenceSets: are in another order`],
    ],
    [
      'bits',
      'tdx',
      (spec) => void Object.assign(tdxOf(spec).attributes, { pks: 'any', kl: 'forbid' }),
      (spec) => void Object.assign(tdxOf(spec).attributes, { pks: 'require', kl: 'require' }),
      [
        `narrows ${CPU}.attributes.pks: any → require`,
        `both    ${CPU}.attributes.kl: forbid → require`,
      ],
    ],
    [
      'the platform and its module',
      'tdx',
      (spec) => {
        Object.assign(tdxOf(spec).platform, { fmspc: ['a'.repeat(12)], smt: 'any' });
        tdxOf(spec).tdxModule.mrSeam = ['1'.repeat(96), '2'.repeat(96)];
        tdxOf(spec).tcb.minEvaluationDataNumber = 18;
        spec.deployment = { platformInstanceIds: ['1'.repeat(32)] };
      },
      (spec) => {
        Object.assign(tdxOf(spec).platform, { fmspc: ['b'.repeat(12)], smt: 'forbid' });
        tdxOf(spec).tdxModule.mrSeam = ['1'.repeat(96)];
        tdxOf(spec).tcb.minEvaluationDataNumber = 17;
        spec.deployment = { platformInstanceIds: ['1'.repeat(32), '2'.repeat(32)] };
      },
      [
        `narrows ${CPU}.tdxModule.mrSeam: removes HEX`,
        `widens  ${CPU}.platform.fmspc: adds bbbbbbbbbbbb`,
        `narrows ${CPU}.platform.fmspc: removes aaaaaaaaaaaa`,
        `narrows ${CPU}.platform.smt: any → forbid`,
        `widens  ${CPU}.tcb.minEvaluationDataNumber: at least 18 → at least 17`,
        'widens  spec.deployment.platformInstanceIds: adds HEX',
      ],
    ],
    [
      'forbidden CPU features',
      'tdx',
      (spec) => void Object.assign(tdxOf(spec), { xfam: { forbidBits: [1, 2] } }),
      (spec) => void Object.assign(tdxOf(spec), { xfam: { forbidBits: [1, 3] } }),
      [
        `narrows ${CPU}.xfam: adds the forbidden bit 3`,
        `widens  ${CPU}.xfam: removes the forbidden bit 2`,
      ],
    ],
    [
      'floors of the module',
      'tdx',
      (spec) => {
        tdxOf(spec).tdxModule.floors = [1, 2].map((major) => ({ major, minIsvSvn: 5 }));
      },
      (spec) => {
        tdxOf(spec).tdxModule.floors = [2, 1].map((major) => ({ major, minIsvSvn: 4 + major }));
      },
      [`narrows ${CPU}.tdxModule.floors["2"]: at least 5 → at least 6`],
    ],
    [
      'floors of the module in another order',
      'tdx',
      (spec) => {
        tdxOf(spec).tdxModule.floors = [1, 2].map((major) => ({ major, minIsvSvn: 5 }));
      },
      (spec) => {
        tdxOf(spec).tdxModule.floors = [2, 1].map((major) => ({ major, minIsvSvn: 5 }));
      },
      [`neutral ${CPU}.tdxModule.floors: are in another order`],
    ],
    [
      'exceptions',
      'tdx',
      (spec) => {
        tdxOf(spec).tcb.advisories = [
          advisory('INTEL-SA-00001', SUNSET),
          advisory('INTEL-SA-00002', LATER),
        ];
      },
      (spec) => {
        tdxOf(spec).tcb.advisories = [
          advisory('INTEL-SA-00002', SUNSET, 'another reason'),
          advisory('INTEL-SA-00001', LATER),
        ];
      },
      [
        `widens  ${CPU}.tcb.advisories["INTEL-SA-00001"]: until ${SUNSET} → until ${LATER}`,
        `narrows ${CPU}.tcb.advisories["INTEL-SA-00002"]: until ${LATER} → until ${SUNSET}`,
        `neutral ${CPU}.tcb.advisories["INTEL-SA-00002"]: for another reason: another reason`,
      ],
    ],
    [
      'exceptions in another order',
      'tdx',
      (spec) => {
        tdxOf(spec).tcb.advisories = ['INTEL-SA-00001', 'INTEL-SA-00002'].map((id) =>
          advisory(id, SUNSET),
        );
      },
      (spec) => {
        tdxOf(spec).tcb.advisories = ['INTEL-SA-00002', 'INTEL-SA-00001'].map((id) =>
          advisory(id, SUNSET),
        );
      },
      [`neutral ${CPU}.tcb.advisories: are in another order`],
    ],
    [
      'a range of GPUs',
      'tdx',
      (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { min: 2, max: 4 } }),
      (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { min: 1, max: 3 } }),
      ['both    spec.composite.gpu.count: 2 to 4 → 1 to 3'],
    ],
    [
      'fewer at most',
      'tdx',
      (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { min: 2, max: 4 } }),
      (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { exactly: 2 } }),
      ['narrows spec.composite.gpu.count: 2 to 4 → exactly 2'],
    ],
    [
      'a count in other words',
      'tdx',
      (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { min: 2, max: 2 } }),
      (spec) => void Object.assign(spec.composite.gpu ?? {}, { count: { exactly: 2 } }),
      ['neutral spec.composite.gpu.count: 2 to 2 → exactly 2'],
    ],
    [
      'models and releases',
      'tdx',
      (spec) => {
        if (!spec.evidence.gpu) return;
        spec.evidence.gpu.models = [{ chip: 'GH100', board: SKIP }];
        spec.evidence.gpu.releases = [{ driver: '1.1.1', vbios: '1.1' }];
      },
      (spec) => {
        if (!spec.evidence.gpu) return;
        spec.evidence.gpu.models = [{ chip: 'GH100', board: { skip: 'for another reason' } }];
        spec.evidence.gpu.releases = [{ driver: '1.1.1', vbios: '1.2' }];
      },
      [
        'neutral spec.evidence.gpu.models: is written in another way, and means the same',
        'widens  spec.evidence.gpu.releases: adds driver 1.1.1 with VBIOS 1.2',
        'narrows spec.evidence.gpu.releases: removes driver 1.1.1 with VBIOS 1.1',
      ],
    ],
    [
      'PCRs',
      'tdx',
      (spec) => {
        spec.evidence.vtpm = {
          quote: 'require',
          pcrs: { '0': '1'.repeat(64), '7': '2'.repeat(64) },
        };
      },
      (spec) => {
        spec.evidence.vtpm = { quote: SKIP, pcrs: { '0': '1'.repeat(64), '7': '3'.repeat(64) } };
      },
      [
        'widens  spec.evidence.vtpm.quote: is no longer checked: for the sake of a test',
        'narrows spec.evidence.vtpm.pcrs: adds PCR 7 HEX',
        'widens  spec.evidence.vtpm.pcrs: removes PCR 7 HEX',
      ],
    ],
    [
      'durations',
      'tdx',
      (spec) => {
        spec.freshness = {
          nonceTtl: '60s',
          resultTtl: '15m',
          reattestEvery: '10m',
          reattestGrace: '5m',
        };
      },
      (spec) => {
        spec.freshness = { nonceTtl: '1m', resultTtl: '20m', reattestEvery: '9m' };
      },
      [
        'neutral spec.freshness.nonceTtl: 60s → 1m',
        'widens  spec.freshness.resultTtl: 15m → 20m',
        'narrows spec.freshness.reattestEvery: 10m → 9m',
        'narrows spec.freshness.reattestGrace: 5m → none',
      ],
    ],
    [
      'assertions',
      'tdx',
      assertions(
        assertion('ONE', 'size(gpu) > 1', 'deny'),
        assertion('TWO', 'size(gpu) > 1', 'warn'),
        assertion('SIX', 'size(gpu) > 1', 'warn'),
      ),
      assertions(
        assertion('SIX', 'size(gpu) > 2', 'warn'),
        assertion('TWO', 'size(gpu) > 2', 'deny', 'is otherwise'),
        assertion('ONE', 'size(gpu) > 1', 'warn'),
      ),
      [
        'widens  spec.assertions["ONE"].enforce: deny → warn',
        'both    spec.assertions["TWO"].cel: size(gpu) > 1 → size(gpu) > 2',
        'narrows spec.assertions["TWO"].enforce: warn → deny',
        'neutral spec.assertions["TWO"].message: says something else: is otherwise',
        'neutral spec.assertions["SIX"].cel: size(gpu) > 1 → size(gpu) > 2',
      ],
    ],
    [
      'assertions in another order',
      'tdx',
      assertions(assertion('ONE', 'size(gpu) > 1', 'deny'), assertion('TWO', 'true', 'warn')),
      assertions(assertion('TWO', 'true', 'warn'), assertion('ONE', 'size(gpu) > 1', 'deny')),
      ['neutral spec.assertions: are in another order'],
    ],
    [
      'one of several that changes, and not of their order',
      'tdx',
      (spec) => {
        assertions(assertion('ONE', 'true', 'deny'), assertion('TWO', 'true', 'deny'))(spec);
        tdxOf(spec).tcb.advisories = [
          advisory('INTEL-SA-00001', SUNSET),
          advisory('INTEL-SA-00002', SUNSET),
        ];
        rtmr3(story(['a', 'once', '1'], ['b', 'once', '2']))(spec);
        tdxOf(spec).referenceSets.push({ ...setOf(spec), id: 'b', mrOwner: SKIP });
      },
      (spec) => {
        assertions(assertion('ONE', 'true', 'deny'), assertion('TWO', 'true', 'warn'))(spec);
        tdxOf(spec).tcb.advisories = [
          advisory('INTEL-SA-00001', SUNSET),
          advisory('INTEL-SA-00002', LATER),
        ];
        rtmr3(story(['a', 'once', '1'], ['b', 'once', '2']))(spec);
        tdxOf(spec).referenceSets.push({
          ...setOf(spec),
          ...{ id: 'b', mrOwner: SKIP },
          rtmr3: story(['a', 'once', '1'], ['b', 'at-least-once', '2']),
        });
      },
      [
        `widens  ${CPU}.referenceSets["b"].rtmr3.eventLog: b occurs once → at-least-once`,
        `widens  ${CPU}.tcb.advisories["INTEL-SA-00002"]: until ${SUNSET} → until ${LATER}`,
        'widens  spec.assertions["TWO"].enforce: deny → warn',
      ],
    ],
    [
      'a register that makes it unique',
      'tdx',
      (spec) => {
        spec.deployment = { register: 'mrOwner', holds: 'a key of ours' };
      },
      (spec) => {
        spec.deployment = { register: 'mrConfigId', holds: 'another key' };
      },
      [
        'both    spec.deployment.register: mrOwner → mrConfigId',
        'neutral spec.deployment.holds: is said to hold: another key',
      ],
    ],
    [
      'a command line',
      'tdx',
      (spec) => {
        spec.logHygiene.commandLine = { forbid: ['debug'], require: ['ro'], text: 'ro' };
      },
      (spec) => {
        spec.logHygiene.commandLine = { forbid: ['console=*'], require: ['quiet'] };
      },
      [
        'narrows spec.logHygiene.commandLine.forbid: adds "console=*"',
        'widens  spec.logHygiene.commandLine.forbid: removes "debug"',
        'narrows spec.logHygiene.commandLine.require: adds "quiet"',
        'widens  spec.logHygiene.commandLine.require: removes "ro"',
        'both    spec.logHygiene.commandLine.text: "ro" → no command line of its own',
      ],
    ],
    [
      'a higher guest SVN, and firmware that may be taken back',
      'snp',
      () => undefined,
      (spec) => {
        for (const set of snpOf(spec).referenceSets) set.minGuestSvn = 9;
        snpOf(spec).provisionalFirmware = 'allow';
      },
      [
        `narrows ${SET}.minGuestSvn: at least 0 → at least 9`,
        `widens  ${CPU}.provisionalFirmware: forbid → allow`,
      ],
    ],
    [
      'bits of the guest’s policy and of the platform',
      'snp',
      (spec) => {
        Object.assign(snpOf(spec).guestPolicy, { smt: 'any', raplDis: 'require' });
        Object.assign(snpOf(spec).platformInfo, { smtEn: 'forbid', tioEn: 'require' });
      },
      (spec) => {
        Object.assign(snpOf(spec).guestPolicy, { smt: 'forbid', raplDis: 'any' });
        Object.assign(snpOf(spec).platformInfo, { smtEn: 'require', tioEn: 'any' });
      },
      [
        `narrows ${CPU}.guestPolicy.smt: any → forbid`,
        `widens  ${CPU}.guestPolicy.raplDis: require → any`,
        `both    ${CPU}.platformInfo.smtEn: forbid → require`,
        `widens  ${CPU}.platformInfo.tioEn: require → any`,
      ],
    ],
    [
      'a lower minor version of the ABI',
      'snp',
      (spec) => {
        snpOf(spec).guestPolicy.minAbi = { major: 1, minor: 5 };
      },
      (spec) => {
        snpOf(spec).guestPolicy.minAbi = { major: 1, minor: 4 };
      },
      [`widens  ${CPU}.guestPolicy.minAbi: 1.5 → 1.4`],
    ],
    [
      'the ABI that the guest wants',
      'snp',
      (spec) => {
        snpOf(spec).guestPolicy.minAbi = { major: 1, minor: 5 };
      },
      (spec) => {
        snpOf(spec).guestPolicy.minAbi = { major: 2, minor: 4 };
      },
      [`narrows ${CPU}.guestPolicy.minAbi: 1.5 → 2.4`],
    ],
    [
      'chips',
      'snp',
      (spec) => {
        spec.deployment = { chipIds: ['1'.repeat(128), '2'.repeat(128)] };
      },
      (spec) => {
        spec.deployment = { chipIds: ['3'.repeat(128), '2'.repeat(128)] };
      },
      ['widens  spec.deployment.chipIds: adds HEX', 'narrows spec.deployment.chipIds: removes HEX'],
    ],
  ])('%s', (_what, kind, before, after, lines) => {
    const edited = (edit: (spec: Spec) => void) => {
      const policy = structuredClone(bases[kind]) as Editable<Policy>;
      edit(policy.spec);
      return policy;
    };
    expect(linesOf(edited(before), edited(after))).toEqual(lines);
  });
});
