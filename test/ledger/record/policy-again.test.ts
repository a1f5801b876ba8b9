import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { PolicyTrust } from '../../../src/appraisal/policy/signing/policy-trust.ts';
import { makeRevocation } from '../../../src/appraisal/policy/signing/revocation.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { signEnvelope } from '../../../src/core/encoding/dsse-signatures.ts';
import { parseManifest } from '../../../src/ledger/record/manifest.ts';
import { Replayer, replayDecision } from '../../../src/ledger/record/replay.ts';
import { challenged, policyFor, wholeMachine } from '../../support/policy.ts';
import { captured, ENGINE, givenOf, lookup, used } from '../../support/record.ts';
import {
  alice,
  bob,
  carol,
  envelopeOf,
  known,
  mallory,
  type Person,
  written,
} from '../../support/signed-policy.ts';

const HOUR = 3600_000;
const machine = await wholeMachine();
const given = givenOf(machine, {
  endorsements: machine.published,
  expected: { nonce: machine.plan.nonce },
});
const now = given.at.evidence;
const first = readPolicy(utf8(JSON.stringify(policyFor(challenged(machine)))));
const second = readPolicy(
  utf8(
    JSON.stringify(
      policyFor(challenged(machine), (draft) => {
        draft.metadata.revision = 2;
        draft.metadata.previous = first.digest;
      }),
    ),
  ),
);

const keyring = (more: object = {}) => ({
  file: utf8(
    JSON.stringify({
      v: 1,
      name: '*',
      threshold: 2,
      activationDelay: '0s',
      keys: Object.entries({ alice, bob, carol }).map(([owner, { publicPem }]) => ({
        owner,
        publicKey: publicPem,
      })),
      ...more,
    }),
  ),
});
const signed = (policy = first, by: readonly Person[] = [alice, bob]) =>
  written(envelopeOf(policy.canonical, by));
const revoked = (at: number, by = alice) =>
  written(signEnvelope(makeRevocation(known(first), 'not good any more', at), by));

interface Case {
  readonly policy?: typeof first;
  readonly by?: readonly Person[];
  readonly revocations?: readonly Uint8Array[];
  readonly trust?: Partial<PolicyTrust>;
}

function decision({ policy = first, by, revocations = [], trust }: Case) {
  return captured(
    given,
    used(policy, {
      envelope: signed(policy, by),
      revocations,
      trust: { keyring: keyring(), at: now, ...trust },
    }),
  );
}

const replayed = (one: Case, engine = ENGINE) => {
  const record = decision(one);
  return replayDecision(record.manifest, lookup(record), { engine });
};

