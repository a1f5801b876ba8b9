import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Fault } from '../../../src/core/fault.ts';
import {
  LARGEST_ENTRY,
  parseEntryBundle,
  verifyEntries,
  writeEntryBundle,
} from '../../../src/ledger/tiles/entry-bundle.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { entries, leaves } from '../../support/merkle.ts';
import { asView } from '../../support/view.ts';

const refusal = (at: string) => expect.objectContaining({ code: 'malformed', at }) as Fault;
const some = [utf8('one'), new Uint8Array(), new Uint8Array(LARGEST_ENTRY).fill(7), utf8('four')];
const bundle = writeEntryBundle(some);

it('reads what it writes, entries of no byte and of the most among them', () => {
  expect(parseEntryBundle(asView(bundle), 4)).toEqual(some);
  expect([...bundle.subarray(0, 7)]).toEqual([0, 3, 0x6f, 0x6e, 0x65, 0, 0]);
  expect(writeEntryBundle([])).toEqual(new Uint8Array());
  expect(parseEntryBundle(new Uint8Array(), 0)).toEqual([]);
});

describe('refuses', () => {
  it.each([
    { name: 'an entry too few', bytes: bundle, count: 5, at: 'entries[4]' },
    { name: 'an entry too many', bytes: bundle, count: 3, at: 'entries' },
    { name: 'a last entry cut short', bytes: bundle.subarray(0, -1), count: 4, at: 'entries[3]' },
    { name: 'half a length', bytes: bundle.subarray(0, 6), count: 2, at: 'entries[1]' },
    { name: 'a tail', bytes: Uint8Array.of(...bundle, 0), count: 4, at: 'entries' },
    { name: 'nothing', bytes: new Uint8Array(), count: 1, at: 'entries[0]' },
  ])('$name', ({ bytes, count, at }) => {
    expect(() => parseEntryBundle(bytes, count)).toThrow(refusal(at));
  });

  it('to write what the length can’t say', () => {
    const entry = new Uint8Array(LARGEST_ENTRY + 1);
    expect(() => writeEntryBundle([utf8('a'), entry])).toThrow(refusal('entries[1]'));
  });

  it('entries of other leaves, in other order, or of another number', () => {
    const [good, hashes] = [entries(5), leaves(5)];
    verifyEntries(good, hashes);
    const bad = good.with(3, utf8('entry 8'));
    expect(() => verifyEntries(bad, hashes)).toThrow(refusal('entries[3]'));
    expect(() => verifyEntries(good.toReversed(), hashes)).toThrow(refusal('entries[0]'));
    expect(() => verifyEntries(good, hashes.slice(1))).toThrow(refusal('entries'));
  });
});

const short = writeEntryBundle([utf8('one'), new Uint8Array(), utf8('three')]);
fuzz('a damaged bundle is refused, or is the one of other entries', damaged(short), (bytes) => {
  const read = orRefused(() => parseEntryBundle(bytes, 3));
  if (read) expect(writeEntryBundle(read)).toEqual(Uint8Array.from(bytes));
});
