import { describe, expect, it } from 'vitest';
import { corimReferenceSets } from '../../../src/appraisal/corim/reference-sets.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import { CborTag, type CborValue } from '../../../src/core/encoding/cbor-value.ts';
import {
  comid,
  corim,
  corimValue,
  environment,
  mapOf,
  measured,
  repeated,
  sha384,
  signedCorim,
  validityMap,
} from '../../support/corim.ts';
import { coseSigner } from '../../support/cose.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

const td = environment('Intel Corporation', 'TDX');
const tags = [comid({ references: [[td, measured('mrtd', { 2: sha384('a') })]] })];
const payload = corim({ tags });
const [p256, p384, ed25519, other] = [
  coseSigner('p256'),
  coseSigner('p384'),
  coseSigner('ed25519'),
  coseSigner('p256'),
];

const read = (bytes: Uint8Array, publicKey?: Uint8Array) =>
  corimReferenceSets(bytes, { now: 0, ...(publicKey && { publicKey }) });

describe('a signed CoRIM', () => {
  it.each([
    ['ES256', p256],
    ['ES384', p384],
    ['EdDSA', ed25519],
  ])('is verified when a key is given: %s', (algorithm, signer) => {
    const bytes = signedCorim(payload, signer);
    for (const key of [signer.pem, signer.coseKey]) {
      const found = read(asView(bytes), key);
      expect(found.signature).toEqual({
        state: 'verified',
        algorithm,
        keyId: 'cccccccc',
        signer: 'ACME signing',
      });
      expect(found.tdx[0]?.provenance).toMatchObject({
        kind: 'vendor-signed',
        inputs: { signature: 'verified' },
      });
    }
  });

  it('says that nothing was verified without one', () => {
    const found = read(signedCorim(payload, p256));
    expect(found.signature.state).toBe('not verified');
    expect(found.tdx[0]?.provenance).toMatchObject({
      kind: 'observed',
      inputs: { signature: 'not verified' },
    });
  });

  it('is refused under another key, or when a byte of it changed', () => {
    const bytes = signedCorim(payload, p256);
    for (const { pem } of [other, p384, ed25519]) {
      expect(faultOf(() => read(bytes, pem))).toMatchObject({
        code: 'malformed',
        at: 'corim.signature',
      });
    }
    const at = bytes.length - 120;
    expect(faultOf(() => read(bytes.with(at, (bytes[at] ?? 0) ^ 1), p256.pem)).code).toBe(
      'malformed',
    );
  });

  it('may stand in the wrappers of older drafts', () => {
    const old = signedCorim(encodeCbor(new CborTag(500, corimValue({ tags }))), p256, [
      3,
      'application/corim-unsigned+cbor',
    ]);
    const wrapped = new Uint8Array([0xd9, 0x01, 0xf4, 0xd9, 0x01, 0xf6, ...old]);
    expect(read(wrapped, p256.pem)).toMatchObject({ signature: { state: 'verified' }, tdx: [{}] });
  });

  it.each<[string, Uint8Array, string]>([
    ['of another content type', signedCorim(payload, p256, [3, 'application/cwt']), 'malformed'],
    [
      'of a content type that begins with the right one',
      signedCorim(payload, p256, [3, 'application/rim+cbor+x']),
      'malformed',
    ],
    ['of a numbered content type', signedCorim(payload, p256, [3, 10]), 'malformed'],
    ['of a hash in place of a CoRIM', signedCorim(payload, p256, [258, -16]), 'unsupported'],
    ['with a critical parameter', signedCorim2(), 'unsupported'],
    ['around something else', signedCorim(encodeCbor(7), p256), 'malformed'],
    ['around a CoMID', signedCorim(encodeCbor(tags[0] ?? null), p256), 'malformed'],
    ['around another signed one', signedCorim(signedCorim(payload, p256), p256), 'malformed'],
  ])('is refused %s', (_name, bytes, code) => {
    expect(faultOf(() => read(bytes, p256.pem)).code).toBe(code);
    expect(faultOf(() => read(bytes)).code).toBe(code);
  });
});

/** `crit` of a parameter that a builder understands, and no reader of CoRIMs. */
function signedCorim2(): Uint8Array {
  return signedCorim(payload, p256, [2, ['x']], ['x', 1]);
}

it('an unsigned CoRIM is refused where a key is given', () => {
  expect(read(payload).signature).toEqual({ state: 'unsigned' });
  expect(faultOf(() => read(payload, p256.pem))).toMatchObject({
    code: 'malformed',
    at: 'corim.signature',
  });
});

it('a key that is none is refused before anything is read', () => {
  expect(faultOf(() => read(payload, repeated('0', 3))).at).toContain('publicKey');
  expect(faultOf(() => read(payload, new Uint8Array())).at).toContain('publicKey');
});

