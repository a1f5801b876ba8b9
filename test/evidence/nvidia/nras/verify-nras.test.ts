import { KeyObject } from 'node:crypto';
import { createLocalJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { toBase64 } from '../../../../src/core/encoding/base64.ts';
import {
  NRAS_CHECKS,
  NRAS_EXPECTED,
  type NrasCheckId,
} from '../../../../src/evidence/nvidia/nras/checks.ts';
import { NRAS_ISSUER, type NrasInput } from '../../../../src/evidence/nvidia/nras/input.ts';
import { verifyNras } from '../../../../src/evidence/nvidia/nras/verify-nras.ts';
import {
  BARE,
  deviceOf,
  edited,
  expectRejected,
  flaws,
  GOOD,
  gpu,
  ISSUED,
  jwks,
  KEY,
  keyFrom,
  MACHINE,
  NONCE,
  OTHER_KEY,
  overallOf,
  UEID,
} from '../../../support/nras.ts';
import { certify, party } from '../../../support/pki.ts';
import { asView } from '../../../support/view.ts';

// A service whose set has certificates, as NVIDIA's does.
const service = await party('Attestation service', 'P-384');
const ca = await party('Attestation service CA', 'P-384');
const certified = keyFrom('key-x', KeyObject.from(service.keys.privateKey));
const root = toBase64(await certify(ca, ca, { kind: 'ca' }));

async function certifiedFor(from: string, to: string, kid = 'key-x') {
  const window = { notBefore: new Date(from), notAfter: new Date(to) };
  const leaf = toBase64(await certify(service, ca, window));
  return { ...certified.jwk, kid, x5c: [leaf, root] };
}

const today = await certifiedFor('2026-05-31T12:00:00Z', '2026-06-02T12:00:00Z');
const withCertificate: NrasInput = {
  ...edited({ overallToken: { key: certified }, deviceTokens: { key: certified } }),
  jwks: jwks(today),
};

const elsewhere = { iss: 'https://nras.example' };

function capitals(text: string): string {
  return text.toUpperCase();
}

const accepted: readonly (readonly [string, NrasInput])[] = [
  ['a good statement', GOOD],
  ['one under a key with its certificate', withCertificate],
  ['one of which nothing is asked', BARE],
  [
    'one about a machine of GPUs and a switch',
    { ...edited({ devices: MACHINE }), devices: ['3', '1', '2'] },
  ],
  ['one with the label of NVIDIA’s tools', edited({ label: 'SHA256' })],
  [
    'one with digests in capitals',
    edited({
      submods: (made) => JSON.parse(JSON.stringify(made).replace(/[0-9a-f]{64}/, capitals)),
    }),
  ],
  ['claims 2.0', overallOf({ 'x-nvidia-ver': '2.0' })],
  ['one without nbf', overallOf({ nbf: undefined })],
  ['a nonce in capitals', overallOf({ eat_nonce: capitals(toHex(NONCE)) })],
  ['a header with a type', edited({ overallToken: { header: { typ: 'JWT' } } })],
  ['its first second', { ...GOOD, at: ISSUED * 1000 }],
  ['its last millisecond', { ...GOOD, at: (ISSUED + 3600) * 1000 - 1 }],
  [
    'another issuer that was asked for',
    {
      ...edited({ overall: elsewhere, devices: { 'GPU-0': gpu(UEID, elsewhere) } }),
      issuer: elsewhere.iss,
    },
  ],
  [
    'devices under a key of their own',
    { ...edited({ deviceTokens: { key: certified } }), jwks: jwks(KEY.jwk, today) },
  ],
];

describe('accepts', () => {
  it.each(accepted)('%s', (_, input) => {
    const result = verifyNras(input);
    expect(flaws(result)).toEqual({});
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
  });

  it.each(accepted)('%s, as jose does', async (_, input) => {
    const keys = createLocalJWKSet(JSON.parse(new TextDecoder().decode(input.jwks)));
    const [[, overall], devices] = JSON.parse(new TextDecoder().decode(input.eat));
    for (const compact of [overall, ...Object.values(devices)]) {
      const { payload } = await jwtVerify(compact, keys, {
        algorithms: ['ES384'],
        issuer: input.issuer ?? NRAS_ISSUER,
        currentDate: new Date(input.at),
      });
      expect(payload).toHaveProperty('eat_nonce');
    }
  });

  it('a statement that jose made', async () => {
    const header = { alg: 'ES384', kid: 'key-1' };
    const sign = (claims: object) =>
      new SignJWT({ ...claims }).setProtectedHeader(header).sign(KEY.privateKey);
    const device = await sign(gpu(UEID));
    const submods = { 'GPU-0': ['DIGEST', ['SHA-256', toHex(sha256(utf8(device)))]] };
    const result = { 'x-nvidia-overall-att-result': true };
    const overall = await sign({ ...gpu(UEID), ...result, submods });
    const { d: _, ...jwk } = await exportJWK(KEY.privateKey);
    const eat = utf8(JSON.stringify([['JWT', overall], { 'GPU-0': device }]));
    expect(verifyNras({ ...GOOD, eat, jwks: jwks({ ...jwk, kid: 'key-1' }) }).verdict).toBe(
      'accept',
    );
  });
});

it('answers every question, as custom as the set that was given', () => {
  const result = verifyNras(withCertificate);
  expect(result).toMatchObject({
    evidence: 'nras',
    anchors: 'custom',
    revocation: 'unchecked',
    at: '2026-06-01T00:30:00Z',
  });
  // Devices are only compared and never passed over: each question is answered once.
  expect(result.checks.map(({ id }) => id).toSorted()).toEqual(Object.keys(NRAS_CHECKS).toSorted());
  expect(result.claims).toMatchObject({ jwks: 'given', freshness: 'checked' });
});

it('says without a nonce that nothing is fresh', () => {
  const result = verifyNras(BARE);
  expect(new Set(result.checks.map(({ id }) => id))).toEqual(NRAS_EXPECTED.baseline);
  expect(result.claims).toMatchObject({ freshness: 'unchecked', eatNonce: toHex(NONCE) });
});

it('gives the same out of larger buffers, which it neither changes nor keeps', () => {
  const views = {
    eat: asView(withCertificate.eat),
    jwks: asView(jwks(today)),
    nonce: asView(NONCE),
  };
  const before = Object.values(views).map((view) => toHex(new Uint8Array(view.buffer)));
  const result = verifyNras({ ...withCertificate, ...views });
  expect(result).toEqual(verifyNras(withCertificate));
  expect(Object.values(views).map((view) => toHex(new Uint8Array(view.buffer)))).toEqual(before);
  const text = JSON.stringify(result);
  for (const view of Object.values(views)) view.fill(0);
  expect(JSON.stringify(result)).toBe(text);
});

/** The one question that blames nobody when its answer is bad. */
type Blaming = Exclude<NrasCheckId, 'nras.jwks.validity'>;

const faults: Readonly<Record<Blaming, NrasInput>> = {
  'nras.clock': { ...GOOD, at: Number.NaN },
  'nras.eat.format': { ...GOOD, eat: utf8('[]') },
  'nras.eat.algorithm': edited({ overallToken: { header: { alg: 'none' } } }),
  'nras.jwks.format': { ...GOOD, jwks: utf8('{}') },
  'nras.jwks.key': { ...GOOD, jwks: jwks({ ...KEY.jwk, x5c: today.x5c }) },
  'nras.eat.signature': edited({ overallToken: { key: OTHER_KEY } }),
  'nras.devices.signature': edited({ deviceTokens: { key: OTHER_KEY } }),
  'nras.eat.issuer': overallOf(elsewhere),
  'nras.eat.validity': overallOf({ exp: undefined }),
  'nras.eat.digests': edited({ submods: () => ({}) }),
  'nras.eat.nonce': { ...GOOD, nonce: new Uint8Array(32) },
  'nras.devices.nonce': deviceOf({ eat_nonce: '00'.repeat(32) }),
  'nras.eat.result': overallOf({ 'x-nvidia-overall-att-result': false }),
  'nras.devices.result': deviceOf({ measres: 'fail' }),
  'nras.devices.set': { ...GOOD, devices: ['1'] },
};

describe('one fault, one failed check', () => {
  it.each(Object.entries(faults) as [Blaming, NrasInput][])('%s', (id, input) => {
    expectRejected(['', input, id]);
  });
});

describe('leaves open whether a key was the service’s', () => {
  it.each([
    ['last month', '2026-05-01T00:00:00Z', '2026-05-03T00:00:00Z'],
    ['tomorrow', '2026-06-01T01:00:00Z', '2026-06-03T00:00:00Z'],
  ])('with a certificate for %s', async (_, from, to) => {
    const result = verifyNras({ ...withCertificate, jwks: jwks(await certifiedFor(from, to)) });
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
    expect(flaws(result)).toEqual({ 'nras.jwks.validity': 'unresolved' });
  });

  it('with one of two certificates out of date', async () => {
    const old = await certifiedFor('2026-05-01T00:00:00Z', '2026-05-03T00:00:00Z', 'key-old');
    const result = verifyNras({
      ...edited({
        overallToken: { key: certified },
        deviceTokens: { key: certified, header: { kid: 'key-old' } },
      }),
      jwks: jwks(today, old),
    });
    expect(result.verdict).toBe('indeterminate');
    expect(flaws(result)).toEqual({ 'nras.jwks.validity': 'unresolved' });
  });
});
