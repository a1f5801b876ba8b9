import { expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { NonceCounter } from '../../src/sealed/nonce-counter.ts';
import { hex } from '../support/hex.ts';

const base = hex('0102030405060708090a0b0c');

it('counts in the last bytes, by XOR', () => {
  const at = (count: number) => toHex(new NonceCounter(base, count).current());
  expect([0, 1, 255, 256, 2 ** 32 - 1].map(at)).toEqual([
    '0102030405060708090a0b0c',
    '0102030405060708090a0b0d',
    '0102030405060708090a0bf3',
    '0102030405060708090a0a0c',
    '0102030405060708f6f5f4f3',
  ]);
});

it('has no nonce left after the last, rather than the first again', () => {
  const counter = new NonceCounter(base, 2 ** 32 - 1);
  counter.current();
  counter.advance();
  expect(() => counter.current()).toThrow(RangeError);
});
