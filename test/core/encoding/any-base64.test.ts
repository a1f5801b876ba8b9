import { expect, it } from 'vitest';
import { fromAnyBase64 } from '../../../src/core/encoding/any-base64.ts';
import { faultOf } from '../../support/fault-of.ts';

it.each([
  ['', []],
  ['+/8=', [0xfb, 0xff]],
  ['-_8=', [0xfb, 0xff]],
  ['-_8', [0xfb, 0xff]],
  ['Zg', [0x66]],
  ['Zg==', [0x66]],
])('decodes %j', (text, bytes) => {
  expect([...fromAnyBase64(text, 'text')]).toEqual(bytes);
});

it.each(['-/8=', 'Z', 'Zg=', 'Zg===', '=', '===', 'Zh', 'Zg==Zg==', 'Z g=', 'Zg\n', 'Zgé='])(
  'refuses %j',
  (text) => {
    expect(faultOf(() => fromAnyBase64(text, 'text'))).toMatchObject({
      code: 'malformed',
      at: 'text',
    });
  },
);
