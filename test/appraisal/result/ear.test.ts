import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CompactSign, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Appraisal } from '../../../src/appraisal/appraise/appraisal.ts';
import { earClaims } from '../../../src/appraisal/result/ear-claims.ts';
import { signEarCwt, verifyEarCwt } from '../../../src/appraisal/result/ear-cwt.ts';
import { signEarJwt } from '../../../src/appraisal/result/ear-jwt.ts';
import { tierOf, worstTier } from '../../../src/appraisal/result/trust-vector.ts';
import { verifyEarJwt } from '../../../src/appraisal/result/verify-ear.ts';
import { toBase64Url } from '../../../src/core/encoding/base64url.ts';
import { AT, context, issuerOf } from '../../support/ear.ts';
import {
  accepted,
  answers,
  claims,
  ed25519,
  issuer,
  machine,
  pinned,
  simulated,
  strict,
  under,
  verification,
} from '../../support/ear-decisions.ts';
import { decided } from '../../support/policy.ts';

const rejected = decided(verification, ({ spec }) => {
  if (spec.composite.gpu) spec.composite.gpu.count = { exactly: 8 };
});
const open = decided(verification, ({ metadata }) => {
  metadata.lifecycle = { state: 'draft' };
});
const warned = under(
  decided(verification, ({ metadata }) => {
    metadata.lifecycle = { state: 'deprecated', sunset: '2026-12-31T00:00:00Z' };
  }),
);

const other = issuerOf('ES256', 'gateway-1');
const digest = accepted.policy.digest;
const nonce = machine.plan.nonce;
const token = await signEarJwt(claims, issuer.jwt);

