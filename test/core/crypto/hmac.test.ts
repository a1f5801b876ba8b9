import { expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { hmacSha256 } from '../../../src/core/crypto/hmac.ts';
import { hex } from '../../support/hex.ts';

const run = (digits: string, length: number) => hex(digits.repeat(length));

it.each([
  {
    name: 'case 1: a short key',
    key: run('0b', 20),
    data: utf8('Hi There'),
    mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    name: 'case 2: a key shorter than the output',
    key: utf8('Jefe'),
    data: utf8('what do ya want for nothing?'),
    mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    name: 'case 3: key and data together longer than a block',
    key: run('aa', 20),
    data: run('dd', 50),
    mac: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  },
  {
    name: 'case 6: a key longer than a block',
    key: run('aa', 131),
    data: utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
    mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
])('RFC 4231, $name', ({ key, data, mac }) => {
  expect(toHex(hmacSha256(key, data))).toBe(mac);
});

it('a key of exactly a block is used as it is', () => {
  const key = run('aa', 64);
  expect(hmacSha256(key, utf8('x'))).not.toEqual(hmacSha256(run('aa', 65), utf8('x')));
  expect(hmacSha256(key, utf8('x'))).toEqual(hmacSha256(key.slice(), utf8('x')));
});
