import { beforeAll, describe, expect, it } from 'vitest';
import { equalBytes } from '../../../src/core/bytes/equal.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { Fault } from '../../../src/core/fault.ts';
import { AuthenticatedTiles } from '../../../src/ledger/tiles/authenticated-tiles.ts';
import { Tile, tileWidth } from '../../../src/ledger/tiles/tile.ts';
import { orFromFullTile, type TileReader } from '../../../src/ledger/tiles/tile-reader.ts';
import { verifyConsistency } from '../../../src/ledger/tree/consistency.ts';
import { Frontier } from '../../../src/ledger/tree/frontier.ts';
import { EMPTY_ROOT } from '../../../src/ledger/tree/hash.ts';
import { verifyInclusion } from '../../../src/ledger/tree/inclusion.ts';
import { flipped, leaves } from '../../support/merkle.ts';

/** Three levels: 256 full tiles of leaves and some, one full tile above them, one hash on top. */
const SIZE = 256 * 256 + 700;
let all: Uint8Array[] = [];
let roots = new Map<number, Uint8Array>();
let rows: Uint8Array[][] = [];

/** Sizes of trees whose root some test asks for: to make them all would take long. */
const SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, SIZE];
const PICKS = [0, 1, 2, 254, 255, 256, 257, 300, 512, 65_279, 65_280, 65_536];
const ROOTS = new Set([
  ...SIZES.flatMap((size) => [size - 1, size]),
  ...PICKS.map((n) => n + 1),
  128,
  300,
]);

beforeAll(() => {
  all = leaves(SIZE);
  const frontier = new Frontier();
  roots = new Map([[0, EMPTY_ROOT]]);
  for (const leaf of all) {
    frontier.append(leaf);
    if (ROOTS.has(frontier.size)) roots.set(frontier.size, frontier.root());
  }
  rows = [all];
  for (let row = all; row.length >= 256; ) {
    const above = Array.from({ length: Math.floor(row.length / 256) }, (_, i) =>
      new Tile(concatBytes(...row.slice(i * 256, (i + 1) * 256)), 256, 't').node(8, 0),
    );
    rows.push(above);
    row = above;
  }
});

function root(size: number): Uint8Array {
  const known = roots.get(size);
  if (known === undefined) throw new Error(`no root of ${size} leaves was made`);
  return known;
}

/** A log's tiles at one size, and which of them were asked for. */
function log(size: number, change = (_: string, bytes: Uint8Array) => bytes) {
  const asked: string[] = [];
  const reader: TileReader = {
    readTile: async (level, index, width) => {
      const name = `${level}/${index}${width < 256 ? `.p/${width}` : ''}`;
      asked.push(name);
      if (width > tileWidth(size, level, index))
        throw new Fault('unreachable', name, 'is not there');
      const hashes = rows[level]?.slice(index * 256, index * 256 + width) ?? [];
      return change(name, concatBytes(...hashes));
    },
  };
  return { asked, reader, open: () => AuthenticatedTiles.open(reader, { size, root: root(size) }) };
}

it('says how wide each tile is, by the example of the specification', () => {
  const widths = (size: number, ...tiles: [number, number][]) =>
    tiles.map(([level, index]) => tileWidth(size, level, index));
  expect(
    widths(70_000, [0, 272], [0, 273], [0, 274], [1, 0], [1, 1], [1, 2], [2, 0], [3, 0]),
  ).toEqual([256, 112, 0, 256, 17, 0, 1, 0]);
  expect(widths(256, [0, 0], [0, 1], [1, 0])).toEqual([256, 0, 1]);
  expect(widths(0, [0, 0])).toEqual([0]);
});

