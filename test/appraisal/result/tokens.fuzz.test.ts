import fc from 'fast-check';
import { expect } from 'vitest';
import { signEarCwt, verifyEarCwt } from '../../../src/appraisal/result/ear-cwt.ts';
import { signEarJwt } from '../../../src/appraisal/result/ear-jwt.ts';
import { importIssuerKeys } from '../../../src/appraisal/result/issuer-keys.ts';
import { verifyEarJwt } from '../../../src/appraisal/result/verify-ear.ts';
import { equalBytes } from '../../../src/core/bytes/equal.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64Url } from '../../../src/core/encoding/base64url.ts';
import { decodeCbor } from '../../../src/core/encoding/cbor.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import type { CborMap, CborValue } from '../../../src/core/encoding/cbor-value.ts';
import { buildCoseSign1, parseCoseSign1 } from '../../../src/core/encoding/cose-sign1.ts';
import { Fault } from '../../../src/core/fault.ts';
import {
  ed25519,
  issuer,
  pinned,
  strict as strictly,
  claims as whole,
} from '../../support/ear-decisions.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { asView } from '../../support/view.ts';

/** A token of three pieces and no long lists: damage finds what decides, and often. */
const claims: typeof whole = {
  ...whole,
  submods: Object.fromEntries(
    Object.entries(whole.submods).filter(([name]) => /^(cpu0|gpu.)$/.test(name)),
  ),
  postern: { ...whole.postern, endorsements: [], keys: [] },
};
const strict = { ...strictly, submods: { cpu: 1, gpu: 2 } };

const jwts = [
  utf8(await signEarJwt(claims, issuer.jwt)),
  utf8(await signEarJwt(claims, ed25519.jwt)),
];
const cwts = [signEarCwt(claims, issuer.cwt), signEarCwt(claims, ed25519.cwt)];
const latin1 = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);
const isOneOf = (bytes: Uint8Array, good: readonly Uint8Array[]) =>
  good.some((one) => equalBytes(one, bytes));

fuzz(
  'a JWT with damage anywhere is never accepted, and never an exception',
  fc.oneof(damaged(...jwts), fc.uint8Array({ maxLength: 200 })),
  (bytes) => {
    const { verdict } = verifyEarJwt(latin1(bytes), pinned, strict);
    expect(verdict === 'accept').toBe(isOneOf(bytes, jwts));
  },
);

fuzz(
  'a CWT with damage anywhere is never accepted, and never an exception',
  fc.oneof(damaged(...cwts), fc.uint8Array({ maxLength: 200 })),
  (bytes) => {
    const { verdict } = verifyEarCwt(bytes, pinned, strict);
    expect(verdict === 'accept').toBe(isOneOf(bytes, cwts));
    expect(verifyEarCwt(asView(bytes), pinned, strict).verdict).toBe(verdict);
  },
);

/** Told again by the plainest reader there is. */
function expectGood(said: typeof claims): void {
  expect([said.eat_profile, said.iss, said.aud]).toEqual([
    claims.eat_profile,
    claims.iss,
    claims.aud,
  ]);
  expect([said.eat_nonce, said.postern.verdict]).toEqual([claims.eat_nonce, 'accept']);
  expect(said.exp).toBeGreaterThan(strict.now / 1000);
  for (const { ear_status: status } of [said, ...Object.values(said.submods)]) {
    expect(status).toBe('affirming');
  }
  for (const one of Object.values(said.submods)) {
    const values = Object.values(one.ear_trustworthiness_vector);
    expect(Math.max(...values)).toBeLessThan(32);
    expect(one.ear_appraisal_policy_ids.length).toBeGreaterThan(0);
  }
}

const head = toBase64Url(utf8('{"alg":"EdDSA","typ":"eat+jwt","kid":"gateway-2"}'));

fuzz(
  'what an issuer signs that has lost its mind is accepted only where it affirms',
  damaged(utf8(JSON.stringify(claims))),
  (payload) => {
    const signed = `${head}.${toBase64Url(payload)}`;
    const token = `${signed}.${toBase64Url(ed25519.cwt.sign(utf8(signed)))}`;
    if (verifyEarJwt(token, pinned, strict).verdict !== 'accept') return;
    expectGood(JSON.parse(new TextDecoder().decode(payload)));
  },
);