describe('a signed policy of a record', () => {
  const pems = [alice, bob].map(({ publicPem }) => utf8(publicPem));

  it.each<[string, Case]>([
    ['by a keyring', {}],
    ['by keys one by one', { trust: { keyring: { keys: pems, threshold: 2 } } }],
    ['by one of two keys', { by: [bob], trust: { keyring: { keys: pems, threshold: 1 } } }],
    ['after the revision before', { policy: second, trust: { previous: signed() } }],
    [
      'whose delay is past',
      {
        policy: second,
        trust: {
          previous: signed(),
          keyring: keyring({ activationDelay: '24h' }),
          firstSeen: now - 25 * HOUR,
        },
      },
    ],
    ['with a revocation of later', { revocations: [revoked(now + HOUR)] }],
    ['with a revocation that nobody signed who may', { revocations: [revoked(now, mallory)] }],
  ])('%s, was one to decide by', (_name, one) => {
    const replay = replayed(one);
    expect(replay).toMatchObject({ outcome: 'same', verdict: 'accept' });
    expect(replay).not.toHaveProperty('note');
  });

  it.each<[string, Case, string]>([
    ['that too few signed', { by: [alice] }, 'policy.signed.signatures'],
    ['that a stranger signed', { by: [alice, mallory] }, 'policy.signed.signatures'],
    [
      'of another name than the keys may speak for',
      { trust: { keyring: keyring({ name: 'another' }) } },
      'policy.signed.name',
    ],
    ['that was revoked', { revocations: [revoked(now)] }, 'policy.signed.revocation'],
    [
      'that was revoked among other revocations',
      { revocations: [utf8('none'), revoked(now - HOUR)] },
      'policy.signed.revocation',
    ],
    [
      'that does not follow on the revision before',
      { trust: { previous: signed(second) } },
      'policy.chain.rollback',
    ],
    [
      'that was not in force yet',
      {
        policy: second,
        trust: {
          previous: signed(),
          keyring: keyring({ activationDelay: '24h' }),
          firstSeen: now - HOUR,
        },
      },
      'policy.chain.activation',
    ],
  ])('%s, was none', (_name, one, check) => {
    const replay = replayed(one);
    expect(replay).toMatchObject({ outcome: 'different', which: ['signing'] });
    const found = replay.outcome === 'different' ? (replay.findings ?? []) : [];
    expect(found.map(({ at }) => at)).toContain(check);
    expect(replayed(one, 'postern/9.0.0')).toMatchObject({
      outcome: 'not-replayable',
      because: expect.stringContaining('another signing'),
    });
  });

  it.each<[string, Partial<PolicyTrust>, string]>([
    ['a keyring that is none', { keyring: { file: utf8('{}') } }, 'trust.keyring'],
    ['no keys', { keyring: { keys: [], threshold: 1 } }, 'trust.keyring.threshold'],
    ['nobody wanted', { keyring: { keys: pems, threshold: 0 } }, 'trust.keyring.threshold'],
    ['more wanted than there are', { keyring: { keys: pems, threshold: 3 } }, 'trust.keyring.thr'],
    [
      'one key twice',
      { keyring: { keys: [...pems, ...pems.slice(0, 1)], threshold: 2 } },
      'trust.keyring.keys: the same key twice',
    ],
    ['a revision before that is none', { previous: utf8('{}') }, 'trust.previous'],
  ])('under %s can’t be asked about', (_name, trust, at) => {
    expect(replayed({ trust })).toMatchObject({
      outcome: 'not-replayable',
      because: expect.stringContaining(`manifest.policy.${at}`),
    });
  });

  it('is asked about at its own time, each record for itself', () => {
    const replayer = new Replayer({ engine: ENGINE });
    const revocations = [revoked(now)];
    const outcomes = [now - 1000, now, now - 1000].map((at) => {
      const one = decision({ revocations, trust: { at } });
      return replayer.replay(one.manifest, lookup(one)).outcome;
    });
    expect(outcomes).toEqual(['same', 'different', 'same']);
    // And what does not depend on the time, by its own keyring.
    const others = [{}, { by: [alice] }, { trust: { at: now - 1 } }].map((one) => {
      const record = decision(one);
      return replayer.replay(record.manifest, lookup(record)).outcome;
    });
    expect(others).toEqual(['same', 'different', 'same']);
  });

  it('that was asked about for another time than the decision says so', () => {
    const clocksOf = (at: number) =>
      parseManifest(decision({ trust: { at } }).manifest).otherClocks;
    expect(clocksOf(now - 1000)).not.toContain('policy');
    expect(clocksOf(now - HOUR)).toContain('policy');
  });
});

describe('the version of a record', () => {
  const versionOf = (manifest: Uint8Array) => JSON.parse(new TextDecoder().decode(manifest)).v;

  it('is 2 where it says on whose word the policy was taken, and 1 elsewhere', () => {
    expect(versionOf(decision({}).manifest)).toBe(2);
    expect(versionOf(captured(given, used(first)).manifest)).toBe(1);
    expect(versionOf(captured(given).manifest)).toBe(1);
  });

  it('1 with an envelope still replays, and says what was not checked again', () => {
    const old = captured(given, used(first, { envelope: signed() }));
    expect(versionOf(old.manifest)).toBe(1);
    const says = 'who signed the policy was not checked again';
    const replay = (engine: string) => replayDecision(old.manifest, lookup(old), { engine });
    for (const engine of [ENGINE, 'postern/9.0.0']) {
      expect(replay(engine)).toMatchObject({
        outcome: 'same',
        note: expect.stringContaining(says),
      });
    }
  });

  it('with a trust of an unsigned policy is written by nobody', () => {
    const trust = { keyring: keyring(), at: now };
    expect(() => captured(given, used(first, { trust }))).toThrow(/there is no envelope/);
  });
});