describe('the claims of a decision', () => {
  it('have one piece a device, whole seconds, the policy by its digest', () => {
    expect(Object.keys(claims.submods)).toEqual([
      'cpu0',
      ...['gpu0', 'gpu1'],
      ...['nvswitch0', 'nvswitch1', 'nvswitch2', 'nvswitch3'],
    ]);
    expect(claims).toMatchObject({
      eat_profile: 'tag:ietf.org,2026:rats/ear#03',
      ear_status: 'affirming',
      iat: AT / 1000,
      exp: AT / 1000 + 900,
      eat_nonce: toBase64Url(nonce),
      ear_verifier_id: { developer: 'Postern', build: '0.1.0' },
      cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x: expect.any(String) } },
    });
    expect(claims.submods['gpu1']?.ear_appraisal_policy_ids).toEqual([
      `urn:postern:policy:test:1#${digest}`,
    ]);
    expect(claims.postern).toMatchObject({
      tcbEvaluationDataNumber: expect.any(Number),
      earliestExpiry: '2026-06-01T00:15:00Z',
      policy: { digest, referenceSet: 'machine' },
    });
    expect(claims.postern.endorsements.map(({ kind }) => kind)).toContain('tcb-info');
    expect(claims.postern.keys?.map(({ use }) => use)).toEqual([
      'ohttp',
      'tls',
      'ssh-host',
      'receipt',
    ]);
  });

  it('end no later than what the decision rests on', () => {
    const soon = { ...accepted, until: '2026-06-01T00:00:03Z' };
    expect(earClaims(soon, context).exp).toBe(AT / 1000 + 3);
    expect(() => earClaims({ ...accepted, until: '2026-06-01T00:00:00Z' }, context)).toThrow(
      'has run out already',
    );
  });

  it('of a refusal are to be had whatever has run out', () => {
    for (const until of ['2026-05-01T00:00:00Z', '2026-06-01T01:00:00Z', undefined]) {
      const { until: _none, ...refusal } = rejected;
      const said = earClaims({ ...refusal, ...(until && { until }) }, context);
      expect([said.exp, said.postern.earliestExpiry]).toEqual([AT / 1000 + 300, until]);
    }
    const { until: _none, ...endless } = accepted;
    expect(() => earClaims(endless, context)).toThrow('has run out already');
  });

  it('say of a refusal that it is one, in the whole and in each piece', () => {
    for (const [appraisal, status] of [
      [simulated, 'warning'],
      [under(rejected), 'contraindicated'],
      [under(open), 'none'],
      [warned, 'warning'],
    ] as const) {
      const said = earClaims(appraisal, context);
      expect(said.ear_status).toBe(status);
      // Of the whole nothing is left that somebody could rely upon.
      expect(new Set(Object.values(said.submods).map((one) => one.ear_status))).toEqual(
        new Set([status]),
      );
    }
    const hardware = (name: string) =>
      earClaims(warned, context).submods[name]?.ear_trustworthiness_vector.hardware;
    expect([hardware('cpu0'), hardware('gpu0')]).toEqual([32, 2]);
    expect(earClaims(rejected, context).postern.checks).toEqual([
      { code: 'policy.gpu.count', outcome: 'fail', path: 'devices' },
    ]);
  });

  it('are never better than the worst part, whatever the answers', () => {
    const outcome = fc.constantFrom('pass', 'fail', 'unresolved', 'skipped');
    const verdict = fc.constantFrom('accept', 'reject', 'indeterminate');
    fc.assert(
      fc.property(
        fc.infiniteStream(outcome),
        verdict,
        fc.array(verdict, { minLength: 7, maxLength: 7 }),
        (outcomes, whole, parts) => {
          const next = () => outcomes.next().value ?? 'fail';
          const changed = accepted.checks.map((check) => ({
            ...check,
            outcome: next(),
            want: 'a',
            got: 'b',
            because: 'c',
          }));
          const pieces = accepted.parts.map((part, i) => ({
            ...part,
            verdict: parts[i] ?? 'reject',
            checks: part.checks.map((check) => ({
              ...check,
              outcome: next(),
              want: 'a',
              got: 'b',
              because: 'c',
            })),
          }));
          const appraisal = {
            ...accepted,
            verdict: whole,
            checks: changed,
            parts: pieces,
          } as unknown as Appraisal;
          const said = earClaims(appraisal, context);
          const submods = Object.values(said.submods);
          const worst = worstTier(submods.map((one) => one.ear_status));
          expect(worstTier([said.ear_status, worst])).toBe(said.ear_status);
          if (whole !== 'accept') expect(said.ear_status).not.toBe('affirming');
          for (const [i, one] of submods.entries()) {
            const values = Object.values(one.ear_trustworthiness_vector).filter(
              (value) => value !== 0,
            );
            expect(worstTier([one.ear_status, ...values.map(tierOf)])).toBe(one.ear_status);
            if (parts[i] !== 'accept') expect(one.ear_status).not.toBe('affirming');
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a token', () => {
  it.each([
    ['ES256', issuer],
    ['EdDSA', ed25519],
  ] as const)('of %s is accepted by who wants just that', async (_name, by) => {
    const signed = await signEarJwt(claims, by.jwt);
    expect(answers(verifyEarJwt(signed, pinned, strict))).toEqual([]);
    expect(verifyEarJwt(signed, pinned, strict).verdict).toBe('accept');
    const cwt = signEarCwt(claims, by.cwt);
    expect(answers(verifyEarCwt(cwt, pinned, strict))).toEqual([]);
    expect(verifyEarCwt(cwt, pinned, strict).claims).toEqual(
      verifyEarJwt(signed, pinned, strict).claims,
    );
  });

  it.each([
    ['another issuer', { issuer: 'https://other.example' }, 'ear.issuer'],
    ['another audience', { audience: 'https://other.example' }, 'ear.audience'],
    ['another nonce', { nonce: new Uint8Array(32) }, 'ear.nonce'],
    ['another policy', { policyDigests: [`sha256:${'0'.repeat(64)}`] }, 'ear.policy'],
    ['more pieces', { submods: { gpu: 8 } }, 'ear.submods'],
    ['a later time', { now: AT + 900_000 }, 'ear.times'],
    ['an earlier time', { now: AT - 6000 }, 'ear.times'],
  ])('is refused by who wants %s', (_what, more, id) => {
    const want = { ...strict, ...more };
    expect(answers(verifyEarJwt(token, pinned, want))).toEqual([`fail:${id}`]);
    expect(answers(verifyEarCwt(signEarCwt(claims, issuer.cwt), pinned, want))).toEqual([
      `fail:${id}`,
    ]);
  });

  it('is accepted by who relies on other policies as well, in any order', () => {
    const others = [`sha256:${'1'.repeat(64)}`, digest, `sha256:${'2'.repeat(64)}`];
    expect(answers(verifyEarJwt(token, pinned, { ...strict, policyDigests: others }))).toEqual([]);
  });

  it('without a nonce is refused by who wants one', async () => {
    const { eat_nonce: _none, ...without } = claims;
    const signed = await signEarJwt(without, issuer.jwt);
    expect(answers(verifyEarJwt(signed, pinned, strict))).toEqual(['fail:ear.nonce']);
  });

  it.each([
    ['rejected', rejected],
    ['open', open],
    ['warned', warned],
  ] as const)('of a decision that is %s affirms nothing', async (name, appraisal) => {
    const said = earClaims(appraisal, context);
    const signed = await signEarJwt(said, issuer.jwt);
    const want = { ...strict, policyDigests: [appraisal.policy.digest] };
    expect(answers(verifyEarJwt(signed, pinned, want))).toEqual(['fail:ear.status']);
    expect(answers(verifyEarCwt(signEarCwt(said, issuer.cwt), pinned, want))).toEqual([
      'fail:ear.status',
    ]);
    const lenient = verifyEarJwt(signed, pinned, { ...want, accept: 'warning' });
    expect(lenient.verdict).toBe(name === 'warned' ? 'accept' : 'reject');
  });

  it.each([
    [
      'a piece worse than the whole',
      {
        submods: {
          ...claims.submods,
          gpu0: { ...claims.submods['gpu0'], ear_status: 'contraindicated' },
        },
      },
      'ear.status',
    ],
    [
      'a claim worse than its piece',
      {
        submods: {
          ...claims.submods,
          gpu0: { ...claims.submods['gpu0'], ear_trustworthiness_vector: { hardware: 97 } },
        },
      },
      'ear.status',
    ],
    ['a verdict that is none', { postern: { ...claims.postern, verdict: 'reject' } }, 'ear.status'],
    ['no pieces', { submods: {} }, 'ear.format'],
    [
      'a piece without a policy',
      { submods: { cpu0: { ...claims.submods['cpu0'], ear_appraisal_policy_ids: [] } } },
      'ear.format',
    ],
    ['another profile', { eat_profile: 'tag:example.org,2024:other' }, 'ear.format'],
    ['a status of its own', { ear_status: 'fine' }, 'ear.format'],
    ['a fraction of a second', { exp: AT / 1000 + 0.5 }, 'ear.format'],
    ['no end', { exp: undefined }, 'ear.format'],
  ])('whose issuer errs is refused: %s', async (_what, change, id) => {
    const signed = await new SignJWT({ ...claims, ...change } as never)
      .setProtectedHeader({ alg: 'ES256', typ: 'eat+jwt', kid: 'gateway-1' })
      .sign(issuer.jwt.privateKey as never);
    const { verdict, checks } = verifyEarJwt(signed, pinned, strict);
    expect(verdict).toBe('reject');
    expect(checks.find(({ id: own }) => own === id)?.outcome).toBe('fail');
  });
});

describe('a forger', () => {
  const encoded = (value: unknown) => toBase64Url(new TextEncoder().encode(JSON.stringify(value)));
  const [header = '', payload = '', signature = ''] = token.split('.');
  const withHeader = (value: object) => `${encoded(value)}.${payload}.${signature}`;
  const signedWith = (protectedHeader: object) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader(protectedHeader as never)
      .sign(other.jwt.privateKey as never);

  it('signs with another key of the same id', async () => {
    const forged = await signEarJwt(claims, other.jwt);
    expect(answers(verifyEarJwt(forged, pinned, strict))).toEqual(['fail:ear.signature']);
    expect(answers(verifyEarCwt(signEarCwt(claims, other.cwt), pinned, strict))).toEqual([
      'fail:ear.signature',
    ]);
  });

  it('brings its own key along', async () => {
    const forged = await signedWith({
      alg: 'ES256',
      typ: 'eat+jwt',
      kid: 'gateway-1',
      jwk: await other.jwk(),
    });
    expect(verifyEarJwt(forged, pinned, strict).verdict).toBe('reject');
  });

  it('names no algorithm, or that of a secret which is everybody’s', () => {
    const none = `${encoded({ alg: 'none', typ: 'eat+jwt', kid: 'gateway-1' })}.${payload}.`;
    expect(verifyEarJwt(none, pinned, strict).verdict).toBe('reject');
    const head = encoded({ alg: 'HS256', typ: 'eat+jwt', kid: 'gateway-1' });
    const mac = createHmac('sha256', issuer.publicKey.export({ type: 'spki', format: 'pem' }))
      .update(`${head}.${payload}`)
      .digest();
    const confused = verifyEarJwt(
      `${head}.${payload}.${toBase64Url(new Uint8Array(mac))}`,
      pinned,
      strict,
    );
    expect(answers(confused)).toEqual(['fail:ear.algorithm', 'fail:ear.signature']);
  });

  it.each([
    ['another type', { alg: 'ES256', typ: 'JWT', kid: 'gateway-1' }],
    ['no type', { alg: 'ES256', kid: 'gateway-1' }],
    ['an extension', { alg: 'ES256', typ: 'eat+jwt', kid: 'gateway-1', crit: ['exp'], exp: 1 }],
    ['a key that nobody pinned', { alg: 'ES256', typ: 'eat+jwt', kid: 'gateway-9' }],
  ])('changes the header: %s', (_what, value) => {
    expect(verifyEarJwt(withHeader(value), pinned, strict).verdict).toBe('reject');
  });

  it('says a thing twice', () => {
    const json = `${JSON.stringify(claims).slice(0, -1)},"ear_status":"affirming"}`;
    const twice = `${header}.${toBase64Url(new TextEncoder().encode(json))}.${signature}`;
    expect(verifyEarJwt(twice, pinned, strict).verdict).toBe('reject');
  });
});

describe('the ten lines of the documentation', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../../policies/README.md'), 'utf8');
  const source = /```js\n(import \{ createLocalJWKSet[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const url = `data:text/javascript,${encodeURIComponent(source.replace("from 'jose'", `from ${JSON.stringify(import.meta.resolve('jose'))}`))}`;
  const { mayRely } = (await import(/* @vite-ignore */ url)) as {
    mayRely: (token: string, wanted: object) => Promise<boolean>;
  };
  const jwks = { keys: [await issuer.jwk()] };
  const now = await signEarJwt(
    { ...claims, iat: seconds(), nbf: seconds(), exp: seconds() + 60 },
    issuer.jwt,
  );
  const want = {
    jwks,
    issuer: context.issuer,
    audience: context.audience,
    nonce: claims.eat_nonce,
    policyDigest: digest,
  };

  it('are few, and take a good token', async () => {
    expect(source.split('\n').length).toBeLessThanOrEqual(14);
    expect(await mayRely(now, want)).toBe(true);
  });

  it.each([
    ['issuer', { issuer: undefined }],
    ['audience', { audience: undefined }],
  ])('throw where no %s is given: unset is not any', async (_what, more) => {
    await expect(mayRely(now, { ...want, ...more })).rejects.toThrow();
  });

  it.each([
    ['nonce', { nonce: undefined }],
    ['policy', { policyDigest: undefined }],
  ])('refuse where no %s is given', async (_what, more) => {
    expect(await mayRely(now, { ...want, ...more })).toBe(false);
  });

  it.each([
    ['no policy', []],
    ['another policy besides', [claims.submods['cpu0']?.ear_appraisal_policy_ids[0], 'urn:x#y']],
  ])('refuse a piece with %s', async (_what, ids) => {
    const cpu0 = { ...claims.submods['cpu0'], ear_appraisal_policy_ids: ids };
    const odd = {
      ...claims,
      iat: seconds(),
      nbf: seconds(),
      exp: seconds() + 60,
      submods: { cpu0 },
    };
    expect(await mayRely(await signEarJwt(odd as never, issuer.jwt), want)).toBe(false);
  });

  it.each([
    ['nonce', { nonce: 'AAAAAAAAAAA' }],
    ['policy', { policyDigest: `sha256:${'0'.repeat(64)}` }],
  ])('refuse another %s', async (_what, more) => {
    expect(await mayRely(now, { ...want, ...more })).toBe(false);
  });

  it.each([
    ['audience', { audience: 'https://other.example' }],
    ['issuer', { issuer: 'https://other.example' }],
    ['key', { jwks: { keys: [] } }],
  ])('throw for another %s', async (_what, more) => {
    await expect(mayRely(now, { ...want, ...more })).rejects.toThrow();
  });

  it('refuse what is expired, and what affirms nothing', async () => {
    await expect(mayRely(token, want)).rejects.toThrow();
    const refusal = await signEarJwt(
      { ...earClaims(rejected, context), iat: seconds(), nbf: seconds(), exp: seconds() + 60 },
      issuer.jwt,
    );
    expect(await mayRely(refusal, { ...want, policyDigest: rejected.policy.digest })).toBe(false);
  });
});

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

describe('a token of what was let pass', () => {
  const waived = [{ code: 'nvidia.opaque.known', path: 'opaque', because: 'allowed: type 37' }];
  const said = { ...claims, postern: { ...claims.postern, waived } };

  it.each(['jwt', 'cwt'] as const)(
    'is no better than a warning, whatever a %s says',
    async (form) => {
      const verified = async (more: object) =>
        form === 'cwt'
          ? verifyEarCwt(signEarCwt(said, issuer.cwt), pinned, { ...strict, ...more })
          : verifyEarJwt(await signEarJwt(said, issuer.jwt), pinned, { ...strict, ...more });
      const result = await verified({});
      expect(said.ear_status).toBe('affirming');
      expect(answers(result)).toEqual(['fail:ear.status']);
      expect(result.claims?.waived).toEqual(['nvidia.opaque.known']);
      expect(answers(await verified({ accept: 'warning' }))).toEqual([]);
    },
  );

  it('of before there was such a claim waives nothing', async () => {
    const { waived: _none, ...before } = claims.postern;
    const old = { ...claims, postern: before } as typeof claims;
    const result = verifyEarJwt(await signEarJwt(old, issuer.jwt), pinned, strict);
    expect([result.verdict, result.claims?.waived]).toEqual(['accept', []]);
  });
});
