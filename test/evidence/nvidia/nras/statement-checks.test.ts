import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import type { NrasInput } from '../../../../src/evidence/nvidia/nras/input.ts';
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
  MACHINE,
  NONCE,
  overallOf,
  type Rejection,
  token,
  UEID,
} from '../../../support/nras.ts';

type Members = Readonly<Record<string, unknown>>;

const NVIDIA = 'https://nras.attestation.nvidia.com';
const two = { 'GPU-0': gpu('1'), 'GPU-1': gpu('2') };
const same = { 'GPU-0': gpu('1'), 'GPU-1': gpu('1') };
const result = (value: unknown) => overallOf({ 'x-nvidia-overall-att-result': value });

const rejected: readonly Rejection[] = [
  ['another issuer', overallOf({ iss: 'https://nras.example' }), 'nras.eat.issuer'],
  ['no issuer', overallOf({ iss: undefined }), 'nras.eat.issuer'],
  ['another issuer of a device', deviceOf({ iss: 'https://nras.example' }), 'nras.eat.issuer'],
  ['an issuer with a slash more', deviceOf({ iss: `${NVIDIA}/` }), 'nras.eat.issuer'],
  ['an issuer that was not asked for', { ...GOOD, issuer: 'https://a.test' }, 'nras.eat.issuer'],
  ['no end', overallOf({ exp: undefined }), 'nras.eat.validity'],
  ['no time of issue', deviceOf({ iat: undefined }), 'nras.eat.validity'],
  ['an end as text', deviceOf({ exp: `${ISSUED + 3600}` }), 'nras.eat.validity'],
  ['an end beyond all dates', overallOf({ exp: 1e15 }), 'nras.eat.validity'],
  ['a start before the epoch', deviceOf({ nbf: -1 }), 'nras.eat.validity'],
  ['a digest of other bytes', edited({ submods: otherDigest }), 'nras.eat.digests'],
  ['a digest by SHA-384', edited({ label: 'SHA-384' }), 'nras.eat.digests'],
  ['a digest by no name of an array', edited({ label: 'includes' }), 'nras.eat.digests'],
  ['a digest of another kind', edited({ submods: otherKind }), 'nras.eat.digests'],
  ['a digest without its kind', edited({ submods: () => ({ 'GPU-0': [] }) }), 'nras.eat.digests'],
  ['no list of submodules', overallOf({ submods: undefined }), 'nras.eat.digests'],
  ['an array of submodules', overallOf({ submods: [] }), 'nras.eat.digests'],
  ['a device token that is not listed', edited({ submods: () => ({}) }), 'nras.eat.digests'],
  ['a listed device without a token', edited({ submods: listedTwice }), 'nras.eat.digests'],
  [
    'a device token too many',
    { ...edited({ tokens: oneMore }), devices: [UEID, '1'] },
    'nras.eat.digests',
  ],
  [
    'tokens of two devices exchanged',
    { ...edited({ devices: two, tokens: exchanged }), devices: ['1', '2'] },
    'nras.eat.digests',
  ],
  ['another nonce', { ...GOOD, nonce: new Uint8Array(32) }, 'nras.eat.nonce'],
  ['a nonce of other length', { ...GOOD, nonce: NONCE.subarray(1) }, 'nras.eat.nonce'],
  ['no nonce in the token', overallOf({ eat_nonce: undefined }), 'nras.eat.nonce'],
  [
    'no nonce in the token, and none asked',
    edited({ overall: { eat_nonce: undefined } }, BARE),
    'nras.eat.nonce',
  ],
  ['a short nonce in the token', overallOf({ eat_nonce: '4e' }), 'nras.eat.nonce'],
  ['a nonce that is not hex', overallOf({ eat_nonce: 'n'.repeat(64) }), 'nras.eat.nonce'],
  ['a list of nonces', overallOf({ eat_nonce: [toHex(NONCE)] }), 'nras.eat.nonce'],
  ['a device with another nonce', deviceOf({ eat_nonce: '00'.repeat(32) }), 'nras.devices.nonce'],
  ['a device without a nonce', deviceOf({ eat_nonce: undefined }), 'nras.devices.nonce'],
  ['an overall result of false', result(false), 'nras.eat.result'],
  ['an overall result of "true"', result('true'), 'nras.eat.result'],
  ['an overall result of 1', result(1), 'nras.eat.result'],
  ['an overall result of [true]', result([true]), 'nras.eat.result'],
  ['no overall result', result(undefined), 'nras.eat.result'],
  ['measurements that failed', deviceOf({ measres: 'fail' }), 'nras.devices.result'],
  ['measurements not compared', deviceOf({ measres: undefined }), 'nras.devices.result'],
  ['measurements of true', deviceOf({ measres: true }), 'nras.devices.result'],
  ['measurements that nearly succeeded', deviceOf({ measres: 'Success' }), 'nras.devices.result'],
  ['another device', { ...GOOD, devices: ['1'] }, 'nras.devices.set'],
  ['a device more', { ...GOOD, devices: [] }, 'nras.devices.set'],
  ['a device without a ueid', deviceOf({ ueid: undefined }), 'nras.devices.set'],
  ['a ueid that is a number', { ...deviceOf({ ueid: 1 }), devices: ['1'] }, 'nras.devices.set'],
  [
    'one device under two names',
    { ...edited({ devices: same }), devices: ['1', '1'] },
    'nras.devices.set',
  ],
  ['one device under two names, unasked', edited({ devices: same }, BARE), 'nras.devices.set'],
  [
    'two devices for one that was given twice',
    { ...edited({ devices: two }), devices: ['1', '1'] },
    'nras.devices.set',
  ],
];

