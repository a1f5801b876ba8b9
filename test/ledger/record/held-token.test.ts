import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/appraisal/policy/signing/canonical-document.ts';
import { EAR_PROFILE, type EarClaims } from '../../../src/appraisal/result/ear-claims.ts';
import { signEarCwt } from '../../../src/appraisal/result/ear-cwt.ts';
import { signEarJwt } from '../../../src/appraisal/result/ear-jwt.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { CapturedDecision } from '../../../src/ledger/record/capture.ts';
import { replayDecision } from '../../../src/ledger/record/replay.ts';
import { issuerOf } from '../../support/ear.ts';
import { challenged, policyFor, wholeMachine } from '../../support/policy.ts';
import {
  captured,
  capturedWithToken,
  ENGINE,
  givenOf,
  lookup,
  rewritten,
  used,
} from '../../support/record.ts';

// One of each: its token has one of each thing to be held against.
const machine = await wholeMachine({ gpus: 1, switches: 1 });
const given = givenOf(machine, {
  endorsements: machine.published,
  expected: { nonce: machine.plan.nonce },
});
const policy = used(policyFor(challenged(machine)));
/** Of one piece of evidence a policy asks what it is not: a refusal, with its codes. */
const strict = used(
  policyFor(challenged(machine), (draft) => {
    draft.spec.workload.agentConfigSha256 = ['ab'.repeat(32)];
  }),
);
const issuer = issuerOf('EdDSA', 'gateway');
const FORMS = {
  jwt: async (claims: EarClaims) => utf8(await signEarJwt(claims, issuer.jwt)),
  cwt: (claims: EarClaims) => signEarCwt(claims, issuer.cwt),
} as const;
type Format = keyof typeof FORMS;

const withToken = (
  format: Format,
  edit: (claims: EarClaims) => EarClaims = (claims) => claims,
  by = policy,
) => capturedWithToken(given, by, (claims) => FORMS[format](edit(claims)));

const replayed = (one: CapturedDecision, engine = ENGINE) =>
  replayDecision(one.manifest, lookup(one), { engine });

const ours = (more: Partial<EarClaims['postern']>) => (claims: EarClaims) => ({
  ...claims,
  postern: { ...claims.postern, ...more },
});