describe('validity', () => {
  const valid = (now: number, ...header: (readonly [CborValue, CborValue])[]) =>
    corimReferenceSets(signedCorim(corim({ tags, validity: [100, 200] }), p256, ...header), {
      now: now * 1000,
    }).validity;
  const bounds = { notBefore: '1970-01-01T00:01:40Z', notAfter: '1970-01-01T00:03:20Z' };

  it.each([
    [99, 'not yet valid'],
    [100, 'current'],
    [200, 'current'],
    [200.001, 'expired'],
  ])('of the CoRIM at %d', (now, state) => {
    expect(valid(now)).toEqual({ state, ...bounds });
  });

  it('of the signature as well: the shorter of the two', () => {
    const meta = encodeCbor(mapOf([0, mapOf([0, 'ACME'])], [1, validityMap([undefined, 150])]));
    expect(valid(151, [8, meta])).toMatchObject({
      state: 'expired',
      notAfter: '1970-01-01T00:02:30Z',
    });
    const claims = mapOf([1, 'issuer'], [4, 190], [5, 120]);
    expect(valid(119, [15, claims]).state).toBe('not yet valid');
    expect(valid(120, [15, claims]).state).toBe('current');
    expect(valid(191, [15, claims]).state).toBe('expired');
  });

  it('is not stated where it is not', () => {
    expect(read(payload).validity).toEqual({ state: 'not stated' });
  });
});

describe('refuses a CoRIM', () => {
  const body = (...entries: (readonly [CborValue, CborValue])[]) =>
    encodeCbor(new CborTag(501, mapOf(...entries)));
  const inComid = (...entries: (readonly [CborValue, CborValue])[]) =>
    body([0, 'x'], [1, [new CborTag(506, encodeCbor(mapOf(...entries)))]]);
  const triple = (value: CborValue) => inComid([1, mapOf([0, 'tag'])], [4, mapOf([0, [value]])]);
  const value = (values: CborValue) => triple([td, [mapOf([0, 'mrtd'], [1, values])]]);
  it.each<[string, Uint8Array, string]>([
    ['without a tag', encodeCbor(mapOf([0, 'x'])), 'corim'],
    ['that is no map', encodeCbor(new CborTag(501, [])), 'corim'],
    ['without id', body([1, tags]), 'corim.id'],
    ['without tags', body([0, 'x']), 'corim.tags'],
    ['with no tag in it', body([0, 'x'], [1, []]), 'corim.tags'],
    ['with an id that is a map', body([0, mapOf()], [1, tags]), 'corim.id'],
    [
      'with a validity without end',
      body([0, 'x'], [1, tags], [4, mapOf([0, new CborTag(1, 5)])]),
      'corim.rim-validity.not-after',
    ],
    [
      'with a time that is no tag',
      body([0, 'x'], [1, tags], [4, mapOf([1, 5])]),
      'corim.rim-validity.not-after',
    ],
    [
      'with a UUID of 15 bytes',
      body([0, new CborTag(37, repeated('0', 15))], [1, tags]),
      'corim.id',
    ],
    [
      'with an entity without name',
      body([0, 'x'], [1, tags], [5, [mapOf([2, [1]])]]),
      'corim.entities[0].entity-name',
    ],
    [
      'with a CoMID that is not wrapped',
      body([0, 'x'], [1, [new CborTag(506, mapOf())]]),
      'corim.tags[0]',
    ],
    [
      'with bytes behind its CoMID',
      body([0, 'x'], [1, [new CborTag(506, repeated('0', 2))]]),
      'corim.tags[0]+0x1',
    ],
    ['with a CoMID without identity', inComid([4, mapOf()]), 'corim.tags[0].tag-identity'],
    ['with a CoMID without triples', inComid([1, mapOf([0, 'tag'])]), 'corim.tags[0].triples'],
    [
      'with no triple',
      inComid([1, mapOf([0, 'tag'])], [4, mapOf([0, []])]),
      'corim.tags[0].triples.reference-triples',
    ],
    ['with a triple of one', triple([td]), 'corim.tags[0].triples.reference-triples[0]'],
    ['with a triple of three', triple([td, [], []]), 'corim.tags[0].triples.reference-triples[0]'],
    ['with no measurement', triple([td, []]), 'corim.tags[0].triples.reference-triples[0][1]'],
    [
      'with a measurement without values',
      triple([td, [mapOf([0, 1])]]),
      'corim.tags[0].triples.reference-triples[0][1][0].mval',
    ],
    [
      'with values that say nothing',
      value(mapOf()),
      'corim.tags[0].triples.reference-triples[0][1][0].mval',
    ],
    [
      'with no digest',
      value(mapOf([2, []])),
      'corim.tags[0].triples.reference-triples[0][1][0].mval.digests',
    ],
    [
      'with a digest that is too short',
      value(mapOf([2, [[7, repeated('a', 47)]]])),
      'corim.tags[0].triples.reference-triples[0][1][0].mval.digests[0][1]',
    ],
    [
      'with a digest without value',
      value(mapOf([2, [[7]]])),
      'corim.tags[0].triples.reference-triples[0][1][0].mval.digests[0]',
    ],
    [
      'with a mask and no value',
      value(mapOf([5, repeated('a', 4)])),
      'corim.tags[0].triples.reference-triples[0][1][0].mval.raw-value-mask',
    ],
    [
      'with two masks',
      value(
        mapOf([4, new CborTag(563, [repeated('a', 4), repeated('f', 4)])], [5, repeated('a', 4)]),
      ),
      'corim.tags[0].triples.reference-triples[0][1][0].mval.raw-value-mask',
    ],
    [
      'with no integrity register',
      value(mapOf([14, mapOf()])),
      'corim.tags[0].triples.reference-triples[0][1][0].mval.integrity-registers',
    ],
    [
      'with a key of bytes',
      value(mapOf([repeated('a', 1), 0])),
      'corim.tags[0].triples.reference-triples[0][1][0].mval',
    ],
  ])('%s', (_name, bytes, at) => {
    expect(faultOf(() => read(bytes))).toMatchObject({ code: 'malformed', at });
  });
});
