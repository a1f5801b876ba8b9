import { expect, it } from 'vitest';
import { ByteReader } from '../../../src/core/bytes/reader.ts';
import { ByteWriter, concatBytes } from '../../../src/core/bytes/writer.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

it('writes what the reader reads', () => {
  const writer = new ByteWriter()
    .u8(0x01)
    .u16(0x0302)
    .u32(0xf7060504)
    .u64(0xff0e0d0c0b0a0908n)
    .bytes(asView(hex('aabb')))
    .zeros(2);
  expect(writer.length).toBe(19);
  const bytes = writer.finish();
  expect(bytes).toEqual(hex('01 0203 040506f7 08090a0b0c0d0eff aabb 0000'));
  const r = new ByteReader(bytes, 'thing');
  expect([r.u8('a'), r.u16('b'), r.u32('c'), r.u64('d')]).toEqual([
    0x01,
    0x0302,
    0xf7060504,
    0xff0e0d0c0b0a0908n,
  ]);
});

it('finish() hands out bytes of its own', () => {
  const part = hex('0102');
  const writer = new ByteWriter().bytes(part);
  const first = writer.finish();
  first[0] = 0xff;
  expect(part).toEqual(hex('0102'));
  expect(writer.u8(3).finish()).toEqual(hex('010203'));
});

it('concatBytes joins none, one and many', () => {
  expect(concatBytes()).toEqual(new Uint8Array());
  expect(concatBytes(hex('01'), hex(''), asView(hex('0203')))).toEqual(hex('010203'));
});