describe.each(['jwt', 'cwt'] as const)('a recorded token, %s', (format) => {
  it('of this decision is the same, an acceptance and a refusal', async () => {
    expect(replayed(await withToken(format))).toMatchObject({ outcome: 'same', verdict: 'accept' });
    const refused = await withToken(format, undefined, strict);
    expect(refused.leaf.codes).toContain('policy.workload.agent_config');
    expect(replayed(refused)).toMatchObject({ outcome: 'same', verdict: 'reject' });
  });

  it.each<[string, (claims: EarClaims) => EarClaims]>([
    ['who issued it', (claims) => ({ ...claims, iss: 'https://other.example' })],
    ['about whom', (claims) => ({ ...claims, sub: 'node-8' })],
    ['for whom', (claims) => ({ ...claims, aud: 'https://another.example' })],
    ['when', (claims) => ({ ...claims, iat: claims.iat + 30, nbf: claims.nbf + 30 })],
    [
      'and what build calls itself is its own',
      (claims) => ({ ...claims, ear_verifier_id: { ...claims.ear_verifier_id, build: 'x' } }),
    ],
    ['as is an end before that of the decision', (claims) => ({ ...claims, exp: claims.exp - 1 })],
    ['and the nonce of who asked for it', (claims) => ({ ...claims, eat_nonce: 'AAAAAAAAAAA' })],
  ])('%s', async (_name, edit) => {
    expect(replayed(await withToken(format, edit)).outcome).toBe('same');
  });

  const differing: readonly (readonly [at: string, edit: (claims: EarClaims) => EarClaims])[] = [
    ['jti', (claims) => ({ ...claims, jti: 'f'.repeat(32) })],
    ['exp', (claims) => ({ ...claims, exp: claims.exp + 1 })],
    ['nbf', (claims) => ({ ...claims, nbf: claims.nbf - 1 })],
    ['eat_nonce', ({ eat_nonce: _, ...claims }) => claims as EarClaims],
    ['ear_status', (claims) => ({ ...claims, ear_status: 'affirming' })],
    [
      'submods.gpu0.ear_status',
      ({ submods, ...claims }) => ({
        ...claims,
        submods: {
          ...submods,
          gpu0: { ...(submods['gpu0'] as NonNullable<typeof submods.x>), ear_status: 'none' },
        },
      }),
    ],
    ['postern.verdict', ours({ verdict: 'reject' })],
    ['postern.anchors', ours({ anchors: 'vendor' })],
    ['postern.evidenceSha256', ours({ evidenceSha256: 'ab'.repeat(32) })],
    ['postern.labels', ours({ labels: { region: 'x' } })],
    ['postern.endorsements', ours({ endorsements: [] })],
    [
      'postern.policy.digest',
      (claims) =>
        ours({ policy: { ...claims.postern.policy, digest: digestOf(utf8('another')) } })(claims),
    ],
    [
      'postern.policy.revision',
      (claims) => ours({ policy: { ...claims.postern.policy, revision: 9 } })(claims),
    ],
  ];

  it.each(differing)('with another %s is a difference there', async (at, edit) => {
    const replay = replayed(await withToken(format, edit));
    expect(replay).toMatchObject({ outcome: 'different', which: ['token'] });
    const found = replay.outcome === 'different' ? (replay.findings ?? []) : [];
    expect(found.map((one) => one.at)).toEqual([`token.${at}`]);
  });

  it('that leaves a code out, or has one more, is a difference there', async () => {
    const none = replayed(await withToken(format, ours({ checks: [] }), strict));
    expect(none).toMatchObject({ which: ['token'], findings: [{ at: 'token.postern.checks' }] });
    const check = { code: 'tdx.tcb.status', outcome: 'fail', path: 'quote' };
    const more = replayed(await withToken(format, ours({ checks: [check] })));
    expect(more).toMatchObject({
      which: ['token'],
      findings: [{ at: 'token.postern.checks[0].code', want: 'none', got: 'tdx.tcb.status' }],
    });
  });

  it('that contradicts its record is wrong under any release; its wording is not', async () => {
    const wrong = await withToken(format, ours({ verdict: 'reject' }));
    expect(replayed(wrong, 'postern/9.0.0')).toMatchObject({
      outcome: 'different',
      which: ['token'],
      findings: [{ at: 'token.postern.verdict', want: 'accept', got: 'reject' }],
    });
    const words = await withToken(format, ours({ warnings: ['in other words'] }));
    expect(replayed(words, 'postern/9.0.0')).toMatchObject({ outcome: 'same' });
    expect(replayed(words)).toMatchObject({ findings: [{ at: 'token.postern.warnings' }] });
  });
});

describe('what is no token of the record', () => {
  it.each<[string, Uint8Array, string]>([
    ['text', utf8('a token'), 'token'],
    ['nothing', new Uint8Array(), 'token'],
    ['bytes', Uint8Array.of(0xd2, 0x84), 'token'],
    ['other bytes', Uint8Array.of(0xff, 0xfe), 'token'],
  ])('%s', (_name, ear, at) => {
    expect(replayed(captured(given, policy, { ear }))).toMatchObject({
      outcome: 'different',
      which: ['token'],
      findings: [{ at: expect.stringMatching(`^${at}`), want: 'a token that can be read' }],
    });
  });

  it('another profile', async () => {
    const other = await withToken('jwt', (claims) => ({
      ...claims,
      eat_profile: `${EAR_PROFILE}x` as typeof EAR_PROFILE,
    }));
    expect(replayed(other)).toMatchObject({ findings: [{ at: 'token.eat_profile' }] });
  });

  it('one where no policy decided', async () => {
    const { blobs, manifest } = await withToken('jwt');
    const ear = JSON.parse(new TextDecoder().decode(manifest)).ear;
    const plain = captured(given);
    const both = rewritten(plain.manifest, (value) => ({ ...value, ear }));
    const all = lookup({ blobs: [...blobs, ...plain.blobs] });
    expect(replayDecision(both, all, { engine: ENGINE })).toMatchObject({
      which: ['token'],
      findings: [{ at: 'token', want: 'none, for no policy decided' }],
    });
  });

  it('an acceptance that was issued after its end', async () => {
    const late = await withToken('jwt', (claims) => ({
      ...claims,
      iat: claims.exp + 1,
      nbf: claims.exp + 1,
    }));
    expect(replayed(late)).toMatchObject({
      findings: [{ at: 'token', got: expect.stringContaining('has run out already') }],
    });
  });
});