describe('a tile', () => {
  it('has every complete subtree, and no other', () => {
    const tile = new Tile(concatBytes(...all.slice(0, 200)), 200, 't');
    expect(tile.node(0, 199)).toEqual(all[199]);
    expect(tile.node(7, 0)).toEqual(root(128));
    for (const [height, index] of [
      [0, 200],
      [7, 1],
      [8, 0],
      [4, 12],
      [9, 0],
      [0, -1],
    ] as const) {
      expect(() => tile.node(height, index)).toThrow('no subtree');
    }
  });

  it.each([0, 31, 33, 64])('of one hash is not %i bytes', (length) => {
    expect(() => new Tile(new Uint8Array(length), 1, 't')).toThrow(/^t: want 1 hash/);
  });
});

it.each(SIZES)('of %i leaves prove all that a tree proves', async (size) => {
  const tiles = await log(size).open();
  const picks = [...PICKS, size - 2, size - 1];
  for (const index of picks.filter((n, i) => n >= 0 && n < size && picks.indexOf(n) === i)) {
    const hashes = await tiles.proveInclusion(index);
    const leaf = all[index] ?? EMPTY_ROOT;
    verifyInclusion({ index: BigInt(index), size: BigInt(size), leaf, hashes, root: root(size) });
    const smaller = index + 1;
    expect(await tiles.rootAt(smaller)).toEqual(root(smaller));
    verifyConsistency({
      size1: BigInt(smaller),
      root1: root(smaller),
      size2: BigInt(size),
      root2: root(size),
      hashes: await tiles.proveConsistency(smaller),
    });
    const earlier = await tiles.proveInclusion(0, smaller);
    const [first = EMPTY_ROOT] = all;
    const head = { size: BigInt(smaller), root: root(smaller) };
    verifyInclusion({ index: 0n, leaf: first, hashes: earlier, ...head });
  }
  const hashes = concatBytes(...(await tiles.leafHashes(0, size)));
  expect(equalBytes(hashes, concatBytes(...all.slice(0, size)))).toBe(true);
});

it('reads the edge once, then what a proof needs and no tile twice', async () => {
  const { asked, open } = log(SIZE);
  const tiles = await open();
  expect(asked.toSorted()).toEqual(['0/258.p/188', '1/1.p/2', '2/0.p/1']);
  await Promise.all([tiles.proveInclusion(5), tiles.proveInclusion(6)]);
  await tiles.proveInclusion(5);
  expect(asked.slice(3).toSorted()).toEqual(['0/0', '1/0']);
});

describe('nothing is taken from a reader who lies', () => {
  it('at the edge', async () => {
    for (const name of ['0/258.p/188', '1/1.p/2', '2/0.p/1']) {
      const { open } = log(SIZE, (asked, bytes) => (asked === name ? flipped(bytes, 77) : bytes));
      await expect(open()).rejects.toThrow(expect.objectContaining({ at: 'tiles.root' }));
    }
  });

  it.each([
    { name: '0/0', at: 'tile/0/0' },
    { name: '1/0', at: 'tile/1/0' },
  ])('in full tile $name', async ({ name, at }) => {
    for (const bit of [0, 8191 * 8 + 7, 4000]) {
      const { open } = log(SIZE, (asked, bytes) => (asked === name ? flipped(bytes, bit) : bytes));
      const tiles = await open();
      const refused = expect.objectContaining({ code: 'malformed', at });
      await expect(tiles.proveInclusion(5)).rejects.toThrow(refused);
      await expect(tiles.leafHashes(0, 3)).rejects.toThrow(refused);
    }
  });

  it('of a tile of another length', async () => {
    const { open } = log(SIZE, (asked, bytes) => (asked === '0/0' ? bytes.subarray(32) : bytes));
    await expect((await open()).proveInclusion(0)).rejects.toThrow(/^tile\/0\/0: want 256 hashes/);
  });

  it('of another tile in its place', async () => {
    const { reader } = log(SIZE);
    const swapped: TileReader = {
      readTile: (level, index, width) => reader.readTile(level, index === 3 ? 4 : index, width),
    };
    const tiles = await AuthenticatedTiles.open(swapped, { size: SIZE, root: root(SIZE) });
    await expect(tiles.proveInclusion(3 * 256)).rejects.toThrow(/^tile\/0\/3/);
  });

  it('for another root, or another size', async () => {
    const { reader } = log(SIZE);
    for (const head of [
      { size: SIZE, root: root(SIZE - 1) },
      { size: SIZE - 1, root: root(SIZE) },
      { size: 0, root: root(1) },
    ]) {
      await expect(AuthenticatedTiles.open(reader, head)).rejects.toThrow('tiles.root');
    }
  });
});

