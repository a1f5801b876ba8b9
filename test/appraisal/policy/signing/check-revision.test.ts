import { describe, expect, it } from 'vitest';
import type { ReadPolicy } from '../../../../src/appraisal/policy/read-policy.ts';
import {
  checkRevision,
  type RevisionContext,
} from '../../../../src/appraisal/policy/signing/check-revision.ts';
import type { KnownRevision } from '../../../../src/appraisal/policy/signing/revision.ts';
import { verifyEnvelope } from '../../../../src/core/encoding/dsse-signatures.ts';
import {
  alice,
  bob,
  envelopeOf,
  keyringOf,
  known,
  mallory,
  person,
  policyOf,
  referenceSet,
  successor,
} from '../../../support/signed-policy.ts';

const now = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const first = policyOf();
const second = successor(known(first));
const third = successor(known(second));

function signedBy(policy: ReadPolicy, signers = [alice, bob], threshold = 2) {
  const keys = keyringOf().keys.map(({ publicKey }) => publicKey);
  return verifyEnvelope(envelopeOf(policy.canonical, signers), keys, threshold);
}

/** Ids of what did not pass, with the outcome, and the verdict. */
function check(
  previous: ReadPolicy | KnownRevision | undefined,
  next: ReadPolicy,
  more: Partial<RevisionContext> = {},
) {
  const before = previous && ('canonical' in previous ? known(previous) : previous);
  const context = { keyring: keyringOf(), signed: signedBy(next), now, ...more };
  const { verdict, checks } = checkRevision(before, known(next), context);
  expect(checks.map(({ id }) => id).sort()).toEqual(
    [...new Set(checks.map(({ id }) => id))].sort(),
  );
  expect(checks).toHaveLength(7);
  const odd = checks
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ id, outcome }) => `${id.replace('policy.chain.', '')} ${outcome}`);
  return { verdict, odd };
}

function accepted(policy: ReadPolicy) {
  const { name, revision } = policy.policy.metadata;
  return { name, revision, digest: policy.digest };
}

describe('accepts', () => {
  it('the first, of which nothing was there before', () => {
    expect(check(undefined, first)).toEqual({ verdict: 'accept', odd: ['rollback skipped'] });
  });

  it('the very next', () => {
    expect(check(first, second)).toEqual({ verdict: 'accept', odd: [] });
    expect(check(second, third, { accepted: accepted(second) }).verdict).toBe('accept');
  });

  it('again what was accepted before, with or without the one before it', () => {
    const odd = ['revision', 'previous', 'lifecycle', 'activation'].map((id) => `${id} skipped`);
    const keyring = keyringOf({ activationDelay: HOUR });
    const more = { accepted: accepted(second), keyring };
    expect(check(undefined, second, more)).toEqual({ verdict: 'accept', odd });
    expect(check(first, second, more)).toEqual({ verdict: 'accept', odd });
    expect(check(second, second)).toEqual({ verdict: 'accept', odd });
  });

  it('one whose delay and beginning are just past', () => {
    const lifecycle = { state: 'active', notBefore: '2026-06-01T00:00:00Z' };
    const next = successor(known(first), { lifecycle });
    const keyring = keyringOf({ activationDelay: HOUR });
    expect(check(first, next, { keyring, firstSeen: now - HOUR }).verdict).toBe('accept');
  });
});

