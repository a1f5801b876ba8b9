import { describe, expect, it } from 'vitest';
import * as active from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import * as node from '../../../src/core/crypto/node.ts';
import * as portable from '../../../src/core/crypto/portable.ts';
import { implementations } from '../../support/implementations.ts';

it('resolves #crypto to the implementation that this project is about', () => {
  const expected = process.env['VITEST_POSTERN_CRYPTO'] === 'portable' ? portable : node;
  expect(active.sha256).toBe(expected.sha256);
});

describe.each(implementations)('%s', (_, crypto) => {
  it('compares bytes, views of larger buffers too', () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 9);
    const same = (a: number[], b = bytes.subarray(1, 4)) => crypto.sameBytes(Uint8Array.from(a), b);
    expect([same([1, 2, 3]), same([1, 2, 4]), same([1, 2]), same([1, 2, 3, 9])]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(same([], new Uint8Array())).toBe(true);
  });

  it('decodes canonical base64, and nothing else', () => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(crypto.decodeBase64(Buffer.from(every).toString('base64'))).toEqual(every);
    expect(crypto.decodeBase64('')).toEqual(new Uint8Array());
    expect(crypto.decodeBase64('Zg==')?.constructor).toBe(Uint8Array);
    const refused = [
      'Zg',
      'Zg=',
      'Zh==',
      'Zm9=',
      '====',
      'Zm9v\n',
      '-_-_',
      'Zm9é',
      'Zg==Zg==',
      'Zm-vZm9v',
      'Zm_vZg==',
      'Zm9vZh==',
      'Zm9v\nZm9v',
      'Zm9vZm9v=',
      'Z===Zm9v',
    ];
    for (const text of refused)
      expect([text, crypto.decodeBase64(text)]).toEqual([text, undefined]);
  });

  it('finds every control character wherever it stands, and takes nothing else for one', () => {
    // Longer than what is decoded at a time.
    const digits = 'Ab+/'.repeat(5000);
    const clean = [
      '',
      ' ',
      '~\u007f\u0080é',
      `${digits}==`,
      `${digits}\u0141 -_"\\`,
      `é${digits}=`,
    ];
    for (const text of clean) expect(crypto.hasControl(text)).toBe(false);
    for (let code = 0; code < 0x20; code++) {
      const control = String.fromCharCode(code);
      for (const at of [0, 1, 16383, 16384, 19998, digits.length]) {
        for (const wide of ['', '\u0141']) {
          const text = digits.slice(0, at) + control + digits.slice(at) + wide;
          expect([code, at, wide, crypto.hasControl(text)]).toEqual([code, at, wide, true]);
        }
        // In place of a digit, so that the length stays a multiple of four.
        const text = digits.slice(0, at - 1) + control + digits.slice(at);
        expect([code, at, crypto.hasControl(text)]).toEqual([code, at, true]);
      }
    }
  });

  const abc = utf8('abc');
  it.each([
    ['sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'sha384',
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed' +
        '8086072ba1e7cc2358baeca134c825a7',
    ],
    [
      'sha512',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
  ] as const)('hashes the FIPS 180-4 example with %s', (name, digest) => {
    expect(toHex(crypto[name](abc))).toBe(digest);
    expect(toHex(crypto[name](Uint8Array.of(0, ...abc, 0).subarray(1, 4)))).toBe(digest);
  });

  it('hashes in parts what it hashes whole', () => {
    const data = Uint8Array.from({ length: 1000 }, (_, i) => i);
    for (const at of [0, 1, 63, 64, 65, 999, 1000]) {
      const running = crypto.startSha256();
      running.update(data.subarray(0, at));
      running.update(data.subarray(at));
      expect(toHex(running.digest())).toBe(toHex(crypto.sha256(data)));
    }
  });
});
