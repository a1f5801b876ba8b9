import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { earClaims } from '../../../src/appraisal/result/ear-claims.ts';
import { signEarCwt, verifyEarCwt } from '../../../src/appraisal/result/ear-cwt.ts';
import { signEarJwt } from '../../../src/appraisal/result/ear-jwt.ts';
import { verifyEarJwt } from '../../../src/appraisal/result/verify-ear.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64Url } from '../../../src/core/encoding/base64url.ts';
import { decodeCbor } from '../../../src/core/encoding/cbor.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import { CborFloat, type CborMap, type CborValue } from '../../../src/core/encoding/cbor-value.ts';
import { buildCoseSign1, parseCoseSign1 } from '../../../src/core/encoding/cose-sign1.ts';
import { AT, context } from '../../support/ear.ts';
import {
  accepted,
  answers,
  claims,
  ed25519,
  issuer,
  machine,
  pinned,
  strict,
} from '../../support/ear-decisions.ts';
import { asView } from '../../support/view.ts';

/** A header and a payload of one's own, signed by the issuer itself. */
const signed = (header: object, payload: string = JSON.stringify(claims)) => {
  const text = `${toBase64Url(utf8(JSON.stringify(header)))}.${toBase64Url(utf8(payload))}`;
  return `${text}.${toBase64Url(issuer.cwt.sign(utf8(text)))}`;
};
const HEADER = { alg: 'ES256', typ: 'eat+jwt', kid: 'gateway-1' };
const issuersJwk = await issuer.jwk();
const judged = (token: string) => answers(verifyEarJwt(token, pinned, strict));