it('asks again for what could not be had', async () => {
  let broken = true;
  const { open } = log(SIZE, (asked, bytes) => {
    if (asked === '0/7' && broken) throw new Fault('unreachable', asked, 'for now');
    return bytes;
  });
  const tiles = await open();
  await expect(tiles.proveInclusion(7 * 256)).rejects.toThrow('for now');
  broken = false;
  await expect(tiles.proveInclusion(7 * 256)).resolves.toHaveLength(17);
});

it('forgets those longest unused, and reads them again', async () => {
  const { asked, reader } = log(SIZE);
  const tiles = await AuthenticatedTiles.open(reader, { size: SIZE, root: root(SIZE) }, 3);
  const read = async (tile: number) => {
    const before = asked.length;
    await tiles.leafHashes(tile * 256, tile * 256 + 1);
    return asked.slice(before).toSorted();
  };
  expect(await read(0)).toEqual(['0/0', '1/0']);
  expect(await read(1)).toEqual(['0/1']);
  expect(await read(0)).toEqual([]);
  expect(await read(2)).toEqual(['0/2']); // the fourth, for which 0/1 was forgotten
  expect(await read(0)).toEqual([]);
  expect(await read(1)).toEqual(['0/1']);
});

it.each([
  { name: 'a size below zero', size: -1 },
  { name: 'half a size', size: 1.5 },
  { name: 'a size beyond numbers', size: 2 ** 53 },
])('refuses $name', async ({ size }) => {
  const opened = AuthenticatedTiles.open(log(1).reader, { size, root: root(1) });
  await expect(opened).rejects.toThrow('tiles.size');
});

it('refuses leaves, indexes and sizes beyond the tree', async () => {
  const tiles = await log(300).open();
  await expect(tiles.leafHashes(0, 301)).rejects.toThrow('tiles');
  await expect(tiles.leafHashes(-1, 3)).rejects.toThrow('tiles');
  await expect(tiles.leafHashes(0.5, 3)).rejects.toThrow('tiles');
  await expect(tiles.proveInclusion(300)).rejects.toThrow('proof');
  await expect(tiles.proveInclusion(0, 301)).rejects.toThrow('tiles.size');
  await expect(tiles.proveConsistency(0)).rejects.toThrow('proof');
  await expect(tiles.rootAt(301)).rejects.toThrow('tiles.size');
});

describe('a part that is gone', () => {
  it('is cut out of the full tile', async () => {
    const { reader } = log(512);
    const gone: TileReader = {
      readTile: (level, index, width) =>
        width < 256 && level === 0
          ? Promise.reject(new Fault('unreachable', 'part', 'is gone'))
          : reader.readTile(level, index, width),
    };
    const head = { size: 300, root: root(300) };
    await expect(AuthenticatedTiles.open(gone, head)).rejects.toThrow('is gone');
    const tiles = await AuthenticatedTiles.open(orFromFullTile(gone), head);
    expect(await tiles.leafHashes(290, 300)).toEqual(all.slice(290, 300));
  });

  it('with the full tile gone too is said to be gone itself', async () => {
    const { reader } = log(300);
    const missing = orFromFullTile(reader).readTile(0, 1, 200);
    await expect(missing).rejects.toThrow('0/1.p/200: is not there');
  });

  it('is not looked for elsewhere when the reader failed for another reason', async () => {
    const failing: TileReader = { readTile: () => Promise.reject(new Error('a bug')) };
    await expect(orFromFullTile(failing).readTile(0, 1, 2)).rejects.toThrow('a bug');
  });
});
