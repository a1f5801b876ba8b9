import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { fromBase58, toBase58 } from '../../../src/core/encoding/base58.ts';
import { fromSs58, toSs58 } from '../../../src/core/encoding/ss58.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';

/** Of the accounts that every development chain of Substrate has, as its tooling prints them. */
const KNOWN = [
  {
    name: 'Alice',
    address: '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY',
    key: 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
  },
  {
    name: 'Bob',
    address: '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty',
    key: '8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48',
  },
];
const [{ address, key }] = KNOWN as [(typeof KNOWN)[0]];
const bytes = fromBase58(address, 'test');

it.each(KNOWN)('$name', (one) => {
  expect(fromSs58(one.address, 'hotkey')).toEqual(hex(one.key));
  expect(toSs58(hex(one.key))).toBe(one.address);
});

it('gives every key back', () => {
  const property = fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (any) => {
    expect(fromSs58(toSs58(any), 'hotkey')).toEqual(any);
  });
  fc.assert(property);
});

describe('refuses', () => {
  it.each([
    ['nothing', '', /35 bytes in base58, got 0/],
    ['a character too few', address.slice(0, -1), /35 bytes/],
    ['a character too many', `${address}1`, /35 bytes/],
    ['a zero byte in front', `1${address}`, /35 bytes in base58, got 36/],
    ['a mistyped character', address.replace('E', 'F'), /checksum/],
    ['two characters exchanged', address.replace('rw', 'wr'), /checksum/],
    ['a character that base58 has not', address.replace('G', '0'), /no character of base58/],
    ['white space', `${address} `, /no character of base58/],
    // The same key as an address of Polkadot and of Kusama.
    [
      'Polkadot’s network',
      '15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5',
      /network 0, want 42/,
    ],
    ['Kusama’s network', 'HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F', /network 2, want 42/],
    ['a checksum of one byte', toBase58(bytes.subarray(0, 34)), /35 bytes/],
    ['a checksum of other bytes', toBase58(bytes.with(34, (bytes[34] ?? 0) ^ 1)), /checksum/],
    [
      'an account number',
      toBase58(concatBytes(Uint8Array.of(42, 1), bytes.subarray(33))),
      /35 bytes/,
    ],
    ['the key in hex', key, /no character of base58|network|35 bytes/],
  ])('%s', (_name, text, detail) => {
    const fault = faultOf(() => fromSs58(text, 'hotkey'));
    expect(fault).toMatchObject({ code: 'malformed', at: 'hotkey' });
    expect(fault.detail).toMatch(detail);
  });
});