describe('the issuer’s own signature does not save', () => {
  it('nothing that is as it should be', () => {
    expect(judged(signed(HEADER))).toEqual([]);
  });

  it.each<[string, object]>([
    ['another type', { ...HEADER, typ: 'JWT' }],
    ['no type', { alg: 'ES256', kid: 'gateway-1' }],
    ['no algorithm', { typ: 'eat+jwt', kid: 'gateway-1' }],
    ['an extension', { ...HEADER, crit: ['b64'], b64: false }],
    ['an embedded key', { ...HEADER, jwk: issuersJwk }],
    ['an embedded chain', { ...HEADER, x5c: ['MIIB'] }],
    ['a place to fetch keys from', { ...HEADER, jku: 'https://gateway.example/jwks' }],
    ['a key id that is a number', { ...HEADER, kid: 1 }],
  ])('a header with %s', (_what, header) => {
    expect(judged(signed(header))).toEqual(['fail:ear.format']);
  });

  it.each([
    ['the algorithm of another key', { ...HEADER, alg: 'EdDSA' }],
    ['a secret’s algorithm', { ...HEADER, alg: 'HS256' }],
    ['none', { ...HEADER, alg: 'none' }],
    ['the id of another key', { ...HEADER, kid: 'gateway-2' }],
  ])('%s', (_what, header) => {
    expect(judged(signed(header))).toEqual(['fail:ear.algorithm', 'fail:ear.signature']);
  });

  it.each([
    ['an id that nobody pinned', { ...HEADER, kid: 'gateway-9' }],
    ['no id where every key has one', { alg: 'ES256', typ: 'eat+jwt' }],
  ])('%s', (_what, header) => {
    expect(judged(signed(header))).toEqual(['fail:ear.signature']);
  });

  it.each<[string, object]>([
    ['a nonce that is a list', { eat_nonce: [claims.eat_nonce] }],
    ['a nonce of 7 bytes', { eat_nonce: toBase64Url(new Uint8Array(7)) }],
    ['a nonce of 65 bytes', { eat_nonce: toBase64Url(new Uint8Array(65)) }],
    ['a nonce with padding', { eat_nonce: `${claims.eat_nonce}=` }],
    ['an end in another century', { exp: 1e12 }],
    ['an end that is text', { exp: `${claims.exp}` }],
    ['a beginning before all', { nbf: -1 }],
    ['no beginning', { nbf: undefined }],
    ['several audiences', { aud: [claims.aud] }],
    ['no issuer', { iss: undefined }],
    ['no id', { jti: undefined }],
    ['no status', { ear_status: undefined }],
    ['a status that is a number', { ear_status: 2 }],
    ['no verdict', { postern: {} }],
    ['a piece without a status', { submods: { cpu0: { ear_appraisal_policy_ids: ['a'] } } }],
    [
      'a claim below all tiers',
      {
        submods: {
          ...claims.submods,
          cpu0: { ...claims.submods['cpu0'], ear_trustworthiness_vector: { hardware: -1 } },
        },
      },
    ],
    [
      'more pieces than any machine has',
      {
        submods: Object.fromEntries(
          Array.from({ length: 129 }, (_, i) => [`gpu${i}`, claims.submods['gpu0']]),
        ),
      },
    ],
  ])('%s', (_what, change) => {
    expect(judged(signed(HEADER, JSON.stringify({ ...claims, ...change })))).toEqual([
      'fail:ear.format',
    ]);
  });

  it.each([
    ['a member twice', (json: string) => `${json.slice(0, -1)},"ear_status":"affirming"}`],
    ['a member of a piece twice', (json: string) => json.replace('"cpu0":', '"cpu0":{},"cpu0":')],
    ['something behind the claims', (json: string) => `${json} x`],
    ['a list', (json: string) => `[${json}]`],
  ])('%s', (_what, change) => {
    expect(judged(signed(HEADER, change(JSON.stringify(claims))))).toEqual(['fail:ear.format']);
  });

  it.each([
    ['issued in the future', { iat: AT / 1000 + 6 }],
    ['not yet in force', { nbf: AT / 1000 + 6 }],
    ['at its very end', { exp: AT / 1000 }],
  ])('a token %s', (_what, change) => {
    expect(judged(signed(HEADER, JSON.stringify({ ...claims, ...change })))).toEqual([
      'fail:ear.times',
    ]);
  });

  it('a decision of several policies, one of which nobody relies on', () => {
    const cpu0 = claims.submods['cpu0'];
    const ids = [...(cpu0?.ear_appraisal_policy_ids ?? []), 'urn:postern:policy:any:1#sha256:00'];
    const submods = { ...claims.submods, cpu0: { ...cpu0, ear_appraisal_policy_ids: ids } };
    expect(judged(signed(HEADER, JSON.stringify({ ...claims, submods })))).toEqual([
      'fail:ear.policy',
    ]);
  });

  it.each([
    ['more than a token', (token: string) => `${token}.x`],
    ['less than a token', (token: string) => token.slice(0, token.lastIndexOf('.'))],
    ['too long a token', (token: string) => `${token}${'A'.repeat(256 * 1024)}`],
    ['padding', (token: string) => `${token}==`],
  ])('%s', (_what, change) => {
    expect(judged(change(signed(HEADER)))).toEqual(['fail:ear.format']);
  });
});