describe('fails only', () => {
  const sibling = successor(known(first), { owners: ['bob'] });
  const strangers = [mallory, person()];
  const ofStrangers = verifyEnvelope(
    envelopeOf(second.canonical, strangers),
    strangers.map(({ publicKey }) => publicKey),
    2,
  );
  it.each([
    [
      'a rollback',
      [second, first, { accepted: accepted(third) }],
      ['revision fail', 'previous fail', 'rollback fail'],
    ],
    [
      'the one before, on top of what came before it',
      [first, second, { accepted: accepted(third) }],
      ['rollback fail'],
    ],
    ['a fork', [first, sibling, { accepted: accepted(second) }], ['rollback fail']],
    [
      'what follows on a fork',
      [sibling, successor(known(sibling)), { accepted: accepted(second) }],
      ['rollback fail'],
    ],
    [
      'a number left out',
      [first, policyOf({ revision: 3, previous: first.digest })],
      ['revision fail'],
    ],
    [
      'the same number again',
      [second, policyOf({ revision: 2, previous: second.digest })],
      ['revision fail', 'rollback fail'],
    ],
    [
      'another predecessor',
      [first, policyOf({ revision: 2, previous: third.digest })],
      ['previous fail'],
    ],
    [
      'the predecessor of another policy',
      [policyOf({ name: 'gpu-nodes' }), successor(known(policyOf({ name: 'gpu-nodes' })))],
      ['name fail'],
    ],
    [
      'another policy than was accepted',
      [undefined, second, { accepted: { ...accepted(first), name: 'gpu-nodes' } }],
      ['name fail', 'lifecycle unresolved'],
    ],
    [
      'a policy that the keys may not speak for',
      [first, second, { keyring: keyringOf({ name: 'gpu-nodes' }) }],
      ['name fail'],
    ],
    [
      'too few signatures',
      [first, second, { signed: signedBy(second, [alice]) }],
      ['signatures fail'],
    ],
    [
      'a stranger’s signature',
      [first, second, { signed: signedBy(second, [alice, mallory]) }],
      ['signatures fail'],
    ],
    [
      'the signatures of another revision',
      [first, second, { signed: signedBy(third) }],
      ['signatures fail'],
    ],
    [
      'signatures of another keyring',
      [first, second, { signed: ofStrangers }],
      ['signatures fail'],
    ],
    [
      'signatures that were held to a higher threshold, and were too few',
      [first, second, { signed: signedBy(second, [alice, bob], 3) }],
      ['signatures fail'],
    ],
    [
      'signatures that were held to a lower threshold',
      [first, second, { signed: signedBy(second, [alice], 1) }],
      ['signatures fail'],
    ],
  ] as const)('%s', (_name, [previous, next, more], odd) => {
    expect(check(previous, next, more)).toEqual({ verdict: 'reject', odd });
  });
});

it('a first revision that follows on one is none', () => {
  const { policy, digest } = known(first);
  const next = {
    digest,
    policy: { ...policy, metadata: { ...policy.metadata, previous: third.digest } },
  };
  const context = { keyring: keyringOf(), signed: signedBy(first), now };
  const { verdict, checks } = checkRevision(undefined, next, context);
  expect(verdict).toBe('reject');
  expect(checks.filter(({ outcome }) => outcome === 'fail')).toMatchObject([
    {
      id: 'policy.chain.previous',
      want: 'none before the first',
      got: third.digest,
    },
  ]);
});

describe('leaves open', () => {
  it('what its predecessor is not at hand for', () => {
    expect(check(undefined, second).odd).toEqual([
      'revision unresolved',
      'previous unresolved',
      'lifecycle unresolved',
      'rollback skipped',
    ]);
    const more = { accepted: accepted(first) };
    expect(check(undefined, second, more)).toEqual({
      verdict: 'indeterminate',
      odd: ['lifecycle unresolved'],
    });
  });

  it('what lies between the one before and what was accepted', () => {
    expect(check(second, third, { accepted: accepted(first) })).toEqual({
      verdict: 'indeterminate',
      odd: ['rollback unresolved'],
    });
  });

  const keyring = keyringOf({ activationDelay: HOUR });
  it.each([
    ['a revision seen for the first time', second, { keyring }],
    ['one seen a moment too late', second, { keyring, firstSeen: now - HOUR + 1 }],
    ['one seen in the future', second, { firstSeen: now + 1 }],
    ['one seen at no time', second, { firstSeen: Number.NaN }],
    ['any, when it is no time', second, { now: Number.NaN }],
    [
      'one that begins later',
      successor(known(first), {
        lifecycle: { state: 'active', notBefore: '2026-06-01T00:00:01Z' },
      }),
      { firstSeen: 0 },
    ],
  ])('the activation of %s', (_name, next, more) => {
    expect(check(first, next, more)).toEqual({
      verdict: 'indeterminate',
      odd: ['activation unresolved'],
    });
  });
});

