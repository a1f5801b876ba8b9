import { expect, it } from 'vitest';
import {
  parseSignature,
  writeSignature,
} from '../../../src/protocol/request-signature/signature-value.ts';
import { faultOf } from '../../support/fault-of.ts';

const bytes = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);
const good = writeSignature(bytes);

it('reads what it writes', () => {
  expect(good).toMatch(/^postern=:.{88}:$/);
  expect(parseSignature(good)).toEqual(bytes);
});

it.each([
  ['nothing', ''],
  ['another label', good.replace('postern', 'sig1')],
  ['63 bytes', writeSignature(bytes.subarray(1))],
  ['65 bytes', writeSignature(Uint8Array.of(...bytes, 0))],
  ['another signature behind', `${good}, sig1=:AA==:`],
  ['itself again', `${good}, ${good}`],
  ['a parameter', `${good};a=1`],
  ['white space behind', `${good} `],
  ['white space within', good.replace('=:', '= :')],
  ['bits left over', good.replace('A==:', 'B==:')],
  ['no padding', good.replace('==:', ':')],
  ['text for bytes', good.replaceAll(':', '"')],
])('refuses %s', (_name, value) => {
  expect(value).not.toBe(good);
  expect(faultOf(() => parseSignature(value))).toMatchObject({
    code: 'malformed',
    at: 'signature',
  });
});
