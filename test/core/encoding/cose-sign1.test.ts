import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import { CborTag, type CborValue } from '../../../src/core/encoding/cbor-value.ts';
import { parseCoseKey } from '../../../src/core/encoding/cose-key.ts';
import {
  buildCoseSign1,
  parseCoseSign1,
  verifyCoseSign1,
} from '../../../src/core/encoding/cose-sign1.ts';
import { coseSigner } from '../../support/cose.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const [p256, p384, ed25519] = [coseSigner('p256'), coseSigner('p384'), coseSigner('ed25519')];
const payload = utf8('This is the content.');
type Header = readonly (readonly [CborValue, CborValue])[];

function message(
  signer = p256,
  protectedHeader: Header = [[1, signer.alg]],
  unprotectedHeader: Header = [],
): Uint8Array {
  return buildCoseSign1({
    protectedHeader: new Map(protectedHeader),
    unprotectedHeader: new Map(unprotectedHeader),
    payload,
    sign: signer.sign,
  });
}

/** Four items of our own choice, of which nobody checked that they fit. */
function raw(protectedHeader: Header, unprotectedHeader: Header, ...more: CborValue[]): Uint8Array {
  const protectedBytes = encodeCbor(new Map(protectedHeader));
  return encodeCbor(new CborTag(18, [protectedBytes, new Map(unprotectedHeader), ...more]));
}

/** RFC 9052 appendix C.2.1, and the key `11` of its appendix C.7.1. */
const EXAMPLE = hex(
  'd28443a10126a10442313154546869732069732074686520636f6e74656e742e5840' +
    '8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e' +
    '2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36',
);
const EXAMPLE_KEY = hex(
  'a4 0102 2001' +
    '215820 bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff' +
    '225820 20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e',
);

it('verifies the example of RFC 9052', () => {
  const key = parseCoseKey(EXAMPLE_KEY, 'key');
  for (const bytes of [EXAMPLE, asView(EXAMPLE)]) {
    const example = parseCoseSign1(bytes, 'cose');
    expect(example).toMatchObject({ algorithm: 'ES256', keyId: utf8('11'), payload });
    expect(verifyCoseSign1(example, key)).toBe(true);
    expect(verifyCoseSign1(example, p256.key)).toBe(false);
  }
});

describe('verifies what it built', () => {
  it.each([
    ['ES256', p256, -7],
    ['ES384', p384, -35],
    ['EdDSA', ed25519, -8],
    ['Ed25519', ed25519, -19],
  ])('%s', (name, signer, alg) => {
    const parsed = parseCoseSign1(message(signer, [[1, alg]]), 'cose');
    expect(parsed.algorithm).toBe(name);
    expect(verifyCoseSign1(parsed, signer.key)).toBe(true);
    for (const other of [p256, p384, ed25519]) {
      if (other !== signer) expect(verifyCoseSign1(parsed, other.key)).toBe(false);
    }
  });
});

it('takes no key for an algorithm that it is not of, whoever signed', () => {
  // Signed by the P-256 key, and the header says otherwise.
  for (const alg of [-35, -8, -19]) {
    const bytes = message(p256, [[1, alg]]);
    expect(verifyCoseSign1(parseCoseSign1(bytes, 'cose'), p256.key)).toBe(false);
  }
});

it('covers the protected header, the payload and external data', () => {
  const parsed = parseCoseSign1(
    message(p256, [
      [1, -7],
      [3, 'a/b'],
    ]),
    'cose',
  );
  expect(parsed.contentType).toBe('a/b');
  expect(verifyCoseSign1(parsed, p256.key)).toBe(true);
  const changed = [
    {
      ...parsed,
      protectedBytes: encodeCbor(
        new Map<CborValue, CborValue>([
          [1, -7],
          [3, 'a/c'],
        ]),
      ),
    },
    { ...parsed, payload: utf8('This is the content!') },
    { ...parsed, signature: parsed.signature.with(0, (parsed.signature[0] ?? 0) ^ 1) },
    { ...parsed, signature: parsed.signature.subarray(1) },
    { ...parsed, signature: new Uint8Array(64) },
  ];
  for (const one of changed) expect(verifyCoseSign1(one, p256.key)).toBe(false);
  expect(verifyCoseSign1(parsed, p256.key, { externalAad: utf8('x') })).toBe(false);
});

