import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { ByteWriter } from '../../../../src/core/bytes/writer.ts';
import { describeData } from '../../../../src/evidence/tdx/event-log/describe.ts';
import { eventTypeName } from '../../../../src/evidence/tdx/event-log/event-types.ts';
import { printable } from '../../../../src/evidence/tdx/event-log/printable.ts';
import { fuzz } from '../../../support/fuzz.ts';
import { hex } from '../../../support/hex.ts';
import { asView } from '../../../support/view.ts';

const utf16 = (text: string) => {
  const w = new ByteWriter();
  for (const letter of text) w.u16(letter.charCodeAt(0));
  return w.finish();
};

const secureBoot = new ByteWriter()
  .bytes(hex('61dfe48bca93d211aa0d00e098032b8c'))
  .u64(10n)
  .u64(1n)
  .bytes(utf16('SecureBoot'))
  .u8(1)
  .finish();
const path = new ByteWriter().u8(4).u8(4).u16(12).bytes(utf16('\\a.b')).finish();
const image = new ByteWriter().u64(0n).u64(924688n).u64(0n).u64(12n).bytes(path).finish();

describe('describes', () => {
  it.each([
    ['a variable', 0x80000001, secureBoot, 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c: 0x01'],
    [
      'a broken variable',
      0x80000001,
      secureBoot.subarray(0, 20),
      `0x${toHex(secureBoot.subarray(0, 20))}`,
    ],
    ['an image', 0x80000003, image, '\\a.b, image of 924688 bytes'],
    ['an image without path', 0x80000003, image.subarray(0, 32), 'image of 924688 bytes'],
    [
      'an image whose path node has no length',
      0x80000003,
      image.with(34, 0),
      'image of 924688 bytes',
    ],
    ['an action', 0x80000007, utf8('Exit Boot'), 'Exit Boot'],
    ['a command to its terminator', 0xd, utf8('grub_cmd x\0u'), 'grub_cmd x'],
    ['a command in UTF-16', 0xd, utf16('linux quiet\0'), 'linux quiet'],
    ['a tag', 6, hex('ed223b8f 03000000 616263'), 'tag 0x8f3b22ed: abc'],
    ['a tag cut off', 6, hex('ed223b'), '0xed223b'],
    ['a firmware blob', 0x8000000a, utf8('\x03FV(rest'), 'FV('],
    ['a separator', 4, new Uint8Array(4), '0x00000000'],
    ['nothing', 4, new Uint8Array(), ''],
    ['a long value', 4, new Uint8Array(65).fill(1), `0x${'01'.repeat(64)}... (65 bytes)`],
  ])('%s', (_, type, data, text) => {
    expect(describeData(type, data)).toBe(text);
    expect(describeData(type, asView(data))).toBe(text);
    expect(describeData(type, Buffer.from(data))).toBe(text);
  });

  it('without changing the data', () => {
    const before = toHex(secureBoot);
    describeData(0x80000001, Buffer.from(secureBoot.buffer));
    expect(toHex(secureBoot)).toBe(before);
  });
});

describe('shows hostile text', () => {
  it.each([
    ['a terminal escape', '\x1b[2Jx', '\\x1b[2Jx'],
    ['line breaks', 'a\r\nb', 'a\\x0d\\x0ab'],
    ['a right-to-left override', 'a\u202eb', 'a\\u202eb'],
    ['a lone surrogate', '\ud800', '\\ud800'],
    ['a look-alike letter', 'р', '\\u0440'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('cut to a bounded length', () => {
    expect(printable('x'.repeat(1_000_000))).toBe(`${'x'.repeat(1024)}...`);
    expect(describeData(0x80000007, new Uint8Array(1_000_000).fill(0x78))).toHaveLength(1027);
  });
});

it('names types, also unknown ones', () => {
  expect(eventTypeName(0x80000007)).toBe('EV_EFI_ACTION');
  expect(eventTypeName(0x1234)).toBe('EV_0x00001234');
});

const types = [4, 5, 6, 0xa, 0xd, 0x80000001, 0x80000003, 0x8000000a];
fuzz(
  'describes anything in printable, bounded text',
  fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 300 })),
  ([type, data]) => {
    const text = describeData(type, data);
    expect(text).toMatch(/^[ -~]*$/);
    expect(text.length).toBeLessThan(20_000);
  },
);
