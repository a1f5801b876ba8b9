import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checked, placeOf, rowSum, usesSum, withSum } from '../../src/store/row-sum.ts';
import { faultOf } from '../support/fault-of.ts';

const hex = (text: string) => createHash('sha256').update(text).digest('hex');
const bytes = (text: string) => new TextEncoder().encode(text);

/** Stores out there hold such sums: what is summed, and how, does not change. */
describe('the sum of a row', () => {
  it.each([
    {
      name: 'text and integers',
      table: 'lease' as const,
      row: { id: 1, holder: 'ä:\n', token: 12, beat: 0, wanted: 1 },
      text: 'lease\nid=1:1\nholder=4:ä:\n\ntoken=2:12\nbeat=1:0\nwanted=1:1\n',
    },
    {
      name: 'NULL, which is left out',
      table: 'lease' as const,
      row: { id: 1, holder: null, token: 0, beat: 0, wanted: 0 },
      text: 'lease\nid=1:1\ntoken=1:0\nbeat=1:0\nwanted=1:0\n',
    },
    {
      name: 'bytes',
      table: 'leaves' as const,
      row: { idx: 7, id: 'x', entry: bytes('{}'), hash: bytes('h') },
      text: 'leaves\nidx=1:7\nid=1:x\nentry=2:{}\nhash=1:h\n',
    },
    {
      name: 'bytes in the middle',
      table: 'tiles' as const,
      row: { level: 0, idx: 3, hashes: new Uint8Array() },
      text: 'tiles\nlevel=1:0\nidx=1:3\nhashes=0:\n',
    },
  ])('is that of $name', ({ table, row, text }) => {
    expect(rowSum(table, row)).toBe(hex(text));
    // As faults() reads them.
    const asText = Object.entries(row).map(([name, value]) =>
      typeof value === 'number' ? [name, `${value}`] : [name, value],
    );
    expect(rowSum(table, Object.fromEntries(asText))).toBe(hex(text));
  });

  it('is of its table: a row is no row of another', () => {
    const row = { name: 'a', value: 'b' };
    expect(rowSum('meta', row)).not.toBe(rowSum('blobs', row));
  });

  it('moves no byte from one value to the next', () => {
    const one = rowSum('meta', { name: 'ab', value: 'c' });
    expect(one).not.toBe(rowSum('meta', { name: 'a', value: 'bc' }));
    expect(one).not.toBe(rowSum('meta', { name: 'ab', value: 'c\n' }));
  });

  it('is checked, and a row that fails is named by its key', () => {
    const row = withSum('cosignatures', { size: 3, nth: 0, line: 'x' });
    expect(checked('cosignatures', row)).toBe(row);
    expect(placeOf('cosignatures', row)).toBe('cosignatures[3,0]');
    const fault = faultOf(() => checked('cosignatures', { ...row, line: 'y' }));
    expect(fault).toMatchObject({ code: 'malformed', at: 'cosignatures[3,0]' });
  });
});

it('the sum of what a record uses is that of its digests, in order', () => {
  expect(usesSum(['b', 'a'])).toBe(hex('a\nb'));
  expect(usesSum([])).toBe(hex(''));
});