function otherDigest(): Members {
  return { 'GPU-0': ['DIGEST', ['SHA-256', '00'.repeat(32)]] };
}
function otherKind(digests: Members): Members {
  return JSON.parse(JSON.stringify(digests).replace('DIGEST', 'JWT'));
}
function listedTwice(digests: Members): Members {
  return { ...digests, 'GPU-1': digests['GPU-0'] };
}
function oneMore(tokens: Readonly<Record<string, string>>): Members {
  return { ...tokens, 'GPU-1': token(gpu('1')) };
}
function exchanged(tokens: Readonly<Record<string, string>>): Members {
  return { 'GPU-0': tokens['GPU-1'], 'GPU-1': tokens['GPU-0'] };
}

describe('refuses', () => {
  it.each(rejected)('%s', (...rejection) => {
    expectRejected(rejection);
  });

  it('and names each device that is wrong', () => {
    const devices = { a: gpu('1', { measres: 'fail' }), b: gpu('2'), c: gpu('3', { measres: 0 }) };
    const { checks } = verifyNras(edited({ devices }, BARE));
    expect(checks.find(({ outcome }) => outcome === 'fail')).toEqual({
      id: 'nras.devices.result',
      path: 'eat.devices.a',
      outcome: 'fail',
      want: '"success"',
      got: 'a: "fail"; c: 0',
    });
  });

  it('what the service signs on a wrong nonce: no result, and nothing of measurements', () => {
    const nothing = { measres: undefined, hwmodel: undefined };
    const answer = verifyNras(
      edited({
        overall: { 'x-nvidia-overall-att-result': false },
        devices: { 'GPU-0': gpu(UEID, nothing) },
      }),
    );
    expect(answer).toMatchObject({ verdict: 'reject', authentic: true });
    expect(flaws(answer)).toEqual({ 'nras.eat.result': 'fail', 'nras.devices.result': 'fail' });
  });

  it('a result that hides in a prototype', () => {
    const text = (json: string) => json.replace('{', '{"__proto__":{"measres":"success"},');
    const devices = { 'GPU-0': gpu(UEID, { measres: undefined }) };
    const answer = verifyNras(edited({ devices, deviceTokens: { text } }));
    expect(flaws(answer)).toEqual({ 'nras.devices.result': 'fail' });
    expect(JSON.stringify(answer.claims)).toContain('"__proto__":{"measres":"success"}');
  });

  it('one device of three that failed', () => {
    const devices = { ...MACHINE, 'GPU-1': gpu('2', { measres: 'fail' }) };
    const input = { ...edited({ devices }), devices: ['1', '2', '3'] };
    expectRejected(['', input, 'nras.devices.result']);
  });
});

it('may be about some of the devices at hand, and says of how many', () => {
  const answer = verifyNras({ ...GOOD, devices: [UEID, '1'] });
  expect(answer).toMatchObject({ verdict: 'accept', claims: { covers: '1 of 2' } });
  expect(verifyNras(BARE).claims).not.toHaveProperty('covers');
});

describe('a statement about another time is none about this', () => {
  it.each<readonly [string, NrasInput]>([
    ['not valid yet', { ...GOOD, at: ISSUED * 1000 - 1 }],
    ['ended', { ...GOOD, at: (ISSUED + 3600) * 1000 }],
    ['a device token that ended', deviceOf({ exp: ISSUED + 1 })],
    ['issued in the future', deviceOf({ iat: ISSUED + 3000 })],
    ['an nbf to come', overallOf({ nbf: ISSUED + 3000 })],
    ['an end before its start', overallOf({ exp: ISSUED - 1 })],
  ])('%s', (_, input) => {
    const answer = verifyNras(input);
    expect(answer).toMatchObject({ verdict: 'indeterminate', authentic: true });
    expect(flaws(answer)).toEqual({ 'nras.eat.validity': 'unresolved' });
  });
});
