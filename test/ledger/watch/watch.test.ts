import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import {
  parseForkProof,
  verifyForkProof,
  writeForkProof,
} from '../../../src/ledger/proof/fork-proof.ts';
import type { TileReader } from '../../../src/ledger/tiles/tile-reader.ts';
import { type Sight, watchLog } from '../../../src/ledger/watch/watch.ts';
import type { WatchState } from '../../../src/ledger/watch/watch-state.ts';
import { naiveRoot, nodesOf } from '../../support/merkle.ts';
import { history, LOG, logSigner, noteOf, tilesOf } from '../../support/witnessing.ts';

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

/** Whoever has the log's key, and nothing else, sees that it cheated. */
function expectFork(sight: Extract<Sight, { kind: 'fork' }>, ...sizes: readonly number[]): void {
  if (sight.proof === undefined) throw new Error('no proof');
  const proof = parseForkProof(writeForkProof(sight.proof));
  const { smaller, larger } = verifyForkProof(proof, [logSigner.key]);
  expect([smaller.size, larger.size].map(Number)).toEqual(sizes);
}

describe('a larger state whose tiles could not be read', () => {
  const unread = async (leaves: readonly Uint8Array[], before = stateOf(history(5))) =>
    (await look(leaves, before, gone)).state;

  it('is held against what comes, and forgotten once it goes together', async () => {
    const state = await unread(history(12), await unread(history(9)));
    expect(state.pending?.map(({ size }) => size)).toEqual([9, 12]);
    expect(await look(history(20), state)).toEqual({
      sight: { kind: 'grown', from: 5, to: 20 },
      state: { ...seenOf(history(20)), grownAt: NOW },
    });
  });

  it('that the log went back on is a fork, at its own size and at another', async () => {
    const state = await unread(history(9));
    for (const size of [9, 20]) {
      const { sight, state: after } = await look(history(size, { from: 7 }), state);
      expect(after).toBe(state);
      if (sight.kind !== 'fork') throw new Error(sight.kind);
      expectFork(sight, 9, size);
    }
  });

  it('and does not show any more is a rollback', async () => {
    const { sight } = await look(history(5), await unread(history(9)), gone);
    expect(sight).toMatchObject({
      kind: 'rollback',
      because: 'had 9 leaves, and now has 5',
      notes: [noteOf(history(9)), noteOf(history(5))],
    });
  });

  it('is kept once, and of many the first and the last', async () => {
    let state = await unread(history(6));
    expect(await unread(history(6), state)).toBe(state);
    for (let size = 7; size < 30; size++) state = await unread(history(size), state);
    expect(state.pending?.map(({ size }) => size)).toEqual([6, 7, 8, 9, 10, 11, 12, 29]);
  });
});

it('a fork whose tiles are gone when it is to be shown is told all the same', async () => {
  const leaves = history(300, { from: 2 });
  const full = nodesOf(leaves);
  let reads = 0;
  const tiles: TileReader = {
    readTile: async (level, index, width) => {
      // The right edge is two tiles, the full one is read for the smaller root.
      if (++reads > 3) throw new Fault('unreachable', 'tile', 'is gone');
      const hashes = Array.from({ length: width }, (_, i) => full(8 * level, 256 * index + i));
      return new Uint8Array(Buffer.concat(hashes));
    },
  };
  const { sight } = await look(leaves, stateOf(history(5)), tiles);
  expect(sight.kind).toBe('fork');
});

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
      what: 'smaller, and another, by tiles that don’t say so',
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
    expect(sight).toMatchObject({
      kind,
      because: expect.stringContaining(says),
      notes: [noteOf(history(5)), noteOf(leaves)],
    });
    if (sight.kind === 'fork') expectFork(sight, 5, leaves.length);
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
    await expect(look(history(9), undefined, tiles)).rejects.toMatchObject({ code });
    const before = stateOf(history(5));
    const { note, root, size } = seenOf(history(9));
    expect(await look(history(9), before, tiles)).toEqual({
      sight: { kind: 'unread', size: 9, error: expect.objectContaining({ code }) },
      state: { ...before, pending: [{ note, root, size }] },
    });
  });

  it('smaller and another, by tiles of what it showed before, is a fork and no rollback', async () => {
    const { sight } = await look(history(3, { from: 0 }), stateOf(history(5)), tilesOf(history(5)));
    expect(sight.kind).toBe('fork');
    if (sight.kind === 'fork') expectFork(sight, 3, 5);
    const { sight: old } = await look(history(3), stateOf(history(5)), tilesOf(history(5)));
    expect(old.kind).toBe('rollback');
  });

  it.each([2 ** 53, 2 ** 64])('of %d leaves is nothing that could be remembered', async (size) => {
    for (const before of [undefined, stateOf(history(5))]) {
      const seen = { ...seenOf(history(9)), size };
      const looked = watchLog(seen, before, gone, { now: NOW, stallMs: STALL });
      await expect(looked).rejects.toMatchObject({ code: 'malformed', at: 'checkpoint.size' });
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
