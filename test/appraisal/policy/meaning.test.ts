import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misunderstandings } from '../../../src/appraisal/policy/meaning.ts';
import { tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import type { EventRule, TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Editable, PolicyEdit } from '../../support/policy.ts';

const FOLDER = join(import.meta.dirname, '../../../policies');
const shipped = (name: string) => {
  const { read } = tryPolicy(new Uint8Array(readFileSync(join(FOLDER, `${name}.yaml`))));
  return (read ?? expect.fail(name)).policy;
};
const tdx = shipped('tdx-8xh200-4nvswitch');
const snp = shipped('snp-ssh-host');

function edited(policy: Policy, edit: PolicyEdit) {
  const copy = JSON.parse(JSON.stringify(policy)) as Editable<Policy>;
  edit(copy);
  return tryPolicy(utf8(JSON.stringify(copy)));
}

const problemsOf = (policy: Policy, edit: PolicyEdit) =>
  edited(policy, edit).problems.map(({ path, problem }) => `${path}: ${problem}`);

const CPU = 'spec.evidence.cpu';
const tdxOf = ({ spec }: Editable<Policy>) => spec.evidence.cpu as Editable<TdxRules>;
const snpOf = ({ spec }: Editable<Policy>) => spec.evidence.cpu as Editable<SnpRules>;
const firstTdx = (policy: Editable<Policy>) =>
  tdxOf(policy).referenceSets[0] ?? expect.fail('no set');
const firstSnp = (policy: Editable<Policy>) =>
  snpOf(policy).referenceSets[0] ?? expect.fail('no set');
const SKIP = { skip: 'for the sake of a test' };
const ZEROS = '0'.repeat(96);
/** Without RTMR3. */
const NO_CODE = { mrTd: SKIP, rtmr0: SKIP, rtmr1: SKIP, rtmr2: SKIP };

const story = (...occurs: EventRule['occurs'][]) => ({
  eventLog: occurs.map((how, i) => ({
    event: `event-${i}`,
    digests: [`${i}`.repeat(96)],
    occurs: how,
  })),
  otherEvents: 'allow' as const,
});

describe('a policy that says what it can’t mean', () => {
  it.each<readonly [string, Policy, PolicyEdit, RegExp]>([
    [
      'a first revision with one before',
      tdx,
      ({ metadata }) => {
        metadata.previous = `sha256:${'a'.repeat(64)}`;
      },
      /^metadata\.previous: the first revision has none before it$/,
    ],
    [
      'a later one without',
      tdx,
      ({ metadata }) => {
        metadata.revision = 2;
      },
      /^metadata\.previous: is missing: revision 2 follows one/,
    ],
    [
      'a day that is none',
      tdx,
      ({ metadata }) => {
        metadata.lifecycle = { state: 'active', notBefore: '2026-02-31T00:00:00Z' };
      },
      /^metadata\.lifecycle\.notBefore: want a time like/,
    ],
    [
      'a sunset that is none',
      tdx,
      (p) => {
        firstTdx(p).lifecycle = { state: 'deprecated', sunset: '2026-13-01T00:00:00Z' };
      },
      /referenceSets\[0\]\.lifecycle\.sunset: want a time like/,
    ],
    [
      'a revocation at no time',
      tdx,
      (p) => {
        firstTdx(p).lifecycle = {
          state: 'revoked',
          revokedAt: '2026-01-01T24:00:00Z',
          reason: 'a leaked key',
        };
      },
      /lifecycle\.revokedAt: want a time like/,
    ],
    [
      'a sunset before its beginning',
      tdx,
      ({ metadata }) => {
        metadata.lifecycle = {
          state: 'deprecated',
          notBefore: '2026-02-01T00:00:00Z',
          sunset: '2026-02-01T00:00:00Z',
        };
      },
      /lifecycle\.sunset: want a time after notBefore$/,
    ],
    [
      'two sets of one name',
      tdx,
      (p) => {
        tdxOf(p).referenceSets.push({ ...firstTdx(p), mrTd: 'ab'.repeat(48) });
      },
      /referenceSets\[1\]\.id: is that of .*referenceSets\[0\] too$/,
    ],
    [
      'two sets of the same values',
      tdx,
      (p) => {
        tdxOf(p).referenceSets.push({ ...firstTdx(p), id: 'other', lifecycle: { state: 'draft' } });
      },
      /referenceSets\[1\]: has the very values of/,
    ],
    [
      'two sets that differ in a reason only',
      tdx,
      (p) => {
        firstTdx(p).mrOwner = SKIP;
        const other = { ...firstTdx(p), id: 'other', mrOwner: { skip: 'for another reason' } };
        tdxOf(p).referenceSets.push(other);
      },
      /referenceSets\[1\]: has the very values of/,
    ],
    [
      'two sets that differ in the order of a story only',
      tdx,
      (p) => {
        const one = story('once', 'at-most-once');
        firstTdx(p).rtmr3 = one;
        const rtmr3 = { ...one, eventLog: one.eventLog.toReversed() };
        tdxOf(p).referenceSets.push({ ...firstTdx(p), id: 'other', rtmr3 });
      },
      /referenceSets\[1\]: has the very values of/,
    ],
    [
      'a set that any software fits',
      tdx,
      (p) => {
        Object.assign(firstTdx(p), {
          mrTd: SKIP,
          rtmr0: SKIP,
          rtmr1: SKIP,
          rtmr2: SKIP,
          rtmr3: SKIP,
        });
      },
      /referenceSets\[0\]: compares no register of code/,
    ],
    [
      'a set of registers that nothing was measured into',
      tdx,
      (p) => {
        delete firstTdx(p).recordedEvents;
        Object.assign(firstTdx(p), { ...NO_CODE, rtmr3: ZEROS });
      },
      /referenceSets\[0\]: compares no register of code/,
    ],
    [
      'a set whose story any log tells',
      tdx,
      (p) => {
        Object.assign(firstTdx(p), { ...NO_CODE, rtmr3: story('at-most-once', 'at-most-once') });
      },
      /referenceSets\[0\]: compares no register of code/,
    ],
    [
      'an SNP set of guests without an ID block',
      snp,
      (p) => {
        Object.assign(firstSnp(p), {
          measurement: SKIP,
          idKeyDigest: ZEROS,
          authorKeyDigest: ZEROS,
        });
      },
      /referenceSets\[0\]: compares no measurement and names no key/,
    ],
    [
      'an SNP set of zeros',
      snp,
      (p) => {
        Object.assign(firstSnp(p), {
          measurement: ZEROS,
          idKeyDigest: SKIP,
          authorKeyDigest: ZEROS,
        });
      },
      /referenceSets\[0\]: compares no measurement and names no key/,
    ],
    [
      'a word that must be there and must not',
      tdx,
      ({ spec }) => {
        spec.logHygiene.commandLine = {
          forbid: ['quiet', 'console=*'],
          require: ['ro', 'console=ttyS*'],
        };
      },
      /^spec\.logHygiene\.commandLine\.require\[1\]: is what forbid has as console=\*$/,
    ],
    [
      'a command line that a register rests on which is not compared',
      tdx,
      (p) => {
        delete firstTdx(p).recordedEvents;
        firstTdx(p).rtmr2 = SKIP;
        p.spec.logHygiene.commandLine = { forbid: ['console=*'], require: [] };
      },
      /^spec\.logHygiene\.commandLine: rests on RTMR2, which \S+ leaves open/,
    ],
    [
      'an SNP set that any software fits',
      snp,
      (p) => {
        Object.assign(firstSnp(p), { measurement: SKIP, idKeyDigest: SKIP, authorKeyDigest: SKIP });
      },
      /referenceSets\[0\]: compares no measurement and names no key/,
    ],
    [
      'recorded events of another register',
      tdx,
      (p) => {
        firstTdx(p).recordedEvents = { rtmr1: [{ digest: ZEROS }] };
      },
      /recordedEvents\.rtmr1: replays to [0-9a-f]{96}, and rtmr1 is/,
    ],
    [
      'an event told of twice',
      tdx,
      (p) => {
        const event = { event: 'x', digests: [ZEROS], occurs: 'once' as const };
        firstTdx(p).rtmr3 = {
          eventLog: [event, { ...event, digests: ['1'.repeat(96)] }],
          otherEvents: 'allow',
        };
      },
      /rtmr3\.eventLog\[1\]\.event: is that of \[0\] too$/,
    ],
    [
      'two floors of one module',
      tdx,
      (p) => {
        tdxOf(p).tdxModule.floors = [
          { major: 1, minIsvSvn: 1 },
          { major: 1, minIsvSvn: 2 },
        ];
      },
      /floors\[1\]\.major: is that of \[0\] too$/,
    ],
    [
      'two exceptions for one advisory',
      tdx,
      (p) => {
        const [one] = tdxOf(p).tcb.advisories;
        if (one) tdxOf(p).tcb.advisories.push({ ...one, until: '2028-01-01T00:00:00Z' });
      },
      /advisories\[1\]\.id: is that of \[0\] too$/,
    ],
    [
      'an exception until no day',
      tdx,
      (p) => {
        const [one] = tdxOf(p).tcb.advisories;
        if (one) one.until = '2027-04-31T00:00:00Z';
      },
      /advisories\[0\]\.until: want a time like/,
    ],
    [
      'a bulletin that nobody here knows',
      snp,
      (p) => {
        snpOf(p).bulletins = ['AMD-SB-9999'];
      },
      /bulletins\[0\]: is not in the table of bulletins/,
    ],
    [
      'a log of evidence that has none',
      snp,
      ({ spec }) => {
        spec.logHygiene.events = { forbid: ['debug-shell'] };
      },
      /^spec\.logHygiene\.events: SEV-SNP evidence has no event log/,
    ],
    [
      'a command line of evidence that has none',
      snp,
      ({ spec }) => {
        spec.logHygiene.commandLine = { forbid: ['console=*'], require: [] };
      },
      /^spec\.logHygiene\.commandLine: SEV-SNP evidence has no event log/,
    ],
    [
      'rules for GPUs and no number',
      tdx,
      ({ spec }) => {
        delete spec.composite.gpu;
      },
      /^spec\.composite\.gpu: is missing: how many are wanted/,
    ],
    [
      'a number of GPUs and no rules',
      snp,
      ({ spec }) => {
        spec.composite.gpu = {
          count: { exactly: 8 },
          distinctBy: 'serial',
          sameChallengeAs: 'cpu',
        };
      },
      /^spec\.evidence\.gpu: is missing: what is wanted/,
    ],
    [
      'more than at most',
      tdx,
      ({ spec }) => {
        if (spec.composite.gpu) spec.composite.gpu.count = { min: 8, max: 4 };
      },
      /^spec\.composite\.gpu\.count: min 8 is above max 4$/,
    ],
    [
      'switches without GPUs',
      tdx,
      ({ spec }) => {
        delete spec.evidence.gpu;
        delete spec.composite.gpu;
      },
      /^spec\.evidence\.nvswitch: switches without GPUs/,
    ],
    [
      'chips of TDX',
      tdx,
      ({ spec }) => {
        spec.deployment = { chipIds: ['a'.repeat(128)] };
      },
      /^spec\.deployment\.chipIds: a TDX quote has no chip id/,
    ],
    [
      'platforms of SEV-SNP',
      snp,
      ({ spec }) => {
        spec.deployment = { platformInstanceIds: ['a'.repeat(32)] };
      },
      /^spec\.deployment\.platformInstanceIds: an SEV-SNP report has none/,
    ],
    [
      'a masked chip',
      snp,
      ({ spec }) => {
        spec.deployment = { chipIds: ['a'.repeat(128), '0'.repeat(128)] };
      },
      /chipIds\[1\]: zeros stand in every report/,
    ],
    [
      'a platform of zeros',
      tdx,
      ({ spec }) => {
        spec.deployment = { platformInstanceIds: ['0'.repeat(32)] };
      },
      /platformInstanceIds\[0\]: zeros are no platform’s$/,
    ],
    [
      'a register that is skipped as what is unique',
      tdx,
      (p) => {
        p.spec.deployment = { register: 'mrConfigId', holds: 'the operator’s key' };
        firstTdx(p).mrConfigId = SKIP;
      },
      /referenceSets\[0\]\.mrConfigId: is what makes the deployment unique \(spec\.deployment\): it can’t be skipped$/,
    ],
    [
      'zeros as what is unique',
      tdx,
      (p) => {
        p.spec.deployment = { register: 'mrOwner', holds: 'the operator’s key' };
      },
      /referenceSets\[0\]\.mrOwner: is what makes the deployment unique .* zeros are everybody’s$/,
    ],
    [
      'a story that any log tells as what is unique',
      tdx,
      (p) => {
        p.spec.deployment = { register: 'rtmr3', holds: 'the operator’s key' };
        firstTdx(p).rtmr3 = story('at-most-once');
      },
      /referenceSets\[0\]\.rtmr3: is what makes the deployment unique .* asks for no event: one must occur/,
    ],
    [
      'a register of the other kind as what is unique',
      snp,
      (p) => {
        p.spec.deployment = { register: 'mrOwner', holds: 'the operator’s key' };
      },
      /^spec\.deployment\.register: there is no mrOwner in this kind of evidence$/,
    ],
    [
      'looking again too late',
      tdx,
      ({ spec }) => {
        spec.freshness = {
          nonceTtl: '60s',
          resultTtl: '10m',
          reattestEvery: '16m',
          reattestGrace: '5m',
        };
      },
      /^spec\.freshness\.reattestEvery: 16m is longer than a result lives/,
    ],
    [
      'two assertions of one name',
      tdx,
      ({ spec }) => {
        const one = {
          id: 'SAME',
          cel: "cpu.type == 'a'",
          message: 'for a test',
          enforce: 'warn' as const,
        };
        spec.assertions = [one, { ...one, cel: "cpu.type == 'b'" }];
      },
      /^spec\.assertions\[1\]\.id: is that of \[0\] too$/,
    ],
    [
      'no CEL',
      tdx,
      ({ spec }) => {
        spec.assertions = [{ id: 'BAD', cel: 'cpu..type', message: 'for a test', enforce: 'deny' }];
      },
      /^spec\.assertions\[0\]\.cel: is no CEL/,
    ],
  ])('%s', (_what, policy, edit, problem) => {
    const problems = problemsOf(policy, edit);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});

describe('one value that tells software apart is enough', () => {
  it.each<readonly [string, Policy, PolicyEdit]>([
    [
      'a story with an event that must occur once',
      tdx,
      (p) => {
        delete firstTdx(p).recordedEvents;
        Object.assign(firstTdx(p), { ...NO_CODE, rtmr3: story('at-most-once', 'once') });
        p.spec.deployment = { register: 'rtmr3', holds: 'the operator’s key' };
      },
    ],
    [
      'a story with an event that must occur',
      tdx,
      (p) => {
        delete firstTdx(p).recordedEvents;
        Object.assign(firstTdx(p), { ...NO_CODE, rtmr3: story('at-least-once') });
      },
    ],
    [
      'the author’s key of an ID block',
      snp,
      (p) => {
        const authorKeyDigest = 'ab'.repeat(48);
        Object.assign(firstSnp(p), { measurement: SKIP, idKeyDigest: ZEROS, authorKeyDigest });
      },
    ],
  ])('%s', (_what, policy, edit) => {
    expect(problemsOf(policy, edit)).toEqual([]);
  });
});

describe('what no policy can say', () => {
  it.each<readonly [string, Policy, (policy: Editable<Policy>) => void, string]>([
    [
      'debugging of a TD',
      tdx,
      (p) => {
        (tdxOf(p).attributes as { debug: string }).debug = 'any';
      },
      `${CPU}.attributes.debug: want forbid: nothing else can be said, got "any"`,
    ],
    [
      'debugging of a guest',
      snp,
      (p) => {
        (snpOf(p).guestPolicy as { debug: string }).debug = 'require';
      },
      `${CPU}.guestPolicy.debug: want forbid: nothing else can be said, got "require"`,
    ],
    [
      'a migration agent',
      snp,
      (p) => {
        (snpOf(p).guestPolicy as { migrateMa: string }).migrateMa = 'any';
      },
      `${CPU}.guestPolicy.migrateMa: want forbid: nothing else can be said, got "any"`,
    ],
    [
      'developer tools',
      tdx,
      ({ spec }) => {
        (spec.evidence.gpu as { devTools: string }).devTools = 'allow';
      },
      'spec.evidence.gpu.devTools: want forbid: nothing else can be said, got "allow"',
    ],
    [
      'a revoked TCB',
      tdx,
      (p) => {
        (tdxOf(p).tcb.accept as string[]).push('Revoked');
      },
      `${CPU}.tcb.accept[2]: want a TCB status of Intel’s other than Revoked, got "Revoked"`,
    ],
    [
      'nothing',
      tdx,
      (p) => {
        tdxOf(p).tcb.accept = [];
      },
      `${CPU}.tcb.accept: an empty list would mean nothing or everything: name what is wanted`,
    ],
    [
      'no reason',
      tdx,
      (p) => {
        firstTdx(p).mrOwner = { skip: 'because' };
      },
      `${CPU}.referenceSets[0].mrOwner.skip: want text of 8 to 500 characters, on one line and not blank, got "because"`,
    ],
    [
      'a register as a number',
      tdx,
      (p) => {
        (firstTdx(p) as { mrTd: unknown }).mrTd = 0;
      },
      `${CPU}.referenceSets[0].mrTd: want 96 lower-case hex digits, or { skip: "<reason>" }, got 0: quote it, or it is a number`,
    ],
    [
      'a register that is too short',
      tdx,
      (p) => {
        firstTdx(p).mrTd = 'ab'.repeat(47);
      },
      `${CPU}.referenceSets[0].mrTd: want 96 lower-case hex digits, or { skip: "<reason>" }, got "abababababababababababababababababababababa…" (94 characters)`,
    ],
    [
      'half a set',
      tdx,
      (p) => {
        delete (firstTdx(p) as { rtmr2?: unknown }).rtmr2;
      },
      `${CPU}.referenceSets[0].rtmr2: is missing: want 96 lower-case hex digits, { eventLog: […], otherEvents: allow|forbid } or { skip: "<reason>" }`,
    ],
    [
      'another kind of CPU',
      tdx,
      (p) => {
        (tdxOf(p) as { type: string }).type = 'arm-cca';
      },
      `${CPU}: want rules with type: intel-tdx or type: amd-sev-snp, got an object`,
    ],
  ])('%s', (_what, policy, edit, problem) => {
    expect(problemsOf(policy, edit)).toEqual([problem]);
  });
});

describe('a rule that may be left out', () => {
  it.each<readonly [string, Policy, PolicyEdit]>([
    [
      'floors of the TDX module',
      tdx,
      (p) => {
        tdxOf(p).tdxModule.floors = SKIP;
      },
    ],
    [
      'bulletins, where there are some',
      snp,
      (p) => {
        snpOf(p).bulletins = ['AMD-SB-3019', 'AMD-SB-3020'];
      },
    ],
  ])('%s', (_what, policy, edit) => {
    expect(problemsOf(policy, edit)).toEqual([]);
  });
});

it('a bug of ours is no problem of a policy', () => {
  const assertions = [{ id: 'ODD', cel: 5, message: 'for a test', enforce: 'deny' }];
  const strange = { ...tdx, spec: { ...tdx.spec, assertions } };
  expect(() => misunderstandings(strange as unknown as Policy)).toThrow(TypeError);
});