const STATUSES = ['none', 'affirming', 'warning', 'contraindicated'] as const;

fuzz(
  'of any statuses and claims, signed well, only those that all affirm are accepted, JWT and CWT alike',
  fc.record({
    status: fc.constantFrom(...STATUSES),
    verdict: fc.constantFrom('accept', 'reject', 'indeterminate'),
    pieces: fc.array(
      fc.record({
        status: fc.oneof(fc.constant('affirming' as const), fc.constantFrom(...STATUSES)),
        hardware: fc.constantFrom(0, 2, 2, 3, 31, 32, 95, 96, 127),
      }),
      { minLength: 3, maxLength: 3 },
    ),
  }),
  ({ status: overall, verdict, pieces }) => {
    const submods = Object.fromEntries(
      Object.entries(claims.submods).map(([name, one], i) => {
        const { status = 'none', hardware = 0 } = pieces[i] ?? {};
        const vector = { ...one.ear_trustworthiness_vector, hardware };
        return [name, { ...one, ear_status: status, ear_trustworthiness_vector: vector }];
      }),
    );
    const postern = { ...claims.postern, verdict } as typeof claims.postern;
    const said = { ...claims, ear_status: overall, submods, postern };
    const good =
      overall === 'affirming' &&
      verdict === 'accept' &&
      pieces.every(({ status, hardware }) => status === 'affirming' && hardware < 32);
    const cwt = verifyEarCwt(signEarCwt(said, ed25519.cwt), pinned, strict);
    const signed = `${head}.${toBase64Url(utf8(JSON.stringify(said)))}`;
    const token = `${signed}.${toBase64Url(ed25519.cwt.sign(utf8(signed)))}`;
    const jwt = verifyEarJwt(token, pinned, strict);
    expect([jwt.verdict, cwt.verdict]).toEqual(Array(2).fill(good ? 'accept' : 'reject'));
    expect(cwt.claims).toEqual(jwt.claims);
  },
);

const { payload = new Uint8Array() } = parseCoseSign1(cwts[1] ?? new Uint8Array(), 'token');
const good = decodeCbor(payload, 'token') as CborMap;
const protectedHeader = new Map<CborValue, CborValue>([
  [1, -8],
  [4, utf8('gateway-2')],
  [16, 'application/eat+cwt'],
]);

fuzz(
  'the same of an issuer of CWTs',
  fc.oneof(
    damaged(payload),
    // One claim is exchanged for another value that CBOR has.
    fc
      .tuple(
        fc.constantFrom(...good.keys()),
        fc.constantFrom<CborValue[]>(0, 2, 1e9, 'affirming', '', null, [], new Map(), utf8('x')),
      )
      .map((entry) => encodeCbor(new Map([...good, entry]))),
  ),
  (bytes) => {
    const token = buildCoseSign1({ protectedHeader, payload: bytes, sign: ed25519.cwt.sign });
    const { verdict, claims: read } = verifyEarCwt(token, pinned, strict);
    if (verdict !== 'accept') return;
    const map = decodeCbor(bytes, 'token') as CborMap;
    expect([map.get(1000), map.get(1), map.get(3)]).toEqual([2, claims.iss, claims.aud]);
    expect([...(read?.submods.values() ?? [])].every(({ status }) => status === 'affirming')).toBe(
      true,
    );
    for (const one of (map.get(266) as CborMap).values()) {
      expect((one as CborMap).get(1000)).toBe(2);
    }
  },
);

const jwks = utf8(JSON.stringify({ keys: [await issuer.jwk(), await ed25519.jwk()] }));

fuzz(
  'a key set holds no id twice, and reads the same from wherever it lies',
  fc.oneof(damaged(jwks), fc.uint8Array({ maxLength: 100 })),
  (bytes) => {
    try {
      const keys = importIssuerKeys(bytes);
      expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(keys.length);
      expect(importIssuerKeys(asView(bytes)).map(({ key }) => key.keyId)).toEqual(
        keys.map(({ key }) => key.keyId),
      );
    } catch (error) {
      const known = ['malformed', 'unsupported', 'usage'];
      if (!(error instanceof Fault && known.includes(error.code) && error.at !== '')) throw error;
    }
  },
);
