import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import {
  type Envelope,
  parseEnvelope,
  preAuthEncoding,
  writeEnvelope,
} from '../../../src/core/encoding/dsse.ts';
import { signEnvelope, verifyEnvelope } from '../../../src/core/encoding/dsse-signatures.ts';
import { parsePublicKey, parsePublicKeyPem } from '../../../src/core/x509/public-key.ts';
import { faultOf } from '../../support/fault-of.ts';
import { alice, bob, carol, mallory } from '../../support/signed-policy.ts';
import { vectorsFolder } from '../../support/vectors.ts';
import { asView } from '../../support/view.ts';

const TYPE = 'text/plain';
const empty: Envelope = { payload: utf8('hello'), payloadType: TYPE, signatures: [] };
const signedBy = (...signers: readonly (typeof alice)[]) => signers.reduce(signEnvelope, empty);
const keys = [alice, bob, carol].map(({ publicKey }) => publicKey);
const owners = (envelope: Envelope, threshold = 1) =>
  verifyEnvelope(envelope, keys, threshold).signers.map(({ keyId }) => keyId);
const json = (members: object) => utf8(JSON.stringify(members));
const good = { payload: 'aGVsbG8=', payloadType: TYPE, signatures: [{ sig: 'AA==' }] };
const read = (bytes: Uint8Array) => parseEnvelope(bytes, 'envelope');

