import { describe, expect, it } from 'vitest';
import { decodeCbor } from '../../../src/core/encoding/cbor.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import type { CborMap, CborValue } from '../../../src/core/encoding/cbor-value.ts';
import { parseCoseKey, parseCoseKeyFile } from '../../../src/core/encoding/cose-key.ts';
import { coseSigner } from '../../support/cose.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const kinds = ['p256', 'p384', 'ed25519'] as const;
const signers = {
  p256: coseSigner('p256'),
  p384: coseSigner('p384'),
  ed25519: coseSigner('ed25519'),
};

describe.each(kinds)('%s', (kind) => {
  const { coseKey, pem } = signers[kind];

  it('reads both forms of a file', () => {
    for (const bytes of [coseKey, pem, asView(coseKey), asView(pem)]) {
      expect(parseCoseKeyFile(bytes, 'key').algorithm).toBe(kind);
    }
  });

  it.each<[string, CborValue, CborValue | undefined, string]>([
    ['a private key', -4, new Uint8Array(32), 'usage'],
    ['no kind', 1, undefined, 'malformed'],
    ['another kind', 1, 4, 'unsupported'],
    ['no curve', -1, undefined, 'malformed'],
    ['another curve', -1, 3, 'unsupported'],
    ['no x', -2, undefined, 'malformed'],
    ['x cut short', -2, new Uint8Array(31).fill(2), 'malformed'],
    ['x that is text', -2, 'x', 'malformed'],
  ])('refuses %s', (_name, label, value, code) => {
    const key = new Map(decodeCbor(coseKey, 'key') as CborMap);
    if (value === undefined) key.delete(label);
    else key.set(label, value);
    expect(faultOf(() => parseCoseKey(encodeCbor(key), 'key')).code).toBe(code);
  });
});

it('refuses points that are on no curve, and those of one coordinate and a sign', () => {
  const zeros = new Uint8Array(32);
  const key = (y: CborValue) =>
    new Map<CborValue, CborValue>([
      [1, 2],
      [-1, 1],
      [-2, zeros],
      [-3, y],
    ]);
  expect(faultOf(() => parseCoseKey(encodeCbor(key(zeros)), 'key')).detail).toContain(
    'not on its curve',
  );
  expect(faultOf(() => parseCoseKey(encodeCbor(key(true)), 'key')).detail).toContain(
    'whole coordinate',
  );
  expect(faultOf(() => parseCoseKey(hex('a3010120062140'), 'key')).code).toBe('malformed');
});
