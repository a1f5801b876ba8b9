import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import type { TileReader } from '../../../src/ledger/tiles/tile-reader.ts';
import { watchLog } from '../../../src/ledger/watch/watch.ts';
import type { WatchState } from '../../../src/ledger/watch/watch-state.ts';
import { naiveRoot } from '../../support/merkle.ts';
import { history, LOG, noteOf, tilesOf } from '../../support/witnessing.ts';

const NOW = 1_790_000_000_000;
const STALL = 60_000;

const seenOf = (leaves: readonly Uint8Array[], origin = LOG) => ({
  origin,
  size: leaves.length,
  root: naiveRoot(leaves),
  note: noteOf(leaves),
});

const stateOf = (leaves: readonly Uint8Array[], grownAt = NOW - 1): WatchState => ({
  ...seenOf(leaves),
  grownAt,
});

const look = (
  leaves: readonly Uint8Array[],
  before?: WatchState,
  tiles: TileReader = tilesOf(leaves),
  now = NOW,
) => watchLog(seenOf(leaves), before, tiles, { now, stallMs: STALL });

const gone: TileReader = {
  readTile: () => Promise.reject(new Fault('unreachable', 'tile/0/000', 'is not there')),
};

describe('a log that is seen', () => {
  it('for the first time is remembered as it is', async () => {
    expect(await look(history(5))).toEqual({
      sight: { kind: 'first', from: 0, to: 5 },
      state: { ...seenOf(history(5)), grownAt: NOW },
    });
    expect(await look([])).toMatchObject({ sight: { kind: 'first', to: 0 } });
  });

  it.each([
    [0, 1],
    [0, 200],
    [1, 2],
    [5, 8],
    [128, 255],
  ])('to have grown from %i to %i leaves is believed', async (from, to) => {
    expect(await look(history(to), stateOf(history(from)))).toEqual({
      sight: { kind: 'grown', from, to },
      state: { ...seenOf(history(to)), grownAt: NOW },
    });
  });

  it('to be the same stays so until it must have grown', async () => {
    for (const [age, kind] of [
      [0, 'same'],
      [STALL - 1, 'same'],
      [STALL, 'stall'],
      [10 * STALL, 'stall'],
      // A clock that was put back.
      [-STALL, 'same'],
    ] as const) {
      const before = stateOf(history(5), NOW - age);
      const { sight, state } = await look(history(5), before, gone);
      expect(sight.kind).toBe(kind);
      expect(state).toBe(before);
    }
    const { sight } = await look(history(5), stateOf(history(5), NOW - STALL));
    expect(sight).toEqual({ kind: 'stall', since: NOW - STALL, size: 5 });
  });

  it.each([
    { what: 'to have lost leaves', leaves: history(3), kind: 'rollback', says: 'had 5 leaves' },
    { what: 'to be empty again', leaves: [], kind: 'rollback', says: 'now has 0' },
    {
      what: 'smaller, and another',
      leaves: history(3, { from: 0 }),
      kind: 'rollback',
      says: 'now has 3',
    },
    {
      what: 'with another root of the same size',
      leaves: history(5, { from: 4 }),
      kind: 'fork',
      says: 'two roots at 5',
    },
    {
      what: 'to have grown from another',
      leaves: history(9, { from: 4 }),
      kind: 'fork',
      says: 'at 5 leaves',
    },
    {
      what: 'to have grown from another by its first leaf',
      leaves: history(200, { from: 0 }),
      kind: 'fork',
      says: 'at 5 leaves',
    },
  ])('$what is an alarm, with both notes', async ({ leaves, kind, says }) => {
    const before = stateOf(history(5));
    const { sight, state } = await look(leaves, before);
    expect(sight).toEqual({
      kind,
      because: expect.stringContaining(says),
      notes: [noteOf(history(5)), noteOf(leaves)],
    });
    // What was believed stays what the next look is held against.
    expect(state).toBe(before);
  });

  it.each([
    { what: 'that can’t be had', tiles: gone, code: 'unreachable' },
    { what: 'of another history', tiles: tilesOf(history(9, { from: 2 })), code: 'malformed' },
    {
      what: 'that are cut',
      tiles: { readTile: async () => new Uint8Array(31) },
      code: 'malformed',
    },
  ])('by tiles $what says nothing against it', async ({ tiles, code }) => {
    for (const before of [undefined, stateOf(history(5))]) {
      await expect(look(history(9), before, tiles)).rejects.toMatchObject({ code });
    }
  });

  it('under the state of another log is the caller’s mistake', async () => {
    const other = { ...stateOf(history(5)), origin: 'log.example/other' };
    await expect(look(history(9), other)).rejects.toMatchObject({
      code: 'usage',
      at: 'state.origin',
    });
  });
});
