import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { verifyNras } from '../../../../src/evidence/nvidia/nras/verify-nras.ts';
import {
  base64url,
  edited,
  expectRejected,
  flaws,
  GOOD,
  gpu,
  jwks,
  KEY,
  OTHER_KEY,
  type Rejection,
  serviceKey,
  type TokenWishes,
  UEID,
} from '../../../support/nras.ts';

const overall = (wishes: TokenWishes) => edited({ overallToken: wishes });
const device = (wishes: TokenWishes) => edited({ deviceTokens: wishes });
const said = (alg: string) => ({ header: { alg } });
const unnamed = { header: { kid: undefined } };
const p256 = serviceKey('key-1', 'P-256');

/** One member has another name, and nothing else is wrong with it. */
function payloadEdited(compact: string): string {
  const [header, payload = '', signature] = compact.split('.');
  const json = Buffer.from(payload, 'base64url').toString();
  return [header, base64url(json.replace('"jti"', '"jtI"')), signature].join('.');
}

function unsigned(compact: string): string {
  return compact.slice(0, compact.lastIndexOf('.') + 1);
}

/** What a token brings along is its author's: still signed by nobody in the set. */
function broughtAlong(member: string, value: unknown): TokenWishes {
  return { key: OTHER_KEY, header: { [member]: value } };
}

const forged: readonly Rejection[] = [
  ['an overall token by another', overall({ key: OTHER_KEY }), 'nras.eat.signature'],
  ['a key on P-256', overall({ key: p256 }), 'nras.eat.signature'],
  ['an edited payload', edited({ signed: payloadEdited }), 'nras.eat.signature'],
  ['a signature cut short', edited({ signed: (t) => t.slice(0, -4) }), 'nras.eat.signature'],
  ['a longer signature', edited({ signed: (t) => `${t}AAAA` }), 'nras.eat.signature'],
  ['no signature at all', edited({ signed: unsigned }), 'nras.eat.signature'],
  ['zeros', edited({ signed: (t) => `${unsigned(t)}${'A'.repeat(128)}` }), 'nras.eat.signature'],
  ['a key of its own', overall(broughtAlong('jwk', OTHER_KEY.jwk)), 'nras.eat.signature'],
  ['a certificate of its own', overall(broughtAlong('x5c', ['AAAA'])), 'nras.eat.signature'],
  ['an address of its own', overall(broughtAlong('jku', 'https://a.test')), 'nras.eat.signature'],
  ['alg none', overall(said('none')), 'nras.eat.algorithm'],
  ['alg none, unsigned', { ...overall(said('none')), ...noneUnsigned() }, 'nras.eat.algorithm'],
  ['HS256', overall(said('HS256')), 'nras.eat.algorithm'],
  ['ES256', overall({ key: p256, ...said('ES256') }), 'nras.eat.algorithm'],
  ['es384', overall(said('es384')), 'nras.eat.algorithm'],
];

function noneUnsigned() {
  return edited({ overallToken: said('none'), signed: unsigned });
}

const rejected: readonly Rejection[] = [
  ...forged,
  ['a device token by another', device({ key: OTHER_KEY }), 'nras.devices.signature'],
  ['an overall token that names no key', overall(unnamed), 'nras.eat.signature'],
  ['a device token that names no key', device(unnamed), 'nras.devices.signature'],
  ['HS256 of a device', device(said('HS256')), 'nras.eat.algorithm'],
];

describe('refuses', () => {
  it.each(rejected)('%s', (...rejection) => {
    expectRejected(rejection);
  });

  it.each(forged)('%s, as jose does', async (_, { eat }) => {
    const keys = createLocalJWKSet({ keys: [KEY.jwk as never] });
    const [[, compact]] = JSON.parse(new TextDecoder().decode(eat));
    const currentDate = new Date(GOOD.at);
    await expect(
      jwtVerify(compact, keys, { algorithms: ['ES384'], currentDate }),
    ).rejects.toThrow();
  });

  it('an altered device token, by its signature and its digest', () => {
    const tokens = (made: Readonly<Record<string, string>>) => {
      const [header, , signature] = (made['GPU-0'] ?? '').split('.');
      const payload = base64url(JSON.stringify(gpu(UEID, { jti: 'other' })));
      return { 'GPU-0': [header, payload, signature].join('.') };
    };
    expect(flaws(verifyNras(edited({ tokens })))).toEqual({
      'nras.devices.signature': 'fail',
      'nras.eat.digests': 'fail',
    });
  });
});

describe('leaves open', () => {
  const unresolved = { 'nras.eat.signature': 'unresolved', 'nras.devices.signature': 'unresolved' };
  const { jwks: _, ...withoutSet } = GOOD;

  it('signatures without a set, and says why it is missing', () => {
    const result = verifyNras({ ...withoutSet, jwksMissing: 'HTTP 503' });
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
    expect(result.claims).toMatchObject({ jwks: 'missing' });
    expect(flaws(result)).toEqual(unresolved);
    const check = result.checks.find(({ id }) => id === 'nras.eat.signature');
    expect(check).toMatchObject({ because: 'HTTP 503' });
  });

  it('signatures by keys that are not in the set: it is new every day', () => {
    const result = verifyNras({ ...GOOD, jwks: jwks(serviceKey('key-2').jwk) });
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
    expect(flaws(result)).toEqual(unresolved);
  });

  it('the signature of a device by such a key', () => {
    const result = verifyNras(device({ key: serviceKey('key-2') }));
    expect(result.verdict).toBe('indeterminate');
    expect(flaws(result)).toEqual({ 'nras.devices.signature': 'unresolved' });
  });
});
