import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Fault } from '../../../src/core/fault.ts';
import {
  parseSignerKey,
  wantSignerId,
  writeSignerKey,
} from '../../../src/ledger/note/signer-key.ts';
import {
  parseVerifierKey,
  verifierKey,
  writeVerifierKey,
} from '../../../src/ledger/note/verifier-key.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { testSigner } from '../../support/notes.ts';

/** The pair that the documentation of Go's note package has. */
const GO_PUBLIC = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_SECRET = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';

const signers = [
  testSigner('example.com/log', 'note', 1),
  testSigner('example.com/witness', 'cosignature', 2),
  testSigner('example.com/witness', 'cosignature-ml-dsa-44', 3),
];
const refusal = (at: string, code = 'malformed') => expect.objectContaining({ code, at }) as Fault;

describe('verifier keys', () => {
  it('are read as Go writes them, and written the same', () => {
    const key = parseVerifierKey(GO_PUBLIC);
    expect(key).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', type: 'note' });
    expect(writeVerifierKey(key)).toBe(GO_PUBLIC);
  });

  it.each(signers)('of each type come back: $key.type', ({ key, sign }) => {
    const again = parseVerifierKey(writeVerifierKey(key));
    expect({ ...again, verifies: 0 }).toEqual({ ...key, verifies: 0 });
    expect(again.verifies(utf8('m'), sign(utf8('m')))).toBe(true);
    expect(again.verifies(utf8('n'), sign(utf8('m')))).toBe(false);
  });

  it('of one key differ by type and by name', () => {
    const publicKey = signers[0]?.key.publicKey ?? new Uint8Array();
    const ids = [
      verifierKey('a', 'note', publicKey).id,
      verifierKey('a', 'cosignature', publicKey).id,
      verifierKey('b', 'note', publicKey).id,
    ];
    expect(new Set(ids).size).toBe(3);
  });

  const key = 'ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const smallOrder = Buffer.from([1, 1, ...new Array(31).fill(0)]).toString('base64');
  it.each([
    { name: 'nothing', text: '', at: 'vkey' },
    { name: 'a name alone', text: 'PeterNeumann', at: 'vkey' },
    { name: 'no key', text: 'PeterNeumann+c74f20a3', at: 'vkey' },
    { name: 'no name', text: `+c74f20a3+${key}`, at: 'vkey.name' },
    { name: 'a space in the name', text: `Peter Neumann+c74f20a3+${key}`, at: 'vkey.name' },
    { name: 'a newline in front', text: `\n${GO_PUBLIC}`, at: 'vkey.name' },
    { name: 'an upper-case id', text: `PeterNeumann+C74F20A3+${key}`, at: 'vkey.id' },
    { name: 'a short id', text: `PeterNeumann+c74f20a+${key}`, at: 'vkey.id' },
    { name: 'the id of another key', text: `PeterNeumann+c74f20a4+${key}`, at: 'vkey.id' },
    { name: 'the id of another name', text: `PeterNeumanm+c74f20a3+${key}`, at: 'vkey.id' },
    { name: 'an empty key', text: 'PeterNeumann+c74f20a3+', at: 'vkey.key' },
    { name: 'a newline behind', text: `${GO_PUBLIC}\n`, at: 'vkey.key' },
    { name: 'a short key', text: 'PeterNeumann+c74f20a3+ARpc2QcU', at: 'vkey.key' },
    { name: 'a key of small order', text: `PeterNeumann+c74f20a3+${smallOrder}`, at: 'vkey.key' },
    { name: 'an ML-DSA-44 key of 32 bytes', text: `a+c74f20a3+Bh${key.slice(2)}`, at: 'vkey.key' },
  ])('are refused: $name', ({ text, at }) => {
    expect(() => parseVerifierKey(text)).toThrow(refusal(at));
  });

  it('of other types are said to be so', () => {
    const ecdsa = `a+c74f20a3+${Buffer.from([2, 1, 2, 3]).toString('base64')}`;
    expect(() => parseVerifierKey(ecdsa)).toThrow(refusal('vkey.key', 'unsupported'));
  });
});

describe('signer keys', () => {
  it('are read as Go writes them, and written the same', () => {
    const key = parseSignerKey(GO_SECRET);
    const { publicKey } = parseVerifierKey(GO_PUBLIC);
    expect(key).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', type: 'note' });
    expect(key.seed).toHaveLength(32);
    wantSignerId(key, publicKey);
    expect(writeSignerKey(key, publicKey)).toBe(GO_SECRET);
  });

  it.each(signers)('of each type come back: $key.type', ({ key, seed }) => {
    const { name, type, id, publicKey } = key;
    const text = writeSignerKey({ name, type, seed }, publicKey);
    expect(parseSignerKey(text)).toEqual({ name, type, id, seed });
  });

  it.each([
    { name: 'a verifier key', text: GO_PUBLIC, at: 'key' },
    { name: 'a short seed', text: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEK', at: 'key.key' },
    { name: 'lower-case letters', text: GO_SECRET.toLowerCase(), at: 'key' },
    { name: 'a bad name', text: 'PRIVATE+KEY++c74f20a3+AYEK', at: 'key.name' },
  ])('are refused: $name', ({ text, at }) => {
    expect(() => parseSignerKey(text)).toThrow(refusal(at));
  });

  it('with another key’s id are found out, and never quoted', () => {
    const key = { ...parseSignerKey(GO_SECRET), id: '00000000' };
    const { publicKey } = parseVerifierKey(GO_PUBLIC);
    expect(() => wantSignerId(key, publicKey)).toThrow(refusal('key.id'));
    const cut = GO_SECRET.slice(0, -3);
    expect(() => parseSignerKey(cut)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('AYEKFALV') }),
    );
  });
});

fuzz('a damaged key is refused, or has one spelling', damaged(utf8(GO_PUBLIC)), (bytes) => {
  const text = new TextDecoder('latin1').decode(bytes);
  const key = orRefused(() => {
    try {
      return parseVerifierKey(text);
    } catch (error) {
      if ((error as Fault).code === 'unsupported') return undefined;
      throw error;
    }
  });
  if (key) expect(writeVerifierKey(key)).toBe(text);
});
