import { describe, expect, it } from 'vitest';
import { coversPolicy, parseKeyring } from '../../../../src/appraisal/policy/signing/keyring.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { alice, bob } from '../../../support/signed-policy.ts';
import { asView } from '../../../support/view.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const ALICE = { owner: 'alice', publicKey: alice.publicPem };
const BOB = { owner: 'bob', publicKey: base64(bob.publicKey.spki) };
const good = { v: 1, name: 'cpu-nodes', threshold: 2, keys: [ALICE, BOB], activationDelay: '24h' };
const bytesOf = (members: object) => utf8(JSON.stringify(members));
const read = (members: object) => parseKeyring(asView(bytesOf(members)), 'keyring');

it('reads keys in PEM and in base64', () => {
  const keyring = read(good);
  expect(keyring.keys.map(({ owner, publicKey }) => [owner, publicKey.keyId])).toEqual([
    ['alice', alice.publicKey.keyId],
    ['bob', bob.publicKey.keyId],
  ]);
  const { threshold, revokeThreshold, activationDelay } = keyring;
  expect([threshold, revokeThreshold, activationDelay]).toEqual([2, 1, 86_400_000]);
});

it('is for one policy, or for any', () => {
  expect(coversPolicy(read(good), 'cpu-nodes')).toBe(true);
  expect(coversPolicy(read(good), 'cpu-node')).toBe(false);
  expect(coversPolicy(read({ ...good, name: '*' }), 'anything')).toBe(true);
});

describe('refuses', () => {
  it.each([
    ['another version', { v: 2 }, '.v'],
    ['an unknown member', { treshold: 1 }, ''],
    ['no threshold', { threshold: undefined }, '.threshold'],
    ['a threshold of 0', { threshold: 0 }, '.threshold'],
    ['a threshold that nobody meets', { threshold: 3 }, '.threshold'],
    ['a threshold of a half', { threshold: 1.5 }, '.threshold'],
    ['a threshold in words', { threshold: '1' }, '.threshold'],
    ['revocations by nobody', { revokeThreshold: 0 }, '.revokeThreshold'],
    ['revocations by more than there are', { revokeThreshold: 3 }, '.revokeThreshold'],
    ['no keys', { keys: [] }, '.keys'],
    ['33 keys', { keys: Array(33).fill(ALICE) }, '.keys'],
    ['a key twice', { keys: [ALICE, { ...ALICE, owner: 'eve' }] }, '.keys[1].publicKey'],
    [
      'a key twice, written in two ways',
      { keys: [ALICE, { owner: 'eve', publicKey: base64(alice.publicKey.spki) }] },
      '.keys[1].publicKey',
    ],
    ['an owner with two votes', { keys: [ALICE, { ...BOB, owner: ' Alice' }] }, '.keys[1].owner'],
    ['nobody', { keys: [{ ...ALICE, owner: ' ' }] }, '.keys[0].owner'],
    ['an owner of two lines', { keys: [{ ...ALICE, owner: 'a\nb' }] }, '.keys[0].owner'],
    ['an unseen owner', { keys: [{ ...ALICE, owner: 'alice\u200b' }] }, '.keys[0].owner'],
    ['no key', { keys: [{ ...ALICE, publicKey: '' }] }, '.keys[0].publicKey'],
    ['a private key', { keys: [{ ...ALICE, publicKey: alice.privatePem }] }, '.keys[0].publicKey'],
    ['an unknown member of a key', { keys: [{ ...ALICE, weight: 2 }] }, '.keys[0]'],
    ['no name', { name: '' }, '.name'],
    ['a pattern for a name', { name: 'cpu-*' }, '.name'],
    ['no delay', { activationDelay: undefined }, '.activationDelay'],
    ['a delay of a number', { activationDelay: 0 }, '.activationDelay'],
    ['a delay of nothing', { activationDelay: '0h' }, '.activationDelay'],
    ['a negative delay', { activationDelay: '-1h' }, '.activationDelay'],
    ['a delay of weeks', { activationDelay: '1w' }, '.activationDelay'],
    ['a delay of more than ten years', { activationDelay: '3651d' }, '.activationDelay'],
    ['a delay of ages', { activationDelay: '1000000d' }, '.activationDelay'],
  ])('%s', (_name, changed, at) => {
    const fault = faultOf(() => read({ ...good, ...changed }));
    expect(fault.code).toBe('malformed');
    expect(fault.at.startsWith(`keyring${at}`)).toBe(true);
  });
});

it.each([
  ['0s', 0],
  ['90s', 90_000],
  ['15m', 900_000],
  ['7d', 604_800_000],
  ['3650d', 315_360_000_000],
])('waits for %s', (activationDelay, ms) => {
  expect(read({ ...good, activationDelay }).activationDelay).toBe(ms);
});
