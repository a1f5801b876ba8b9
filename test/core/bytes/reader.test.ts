import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../src/core/bytes/reader.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const golden = hex('01 0203 04050607 08090a0b0c0d0e0f aabb cc');

function readAll(bytes: Uint8Array): unknown[] {
  const r = new ByteReader(bytes, 'thing');
  const fields = [r.u8('a'), r.u16('b'), r.u32('c'), r.u64('d'), r.bytes(2, 'e'), r.rest()];
  r.end();
  return [...fields, r.offset, r.remaining];
}

it('reads little-endian fields in order, to the end', () => {
  const fields = [0x01, 0x0302, 0x07060504, 0x0f0e0d0c0b0a0908n, hex('aabb'), hex('cc'), 18, 0];
  expect(readAll(golden)).toEqual(fields);
  expect(readAll(asView(golden))).toEqual(fields);
});

it('reads all-ones as unsigned', () => {
  const r = new ByteReader(new Uint8Array(15).fill(0xff), 'thing');
  expect([r.u8('a'), r.u16('b'), r.u32('c'), r.u64('d')]).toEqual([
    0xff,
    0xffff,
    0xffffffff,
    2n ** 64n - 1n,
  ]);
});

it('hands out views, not copies', () => {
  const r = new ByteReader(golden, 'thing');
  expect(r.bytes(3, 'head').buffer).toBe(golden.buffer);
});

describe('refuses', () => {
  const reads: Record<string, (r: ByteReader) => unknown> = {
    u8: (r) => r.u8('field'),
    u16: (r) => r.u16('field'),
    u32: (r) => r.u32('field'),
    u64: (r) => r.u64('field'),
    bytes: (r) => r.bytes(3, 'field'),
  };
  it.each([
    ['u8', 1],
    ['u16', 2],
    ['u32', 4],
    ['u64', 8],
    ['bytes', 3],
  ])('%s one byte short', (kind, size) => {
    // The view's neighbours must not be read either.
    const r = new ByteReader(asView(new Uint8Array(0x20 + size - 1)), 'thing');
    r.bytes(0x20, 'before');
    const fault = faultOf(() => reads[kind]?.(r));
    expect(fault.code).toBe('malformed');
    expect(fault.message).toBe(`thing.field: needs ${size} bytes at 0x20, ${size - 1} left`);
    expect(r.offset).toBe(0x20);
  });

  it('a length that an attacker made huge', () => {
    const r = new ByteReader(hex('ffffffff 00'), 'thing');
    const length = r.u32('length');
    expect(faultOf(() => r.bytes(length, 'body')).message).toBe(
      'thing.body: needs 4294967295 bytes at 0x4, 1 left',
    );
  });

  it('a tail', () => {
    const r = new ByteReader(golden, 'thing');
    r.u64('a');
    expect(faultOf(() => r.end()).message).toBe('thing: 10 bytes after the last field');
  });
});