describe('the same of a CWT', () => {
  const good = signEarCwt(claims, issuer.cwt);
  const { payload = new Uint8Array() } = parseCoseSign1(good, 'token');
  const map = decodeCbor(payload, 'token') as CborMap;
  const header = new Map<CborValue, CborValue>([
    [1, -7],
    [4, utf8('gateway-1')],
    [16, 'application/eat+cwt'],
  ]);
  const made = (
    changes: readonly (readonly [CborValue, CborValue])[],
    { own = header, unprotected = new Map<CborValue, CborValue>() } = {},
  ) =>
    buildCoseSign1({
      protectedHeader: own,
      unprotectedHeader: unprotected,
      payload: encodeCbor(new Map([...map, ...changes])),
      sign: issuer.cwt.sign,
    });
  const judgedCwt = (token: Uint8Array) => answers(verifyEarCwt(token, pinned, strict));
  const headed = (...changes: readonly (readonly [CborValue, CborValue])[]) =>
    made([], { own: new Map([...header, ...changes]) });

  it('has every claim under its number, as the drafts and RFCs have it', () => {
    const cpu0 = (map.get(266) as CborMap).get('cpu0') as CborMap;
    expect([...map.keys()].filter((key) => typeof key === 'string')).toEqual(['postern']);
    expect(map.get(265)).toBe('tag:ietf.org,2026:rats/ear#03');
    expect([map.get(1), map.get(2), map.get(3)]).toEqual([claims.iss, claims.sub, claims.aud]);
    expect([map.get(4), map.get(5), map.get(6)]).toEqual([claims.exp, claims.nbf, claims.iat]);
    expect(map.get(7)).toEqual(utf8(claims.jti));
    expect(map.get(10)).toEqual(machine.plan.nonce);
    expect(map.get(1000)).toBe(2);
    expect(map.get(1004)).toEqual(
      new Map([
        [0, 'Postern'],
        [1, '0.1.0'],
      ]),
    );
    expect(cpu0.get(1000)).toBe(2);
    expect(cpu0.get(1001)).toEqual(new Map([2, 2, 3, 0, 2, 2, 0, 0].map((value, i) => [i, value])));
    expect(cpu0.get(1003)).toEqual(claims.submods['cpu0']?.ear_appraisal_policy_ids);
    expect(cpu0.get(10)).toEqual(machine.plan.nonce);
    const key = (map.get(8) as CborMap).get(1) as CborMap;
    expect([key.get(1), key.get(-1)]).toEqual([1, 6]);
    expect(toBase64Url(key.get(-2) as Uint8Array)).toBe(claims.cnf?.jwk.x);
  });

  it('reads the same from wherever it lies', () => {
    expect(judgedCwt(made([]))).toEqual([]);
    expect(verifyEarCwt(asView(good), pinned, strict)).toEqual(verifyEarCwt(good, pinned, strict));
  });

  it('of any size is not read', () => {
    expect(judgedCwt(made([]))).toEqual([]);
    expect(judgedCwt(made([[-70000, new Uint8Array(256 * 1024)]]))).toEqual(['fail:ear.format']);
  });

  it('ignores claims that it does not know', () => {
    expect(judgedCwt(made([[-70000, new Map([['a', 1]])]]))).toEqual([]);
  });

  it.each<[string, readonly (readonly [CborValue, CborValue])[]]>([
    ['an end that is a float', [[4, new CborFloat(AT / 1000 + 900)]]],
    ['an end beyond all numbers', [[4, 2n ** 60n]]],
    ['an end that is negative', [[4, -1]]],
    ['an issuer in bytes', [[1, utf8(claims.iss)]]],
    ['an id in text', [[7, claims.jti]]],
    ['a nonce in text', [[10, claims.eat_nonce ?? '']]],
    ['a nonce that is a list', [[10, [machine.plan.nonce]]]],
    ['a status in text', [[1000, 'affirming']]],
    ['a status that lies in a tier', [[1000, 3]]],
    ['pieces by number', [[266, new Map([[0, map.get(266) ?? null]])]]],
    ['no pieces', [[266, new Map()]]],
    ['a verdict of another type', [['postern', new Map([['verdict', 1]])]]],
    ['a key that is neither number nor text', [[utf8('x'), 1]]],
  ])('does not take %s', (_what, changes) => {
    expect(judgedCwt(made(changes))).toEqual(['fail:ear.format']);
  });

  it.each<[string, number, string, CborValue]>([
    ['a status', 1000, 'ear_status', 2],
    ['an end', 4, 'exp', claims.exp],
  ])('does not take %s under its name', (_what, number, name, value) => {
    const without = [...map].filter(([key]) => key !== number);
    const token = buildCoseSign1({
      protectedHeader: header,
      payload: encodeCbor(new Map<CborValue, CborValue>([...without, [name, value]])),
      sign: issuer.cwt.sign,
    });
    expect(judgedCwt(token)).toEqual(['fail:ear.format']);
  });

  it('counts a claim about a piece that has no name here', () => {
    const submods = map.get(266) as CborMap;
    const cpu0 = submods.get('cpu0') as CborMap;
    const vector = new Map([...(cpu0.get(1001) as CborMap), [9, 96], [10, 2]]);
    const changed = new Map([...submods, ['cpu0', new Map([...cpu0, [1001, vector]])]]);
    expect(judgedCwt(made([[266, changed as CborMap]]))).toEqual(['fail:ear.status']);
  });

  it.each([
    ['another type', headed([16, 'application/cwt'])],
    ['a chain that came along', headed([33, utf8('x')])],
    ['an extension', headed([2, [4]])],
    ['a key id that is no text', headed([4, Uint8Array.of(0xff)])],
    ['anything that is not signed', made([], { unprotected: new Map([[33, utf8('x')]]) })],
  ])('does not take a header with %s', (_what, token) => {
    expect(judgedCwt(token)).toEqual(['fail:ear.format']);
  });

  it('does not take the id of another key, nor one without a pinned key', () => {
    expect(judgedCwt(headed([4, utf8('gateway-2')]))).toEqual([
      'fail:ear.algorithm',
      'fail:ear.signature',
    ]);
    expect(judgedCwt(headed([4, utf8('gateway-9')]))).toEqual(['fail:ear.signature']);
  });
});