it('verifies a payload that travels on its own, and never with two or none', () => {
  const attached = parseCoseSign1(message(), 'cose');
  const detached = parseCoseSign1(raw([[1, -7]], [], null, attached.signature), 'cose');
  expect(detached.payload).toBeUndefined();
  expect(verifyCoseSign1(detached, p256.key, { payload })).toBe(true);
  expect(verifyCoseSign1(detached, p256.key, { payload: utf8('other') })).toBe(false);
  expect(faultOf(() => verifyCoseSign1(detached, p256.key)).code).toBe('usage');
  expect(faultOf(() => verifyCoseSign1(attached, p256.key, { payload })).code).toBe('usage');
});

it('acts upon critical parameters or refuses', () => {
  const header: Header = [
    [1, -7],
    [2, ['x']],
    ['x', 1],
  ];
  expect(() => parseCoseSign1(message(p256, header), 'cose', ['x'])).not.toThrow();
  expect(faultOf(() => parseCoseSign1(message(p256, header), 'cose'))).toMatchObject({
    code: 'unsupported',
    at: 'cose.protected.crit[0]',
  });
});

describe('refuses', () => {
  const signature = new Uint8Array(64);
  const rest = [payload, signature] as const;
  it.each<[string, Uint8Array, string]>([
    ['an algorithm that is not protected', raw([], [[1, -7]], ...rest), 'malformed'],
    ['an algorithm in both headers', raw([[1, -7]], [[1, -8]], ...rest), 'malformed'],
    [
      'a key id in both headers',
      raw(
        [
          [1, -7],
          [4, signature],
        ],
        [[4, signature]],
        ...rest,
      ),
      'malformed',
    ],
    ['crit that is not protected', raw([[1, -7]], [[2, [4]]], ...rest), 'malformed'],
    [
      'an empty crit',
      raw(
        [
          [1, -7],
          [2, []],
        ],
        [],
        ...rest,
      ),
      'malformed',
    ],
    [
      'crit of a parameter that is missing',
      raw(
        [
          [1, -7],
          [2, [3]],
        ],
        [],
        ...rest,
      ),
      'malformed',
    ],
    ['no algorithm', raw([], [], ...rest), 'malformed'],
    ['HMAC', raw([[1, 5]], [], ...rest), 'unsupported'],
    ['RSA', raw([[1, -37]], [], ...rest), 'unsupported'],
    ['an algorithm by name', raw([[1, 'ES256']], [], ...rest), 'unsupported'],
    ['a key id of text', raw([[1, -7]], [[4, '11']], ...rest), 'malformed'],
    [
      'a content type below zero',
      raw(
        [
          [1, -7],
          [3, -1],
        ],
        [],
        ...rest,
      ),
      'malformed',
    ],
    [
      'a label that is no label',
      raw(
        [
          [1, -7],
          [true, 1],
        ],
        [],
        ...rest,
      ),
      'malformed',
    ],
    ['three items', raw([[1, -7]], [], payload), 'malformed'],
    ['five items', raw([[1, -7]], [], ...rest, 0), 'malformed'],
    ['a payload of text', raw([[1, -7]], [], 'text', signature), 'malformed'],
    ['no signature', raw([[1, -7]], [], payload, null), 'malformed'],
    [
      'a protected header that is not wrapped',
      encodeCbor(new CborTag(18, [new Map([[1, -7]]), new Map(), ...rest])),
      'malformed',
    ],
    [
      'an empty protected header',
      encodeCbor(new CborTag(18, [new Uint8Array(), new Map(), ...rest])),
      'malformed',
    ],
    ['no tag', encodeCbor([encodeCbor(new Map([[1, -7]])), new Map(), ...rest]), 'malformed'],
    [
      'COSE_Sign',
      encodeCbor(new CborTag(98, [encodeCbor(new Map([[1, -7]])), new Map(), ...rest])),
      'malformed',
    ],
    [
      'a parameter twice in the protected header',
      encodeCbor(new CborTag(18, [hex('a201260127'), new Map(), ...rest])),
      'malformed',
    ],
  ])('%s', (_name, bytes, code) => {
    expect(faultOf(() => parseCoseSign1(bytes, 'cose')).code).toBe(code);
  });
});
