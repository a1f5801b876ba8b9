import { describe, expect, it } from 'vitest';
import { Frontier } from '../../../src/ledger/tree/frontier.ts';
import { EMPTY_ROOT } from '../../../src/ledger/tree/hash.ts';
import { completeNodes, rootOf } from '../../../src/ledger/tree/prove.ts';
import { leaves, naiveRoot, nodesOf } from '../../support/merkle.ts';

const all = leaves(300);

it('has the root of the recursion at every size, in no more hashes than the size has bits', () => {
  const frontier = new Frontier();
  expect(frontier.root()).toEqual(EMPTY_ROOT);
  for (const [i, leaf] of all.entries()) {
    frontier.append(leaf);
    expect(frontier.root()).toEqual(naiveRoot(all.slice(0, i + 1)));
    expect(frontier.size).toBe(i + 1);
    expect(frontier.nodes.length).toBe((i + 1).toString(2).replaceAll('0', '').length);
  }
});

it('goes on from its nodes as if it had never stopped, and copies part ways', () => {
  for (const size of [0, 1, 2, 3, 127, 128, 129]) {
    const before = new Frontier();
    for (const leaf of all.slice(0, size)) before.append(leaf);
    const after = Frontier.of(size, before.nodes);
    const copy = after.copy();
    for (const leaf of all.slice(size, 200)) after.append(leaf);
    expect(after.root()).toEqual(naiveRoot(all.slice(0, 200)));
    expect(copy.root()).toEqual(naiveRoot(all.slice(0, size)));
  }
});

it('consists of the nodes that completeNodes names', () => {
  const read = nodesOf(all);
  for (let size = 1; size <= all.length; size++) {
    const nodes = completeNodes({ start: 0n, end: BigInt(size) });
    const hashes = nodes.map(({ height, index }) => read(height, index));
    expect(Frontier.of(size, hashes).root()).toEqual(rootOf(size, read));
  }
  const most = completeNodes({ start: 0n, end: BigInt(Number.MAX_SAFE_INTEGER) });
  expect(most).toHaveLength(53);
  expect(most.at(-1)).toEqual({ height: 0, index: Number.MAX_SAFE_INTEGER - 1 });
});

describe('refuses', () => {
  it.each([
    { name: 'a node too few', size: 3, nodes: all.slice(0, 1) },
    { name: 'a node too many', size: 4, nodes: all.slice(0, 2) },
    { name: 'nodes of nothing', size: 0, nodes: all.slice(0, 1) },
    { name: 'a size that is no count', size: 1.5, nodes: all.slice(0, 1) },
    { name: 'a size below zero', size: -1, nodes: [] },
    { name: 'a short hash', size: 1, nodes: [new Uint8Array(31)] },
  ])('$name', ({ size, nodes }) => {
    expect(() => Frontier.of(size, nodes)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('a leaf that is no hash, and one that numbers cannot count', () => {
    expect(() => new Frontier().append(new Uint8Array(3))).toThrow('frontier.leaf');
    const full = Frontier.of(
      Number.MAX_SAFE_INTEGER,
      Array.from({ length: 53 }, () => EMPTY_ROOT),
    );
    expect(() => full.append(EMPTY_ROOT)).toThrow('as large as it can be');
  });
});