describe('what says nothing is refused before it is asked', () => {
  it.each<[string, object]>([
    ['issuer', { issuer: '' }],
    ['audience', { audience: '' }],
    ['now', { now: Number.NaN }],
    ['now', { now: Number.POSITIVE_INFINITY }],
    ['nonce', { nonce: new Uint8Array() }],
    ['nonce', { nonce: new Uint8Array(65) }],
    ['policyDigests', { policyDigests: [] }],
    ['policyDigests', { policyDigests: [''] }],
    ['submods', { submods: {} }],
    ['submods', { submods: { gpu: Number.NaN } }],
  ])('an expectation: %s %j', async (at, change) => {
    const token = await signEarJwt(claims, ed25519.jwt);
    expect(() => verifyEarJwt(token, pinned, { ...strict, ...change })).toThrow(
      expect.objectContaining({ code: 'usage', at: `ear.${at}` }),
    );
  });

  it.each<[string, object]>([
    ['issuer', { issuer: '' }],
    ['audience', { audience: '' }],
    ['subject', { subject: 'x'.repeat(1025) }],
    ['tokenId', { tokenId: '' }],
    ['build', { build: '' }],
    ['iat', { issuedAt: Number.NaN }],
    ['iat', { issuedAt: -1 }],
    ['eat_nonce', { nonce: new Uint8Array(7) }],
    ['eat_nonce', { nonce: new Uint8Array(65) }],
    ['evidenceSha256', { evidenceSha256: 'AB' }],
    ['exp', { issuedAt: AT + 900_000 }],
  ])('a context: %s %j', (at, change) => {
    expect(() => earClaims(accepted, { ...context, ...change })).toThrow(
      expect.objectContaining({ code: 'usage', at: `ear.${at}` }),
    );
  });

  it('and a nonce of the relying party’s own takes the place of the challenge', () => {
    const nonce = new Uint8Array(8).fill(3);
    const own = earClaims(accepted, { ...context, nonce });
    expect(own.eat_nonce).toBe(toBase64Url(nonce));
    expect(own.submods['cpu0']?.eat_nonce).toBe(toBase64Url(machine.plan.nonce));
  });
});

it('jose makes of a header what this reads', async () => {
  const token = await new CompactSign(utf8(JSON.stringify(claims)))
    .setProtectedHeader(HEADER)
    .sign(issuer.jwt.privateKey as never);
  expect(judged(token)).toEqual([]);
});