describe('of lifecycles', () => {
  const active = { state: 'active' };
  const deprecated = { state: 'deprecated', sunset: '2026-12-01T00:00:00Z' };
  const revoked = { state: 'revoked', revokedAt: '2026-05-01T00:00:00Z', reason: 'a hole in it' };
  const later = { ...revoked, revokedAt: '2026-05-02T00:00:00Z' };
  const earlier = { ...revoked, revokedAt: '2026-04-30T00:00:00Z' };
  const draft = { state: 'draft' };
  const all = { draft, active, deprecated, revoked };
  const names = Object.keys(all) as (keyof typeof all)[];
  const verdictOf = (before: ReadPolicy, next: ReadPolicy) => {
    const { verdict, odd } = check(before, next);
    expect(odd).toEqual(verdict === 'accept' ? [] : ['lifecycle fail']);
    return verdict;
  };
  /** A set that is active stays beside them, since a policy of revoked sets only is none. */
  const withSets = (sets: readonly object[], before?: ReadPolicy) => {
    const whole = [referenceSet('f'), ...(sets as Parameters<typeof policyOf>[1] & object)];
    return before ? successor(known(before), {}, whole) : policyOf({}, whole);
  };

  const steps = names.flatMap((from, i) =>
    names.map((to, j) => [from, to, j < i ? 'reject' : 'accept'] as const),
  );
  it.each(steps)('a policy from %s to %s: %s', (from, to, want) => {
    const before = policyOf({ lifecycle: all[from] });
    expect(verdictOf(before, successor(known(before), { lifecycle: all[to] }))).toBe(want);
  });

  it.each(steps)('a reference set from %s to %s: %s', (from, to, want) => {
    const before = withSets([referenceSet('a', all[from])]);
    expect(verdictOf(before, withSets([referenceSet('a', all[to])], before))).toBe(want);
  });

  const a = (lifecycle: object) => referenceSet('a', { ...lifecycle });
  it.each([
    ['a revoked set that is gone', [a(revoked)], [], 'reject'],
    ['a set of another state that is gone', [a(deprecated)], [], 'accept'],
    ['a new set', [], [a(active)], 'accept'],
    [
      'an id with other values',
      [a(active)],
      [{ ...a(active), measurement: 'b'.repeat(96) }],
      'reject',
    ],
    [
      'an id with other values, revoked',
      [a(active)],
      [{ ...a(revoked), measurement: 'b'.repeat(96) }],
      'reject',
    ],
    ['revoked from later on', [a(revoked)], [a(later)], 'reject'],
    ['revoked from earlier on', [a(revoked)], [a(earlier)], 'accept'],
    [
      'skipped for another reason',
      [a(active)],
      [{ ...a(active), hostData: { skip: 'there is nobody to ask' } }],
      'accept',
    ],
    [
      'only told otherwise',
      [a(active)],
      [{ ...a(active), provenance: { kind: 'observed', source: 'a colleague' } }],
      'accept',
    ],
  ] as const)('%s: %s', (_name, before, after, want) => {
    const previous = withSets(before);
    expect(verdictOf(previous, withSets(after, previous))).toBe(want);
  });

  it('an id stands for one set', () => {
    const { policy, digest } = known(second);
    const sets = policy.referenceSets.flatMap((set) => [set, set]);
    const next = { digest, policy: { ...policy, referenceSets: sets } };
    const context = { keyring: keyringOf(), signed: signedBy(second), now };
    const { checks } = checkRevision(known(first), next, context);
    expect(checks.find(({ outcome }) => outcome === 'fail')).toMatchObject({
      id: 'policy.chain.lifecycle',
      got: 'an id that appears twice',
    });
  });

  it('values stay the same with another id and another reason to skip, and no others do', () => {
    const digestOf = (more: object) =>
      known(withSets([{ ...a(active), ...more }])).policy.referenceSets[1]?.digest;
    const same = { id: 'image-a2', hostData: { skip: 'for another reason' } };
    expect(digestOf(same)).toBe(digestOf({}));
    expect(digestOf({ hostData: '0'.repeat(64) })).not.toBe(digestOf({}));
  });

  it('the values of a revoked set don’t come back under another id', () => {
    const before = known(withSets([a(active)]));
    const values = before.policy.referenceSets[1]?.digest ?? '';
    const sets = [
      { id: 'image-a', lifecycle: { ...revoked, state: 'revoked' as const }, digest: values },
      { id: 'image-a2', lifecycle: { state: 'active' as const }, digest: values },
    ];
    const { policy, digest } = known(successor(before));
    const next = { digest, policy: { ...policy, referenceSets: sets } };
    const context = { keyring: keyringOf(), signed: signedBy(successor(before)), now };
    expect(checkRevision(before, next, context).checks[3]).toMatchObject({
      id: 'policy.chain.lifecycle',
      outcome: 'fail',
      got: 'active as image-a2',
    });
  });
});