it('encodes as the specification’s example', () => {
  const pae = preAuthEncoding('http://example.com/HelloWorld', utf8('hello world'));
  expect(fromUtf8(pae, 'pae')).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

it('counts bytes, not characters', () => {
  expect(fromUtf8(preAuthEncoding('ä', utf8('ö')), 'pae')).toBe('DSSEv1 2 ä 2 ö');
});

describe('reads', () => {
  it('what it writes, also out of a larger buffer', () => {
    const envelope = signedBy(alice, bob);
    const bytes = utf8(writeEnvelope(envelope));
    expect(read(bytes)).toEqual(envelope);
    expect(read(asView(bytes))).toEqual(envelope);
  });

  it.each(['-_8=', '-_8', '+/8=', '+/8'])('either alphabet, padded or not: %s', (payload) => {
    expect(read(json({ ...good, payload })).payload).toEqual(Uint8Array.of(0xfb, 0xff));
  });

  it('past members that it does not know', () => {
    const more = { ...good, extra: 1, signatures: [{ sig: 'AA==', cert: 'x' }] };
    expect(read(json(more)).signatures).toHaveLength(1);
  });
});

describe('refuses', () => {
  it.each([
    ['no JSON', utf8('{'), 'envelope'],
    ['no object', json([]), 'envelope'],
    ['no payload', json({ ...good, payload: undefined }), 'envelope.payload'],
    ['a payload of two alphabets', json({ ...good, payload: '-/8=' }), 'envelope.payload'],
    ['a payload with white space', json({ ...good, payload: 'aGVs bG8=' }), 'envelope.payload'],
    ['stray bits', json({ ...good, payload: 'aGVsbG9=' }), 'envelope.payload'],
    ['one character too many', json({ ...good, payload: 'aGVsb' }), 'envelope.payload'],
    ['half of the padding', json({ ...good, payload: 'aA=' }), 'envelope.payload'],
    ['only padding', json({ ...good, payload: '=' }), 'envelope.payload'],
    ['no type', json({ ...good, payloadType: '' }), 'envelope.payloadType'],
    ['a type of a number', json({ ...good, payloadType: 1 }), 'envelope.payloadType'],
    ['a lone surrogate', json({ ...good, payloadType: '\ud800' }), 'envelope.payloadType'],
    ['signatures in an object', json({ ...good, signatures: {} }), 'envelope.signatures'],
    ['no signatures at all', json({ payload: '', payloadType: TYPE }), 'envelope.signatures'],
    ['a signature of a number', json({ ...good, signatures: [1] }), 'envelope.signatures[0]'],
    [
      'null for a key id',
      json({ ...good, signatures: [{ sig: '', keyid: null }] }),
      'envelope.signatures[0].keyid',
    ],
    [
      '65 signatures',
      json({ ...good, signatures: Array(65).fill({ sig: 'AA==' }) }),
      'envelope.signatures',
    ],
    [
      'a signature of 2 KB',
      json({ ...good, signatures: [{ sig: 'A'.repeat(2732) }] }),
      'envelope.signatures[0].sig',
    ],
    [
      'a payload above 10 MiB',
      json({ ...good, payload: 'A'.repeat(13_981_020) }),
      'envelope.payload',
    ],
    ['an envelope of 20 MB', new Uint8Array(20_000_000), 'envelope'],
  ] as const)('%s', (_name, bytes, at) => {
    expect(faultOf(() => read(bytes))).toMatchObject({ code: 'malformed', at });
  });

  it('a payload that is there twice', () => {
    const twice = utf8('{"payload":"AA==","payloadType":"a","signatures":[],"payload":"AQ=="}');
    expect(faultOf(() => read(twice)).detail).toContain('duplicate member');
  });
});

describe('verifying counts keys', () => {
  it('gives the bytes that were verified', () => {
    const { content, signers } = verifyEnvelope(signedBy(alice, bob), keys, 2);
    expect(content).toEqual({ payload: utf8('hello'), payloadType: TYPE });
    expect(signers.map(({ keyId }) => keyId)).toEqual([alice.publicKey.keyId, bob.publicKey.keyId]);
  });

  it('of which the payload can’t be written to by who gave the envelope', () => {
    const payload = utf8('hello');
    const { content } = verifyEnvelope({ ...signedBy(alice), payload }, keys, 1);
    payload.fill(0);
    expect(content?.payload).toEqual(utf8('hello'));
  });

  it('and says why others don’t count', () => {
    const envelope = signedBy(alice, mallory);
    const twice = { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] };
    const { signatures, content } = verifyEnvelope(twice, keys, 2);
    expect(content).toBeUndefined();
    expect(signatures.map((one) => (one.signer ? 'signer' : one.because))).toEqual([
      'signer',
      'by none of the keys',
      'the same signature as one before',
      'the same signature as one before',
    ]);
  });

  it('a key that signed twice is one, however its signatures differ', () => {
    const pae = preAuthEncoding(TYPE, empty.payload);
    const signatures = [1, 2, 3].map((i) => ({ keyId: `${i}`, signature: bob.sign(pae) }));
    const result = verifyEnvelope({ ...empty, signatures }, keys, 2);
    expect([result.signers.length, result.content]).toEqual([1, undefined]);
    expect(result.signatures.slice(1)).toEqual(
      Array(2).fill({ signer: undefined, because: 'by a key that signed before' }),
    );
    const again = parsePublicKey(bob.publicKey.spki, 'key');
    const both = verifyEnvelope({ ...empty, signatures }, [bob.publicKey, again], 2);
    expect([both.signers.length, both.content]).toEqual([1, undefined]);
  });

  it('a key that is given twice is one', () => {
    const again = parsePublicKey(alice.publicKey.spki, 'key');
    expect(verifyEnvelope(signedBy(alice), [alice.publicKey, again], 2).content).toBeUndefined();
  });

  it('whatever the key ids say', () => {
    const [mine] = signedBy(mallory).signatures;
    const [hers] = signedBy(alice).signatures;
    if (!mine || !hers) throw new Error('not signed');
    const as = (keyId: string | undefined, { signature } = mine) => ({
      ...empty,
      signatures: [{ keyId, signature }],
    });
    expect(owners(as(alice.publicKey.keyId))).toEqual([]);
    for (const keyId of [undefined, '', bob.publicKey.keyId, mallory.publicKey.keyId]) {
      expect(owners(as(keyId, hers))).toEqual([alice.publicKey.keyId]);
    }
  });

  it.each([
    ['another payload', { payload: utf8('hallo') }],
    ['another type', { payloadType: 'text/html' }],
    ['a type that takes from the payload', { payloadType: `${TYPE} 5 h`, payload: utf8('ello') }],
  ])('not for %s', (_name, changed) => {
    expect(owners({ ...signedBy(alice, bob), ...changed })).toEqual([]);
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('no threshold of %d', (threshold) => {
    expect(faultOf(() => verifyEnvelope(empty, keys, threshold)).code).toBe('usage');
  });

  it('and nobody is enough for nobody', () => {
    expect(verifyEnvelope(signedBy(alice), [], 1).content).toBeUndefined();
    expect(verifyEnvelope(empty, keys, 1).content).toBeUndefined();
  });

  it('within bounds: a large payload is not hashed for thousands of false signatures', () => {
    const payload = new Uint8Array(8 * 1024 * 1024);
    const signatures = Array.from({ length: 64 }, (_, i) => ({
      keyId: undefined,
      signature: new Uint8Array(64).fill(i),
    }));
    const { signatures: found } = verifyEnvelope({ ...empty, payload, signatures }, keys, 1);
    expect(found.at(-1)).toMatchObject({ because: expect.stringContaining('not tried') });
  });
});

describe('signing', () => {
  it('leaves what is there, and refuses to sign twice', () => {
    const envelope = signedBy(alice);
    const more = signEnvelope(envelope, bob);
    expect(more.payload).toBe(envelope.payload);
    expect(more.signatures[0]).toBe(envelope.signatures[0]);
    expect(faultOf(() => signEnvelope(more, alice)).code).toBe('usage');
  });

  it('finds out about a signer with another key', () => {
    const wrong = { publicKey: alice.publicKey, sign: mallory.sign };
    expect(faultOf(() => signEnvelope(empty, wrong)).code).toBe('internal');
  });
});

const folder = vectorsFolder('policy');

test.skipIf(folder === undefined)('the published envelope with one key twice', () => {
  const file = (name: string) => readFileSync(join(folder ?? '', 'dsse', name));
  const envelope = read(file('same-key-twice/envelope.json'));
  const key = parsePublicKeyPem(file('key.pem').toString(), 'key');
  expect(verifyEnvelope(envelope, [key], 1).content?.payload).toEqual(utf8('hello world'));
  expect(verifyEnvelope(envelope, [key], 2).content).toBeUndefined();
  expect(verifyEnvelope(envelope, [key, alice.publicKey], 2).content).toBeUndefined();
});
