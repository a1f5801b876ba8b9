import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signStatement } from '../../../src/appraisal/result/signed-statement.ts';
import {
  RECEIPT_TYPE,
  type ReceiptClaims,
  USAGE_TYPE,
  type UsageClaims,
  verifyReceipt,
  verifyUsage,
} from '../../../src/protocol/session/usage.ts';

import { faultOf } from '../../support/fault-of.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = rawKey(publicKey);

const USAGE: UsageClaims = {
  v: 1,
  session: 'ab'.repeat(32),
  keyset: 'cd'.repeat(48),
  model: 'llama-3.3-70b',
  outcome: 'complete',
  promptTokens: 12,
  completionTokens: 340,
  counted: true,
  at: '2026-05-01T12:00:00Z',
  account: 'a-7f3c',
  seq: 2,
  prev: 'ef'.repeat(32),
};
const RECEIPT: ReceiptClaims = {
  ...USAGE,
  requestSha256: '01'.repeat(32),
  responseSha256: '23'.repeat(32),
  status: 200,
};

test('what the enclave signed is read as it was said', async () => {
  expect(verifyUsage(await signed(USAGE_TYPE, USAGE), KEY)).toEqual(USAGE);
  expect(verifyReceipt(await signed(RECEIPT_TYPE, RECEIPT), KEY)).toEqual(RECEIPT);
});

test('a receipt is no usage statement, and the other way round', async () => {
  const usage = await signed(USAGE_TYPE, USAGE);
  const receipt = await signed(RECEIPT_TYPE, RECEIPT);
  expect(() => verifyUsage(receipt, KEY)).toThrow('usage.header.typ');
  expect(() => verifyReceipt(usage, KEY)).toThrow('receipt.header.typ');
});

test('another key signs for nobody', async () => {
  const other = rawKey(generateKeyPairSync('ed25519').publicKey);
  const usage = await signed(USAGE_TYPE, USAGE);
  expect(() => verifyUsage(usage, other)).toThrow('usage.signature');
});

test('what was altered after it was signed is refused', async () => {
  const usage = await signed(USAGE_TYPE, USAGE);
  const [header, , signature] = usage.split('.');
  const more = Buffer.from(JSON.stringify({ ...USAGE, completionTokens: 341 })).toString(
    'base64url',
  );
  expect(() => verifyUsage(`${header}.${more}.${signature}`, KEY)).toThrow('usage.signature');
});

test.each<[string, object, string]>([
  ['another version', { v: 2 }, 'usage.v'],
  ['a session that is no digest', { session: 'AB'.repeat(32) }, 'usage.session'],
  ['a keyset that is no digest', { keyset: 'cd' }, 'usage.keyset'],
  ['an outcome of its own', { outcome: 'fine' }, 'usage.outcome'],
  ['tokens below none', { promptTokens: -1 }, 'usage.promptTokens'],
  ['parts of tokens', { completionTokens: 0.5 }, 'usage.completionTokens'],
  ['a time that is none', { at: 'today' }, 'usage.at'],
  ['a day that no month has', { at: '2026-02-30T12:00:00Z' }, 'usage.at'],
  ['an account with a newline', { account: 'a\nb' }, 'usage.account'],
  ['a first one with one before it', { seq: 1 }, 'usage.prev'],
  ['a second one with none before it', { prev: null }, 'usage.prev'],
  ['a member that nobody knows', { note: 'x' }, 'usage: unknown member'],
  ['a model without end', { model: 'm'.repeat(257) }, 'usage.model'],
])('refuses %s, though it is signed', async (_what, edit, at) => {
  const usage = await signed(USAGE_TYPE, { ...USAGE, ...edit });
  expect(() => verifyUsage(usage, KEY)).toThrow(at);
});

test('whatever comes as a statement is refused with a place', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(faultOf(() => verifyUsage(text, KEY)).at).toMatch(/^usage/);
    }),
  );
});

function signed(type: string, claims: object): Promise<string> {
  return signStatement(type, { ...claims }, { algorithm: 'EdDSA', keyId: 'receipt', privateKey });
}

function rawKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-32));
}
