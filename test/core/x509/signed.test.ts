import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import {
  algorithmName,
  isSignedBy,
  parsePublicKeyInfo,
  parseSigned,
} from '../../../src/core/x509/signed.ts';
import { faultOf } from '../../support/fault-of.ts';
import { elementAt, forge } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, party } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const signer = await party('Signer');
const other = await party('Other');
const der = await certify(signer, signer);
const spki = elementAt(der, [0, 6]);
const key = parsePublicKeyInfo(spki, 'key');
const otherKey = parsePublicKeyInfo(elementAt(await certify(other, other), [0, 6]), 'key');

it('takes a signed structure apart, to the exact bytes', () => {
  const signed = parseSigned(asView(der), 'thing');
  expect(signed.tbs).toEqual(elementAt(der, [0]));
  expect(signed.signatureAlgorithm).toBe('ecdsa-with-SHA256');
  expect(signed.signature?.length).toBe(64);
  expect(isSignedBy(signed, key)).toBe(true);
});

it('pins the whole SubjectPublicKeyInfo', () => {
  expect(parsePublicKeyInfo(asView(spki), 'key').der).toEqual(spki);
});

describe('isSignedBy is false', () => {
  const signed = parseSigned(der, 'thing');
  it('for another key', () => {
    expect(isSignedBy(signed, otherKey)).toBe(false);
  });

  it('for other bytes', () => {
    const tbs = signed.tbs.with(-1, (signed.tbs.at(-1) ?? 0) ^ 1);
    expect(isSignedBy({ ...signed, tbs }, key)).toBe(false);
  });

  it('for another algorithm, though the signature be right', () => {
    for (const signatureAlgorithm of [
      'ecdsa-with-SHA384',
      'RSASSA-PSS-SHA384',
      '1.2.840.113549.1.1.11',
      '',
    ]) {
      expect(isSignedBy({ ...signed, signatureAlgorithm }, key)).toBe(false);
    }
  });

  it('for a right signature under another hash', async () => {
    const signed384 = parseSigned(await certify(signer, signer, { hash: 'SHA-384' }), 'thing');
    expect(isSignedBy(signed384, key)).toBe(false);
  });

  it('for no signature', () => {
    expect(isSignedBy({ ...signed, signature: undefined }, key)).toBe(false);
  });
});

it('left-pads short numbers to 32 bytes', () => {
  const short = forge(der, [2], () => hex('030a 00 3007 0201 05 0202 0080'));
  expect(toHex(parseSigned(short, 'thing').signature ?? hex(''))).toBe(
    `${'00'.repeat(31)}05${'00'.repeat(31)}80`,
  );
});

it('algorithmName wants no parameters, not even NULL', () => {
  const read = (text: string) => algorithmName(hex(text), 'thing.algorithm');
  expect(read('300406022a03')).toBe('1.2.3');
  expect(faultOf(() => read('300606022a030500')).at).toBe('thing.algorithm');
});
