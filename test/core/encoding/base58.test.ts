import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { fromBase58, toBase58 } from '../../../src/core/encoding/base58.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';

/** draft-msporny-base58, section "Test Vectors". */
const KNOWN = [
  { text: '2NEpo7TZRRrLZSi2U', bytes: utf8('Hello World!') },
  {
    text: 'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z',
    bytes: utf8('The quick brown fox jumps over the lazy dog.'),
  },
  { text: '11233QC4', bytes: hex('0000287fb4cd') },
  { text: '', bytes: new Uint8Array() },
  { text: '111', bytes: new Uint8Array(3) },
];

it.each(KNOWN)('reads and writes $text', ({ text, bytes }) => {
  expect(fromBase58(text, 'test')).toEqual(bytes);
  expect(toBase58(bytes)).toBe(text);
});

it('gives every bytes back', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    expect(fromBase58(toBase58(bytes), 'test')).toEqual(bytes);
  });
  fc.assert(property);
});

it.each(['0', 'O', 'I', 'l', ' 2', '2\n', '2NEpo7TZ-RrLZSi2U', 'é', '𝟚'])('refuses %j', (text) => {
  expect(faultOf(() => fromBase58(text, 'place'))).toMatchObject({
    code: 'malformed',
    at: 'place',
  });
});

it('refuses what would take long to read', () => {
  expect(fromBase58('2'.repeat(128), 'place')).toHaveLength(93);
  expect(faultOf(() => fromBase58('2'.repeat(129), 'place')).detail).toMatch(/more than 128/);
});
