import { describe, expect, it } from 'vitest';
import { countRecordsBefore, hasRecordsBefore } from '../../../src/cli/audit/forget-records.ts';
import type { RecordPlace } from '../../../src/ledger/store.ts';

/** So many records that are due, and how many were asked for at once. */
function due(count: number) {
  const asked: number[] = [];
  const recordsBefore = async (_: number, after: RecordPlace | undefined, most: number) => {
    asked.push(most);
    const from = after === undefined ? 0 : after.index + 1;
    return Array.from({ length: Math.min(most, count - from) }, (_, i) => {
      return { at: 1, index: from + i };
    });
  };
  return { asked, recordsBefore };
}

describe('records that are due', () => {
  it.each([
    [0, 1],
    [1023, 1],
    [1024, 2],
    [2500, 3],
  ])('%i of them are counted in %i pages', async (count, pages) => {
    const store = due(count);
    expect(await countRecordsBefore(store, 9)).toBe(count);
    expect(store.asked).toEqual(Array.from({ length: pages }, () => 1024));
  });

  it('of a whole log, one tells that there are some', async () => {
    const [none, many] = [due(0), due(100_000)];
    expect([await hasRecordsBefore(none, 9), await hasRecordsBefore(many, 9)]).toEqual([
      false,
      true,
    ]);
    expect([none.asked, many.asked]).toEqual([[1], [1]]);
  });
});
