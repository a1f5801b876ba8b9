import { expect, it } from 'vitest';
import { fromBase64Url } from '../../../src/core/encoding/base64url.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';

it.each([
  ['', ''],
  ['AQAB', '010001'],
  ['-_8', 'fbff'],
  ['_w', 'ff'],
])('reads "%s"', (text, bytes) => {
  expect(fromBase64Url(text, 'n')).toEqual(hex(bytes));
});

it.each([
  ['padding', '_w=='],
  ['the standard alphabet', '+/8'],
  ['bits behind the last byte', '_x'],
  ['bits behind the last but one', 'AQC'],
  ['one character too many', 'AQABA'],
  ['white space', 'AQ AB'],
  ['a line end', 'AQAB\n'],
])('refuses %s', (_, text) => {
  expect(faultOf(() => fromBase64Url(text, 'n'))).toMatchObject({ code: 'malformed', at: 'n' });
});
