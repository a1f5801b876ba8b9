import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/core/fault.ts';
import { verifyConsistency } from '../../../src/ledger/tree/consistency.ts';
import { EMPTY_ROOT, leafHash, nodeHash } from '../../../src/ledger/tree/hash.ts';
import { verifyInclusion } from '../../../src/ledger/tree/inclusion.ts';
import { proveConsistency, proveInclusion, proveSubtree } from '../../../src/ledger/tree/prove.ts';
import {
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../../../src/ledger/tree/subtree.ts';
import { fuzz, orRefused } from '../../support/fuzz.ts';
import {
  flipped,
  leaves,
  naivePath,
  naiveRoot,
  naiveSubproof,
  nodesOf,
} from '../../support/merkle.ts';

const LARGEST = 40;
const all = leaves(LARGEST);
const roots = Array.from({ length: LARGEST + 1 }, (_, size) => naiveRoot(all.slice(0, size)));
const root = (size: number) => roots[size] ?? EMPTY_ROOT;
const leaf = (index: number) => all[index] ?? EMPTY_ROOT;
const nodes = nodesOf(all);
const refusal = (at: string) => expect.objectContaining({ code: 'malformed', at }) as Fault;

function inclusion(index: number, size: number) {
  const hashes = proveInclusion(index, size, nodes);
  return {
    index: BigInt(index),
    size: BigInt(size),
    leaf: leaf(index),
    hashes,
    root: root(size),
  };
}

function consistency(size1: number, size2: number) {
  const hashes = proveConsistency(size1, size2, nodes);
  return {
    size1: BigInt(size1),
    root1: root(size1),
    size2: BigInt(size2),
    root2: root(size2),
    hashes,
  };
}

it('hashes with the prefixes of RFC 6962', () => {
  expect(Buffer.from(leafHash(new Uint8Array())).toString('hex')).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  );
  expect(nodeHash(leaf(0), leaf(1))).toEqual(root(2));
});

describe('up to 40 leaves', () => {
  it('every leaf is proven in every tree, by the hashes of the definition', () => {
    for (let size = 1; size <= LARGEST; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusion(index, size);
        expect(proof.hashes).toEqual(naivePath(index, all.slice(0, size)));
        verifyInclusion(proof);
      }
    }
  });

  it('every tree is proven the beginning of every larger one', () => {
    for (let size2 = 1; size2 <= LARGEST; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const proof = consistency(size1, size2);
        expect(proof.hashes).toEqual(naiveSubproof(0, size1, all.slice(0, size2)));
        verifyConsistency(proof);
      }
    }
  });

  it('every subtree is proven part of every tree that holds it, and so are its leaves', () => {
    let subtrees = 0;
    for (let end = 1; end <= LARGEST; end++) {
      for (let start = 0; start < end; start++) {
        if (start % 2 ** Math.ceil(Math.log2(end - start)) !== 0) continue;
        subtrees++;
        const subtreeRoot = naiveRoot(all.slice(start, end));
        const range = { start: BigInt(start), end: BigInt(end) };
        for (const size of [end, end + 1, end + 5, LARGEST].filter((n) => n <= LARGEST)) {
          const hashes = proveSubtree(range, size, nodes);
          expect(hashes).toEqual(naiveSubproof(start, end, all.slice(0, size)));
          const tree = { size: BigInt(size), root: root(size) };
          verifySubtreeConsistency({ ...range, ...tree, subtreeRoot, hashes });
        }
        for (let index = start; index < end; index++) {
          const hashes = naivePath(index - start, all.slice(start, end));
          const place = { index: BigInt(index), ...range, root: subtreeRoot };
          verifySubtreeInclusion({ ...place, leaf: leaf(index), hashes });
        }
      }
    }
    expect(subtrees).toBeGreaterThan(100);
  });
});

describe('verifyInclusion refuses', () => {
  const good = inclusion(5, 11);
  it.each([
    { name: 'an index that is the size', change: { index: 11n }, at: 'inclusion.index' },
    { name: 'an index below zero', change: { index: -1n }, at: 'inclusion.start' },
    { name: 'an empty tree', change: { index: 0n, size: 0n }, at: 'inclusion.index' },
    { name: 'a size of 65 bits', change: { size: 2n ** 64n }, at: 'inclusion.size' },
    { name: 'a leaf of 31 bytes', change: { leaf: good.leaf.subarray(1) }, at: 'inclusion.leaf' },
    { name: 'a hash too few', change: { hashes: good.hashes.slice(1) }, at: 'inclusion.hashes' },
    {
      name: 'a hash too many',
      change: { hashes: [...good.hashes, root(11)] },
      at: 'inclusion.hashes',
    },
    {
      name: 'a hash of no bytes',
      change: { hashes: good.hashes.with(1, new Uint8Array()) },
      at: 'inclusion.hashes[1]',
    },
    { name: 'the root of another size', change: { root: root(12) }, at: 'inclusion.root' },
    { name: 'a root of no bytes', change: { root: new Uint8Array() }, at: 'inclusion.root' },
    { name: 'the neighbour’s leaf', change: { leaf: leaf(4) }, at: 'inclusion.root' },
    { name: 'the neighbour’s index', change: { index: 4n }, at: 'inclusion.root' },
  ])('$name', ({ change, at }) => {
    verifyInclusion(good);
    expect(() => verifyInclusion({ ...good, ...change })).toThrow(refusal(at));
  });
});

describe('verifyConsistency refuses', () => {
  const good = consistency(6, 11);
  it.each([
    {
      name: 'to begin from nothing, though its root is right',
      change: { size1: 0n, root1: EMPTY_ROOT, hashes: [] },
      at: 'consistency.size1',
    },
    {
      name: 'nothing and nothing',
      change: { size1: 0n, root1: EMPTY_ROOT, size2: 0n, root2: EMPTY_ROOT, hashes: [] },
      at: 'consistency.size1',
    },
    { name: 'a size below zero', change: { size1: -1n }, at: 'consistency.size1' },
    { name: 'a tree that shrank', change: { size1: 12n }, at: 'consistency.size2' },
    { name: 'a size of 65 bits', change: { size2: 2n ** 64n }, at: 'consistency.size' },
    {
      name: 'two roots at one size',
      change: { size1: 11n, hashes: [] },
      at: 'consistency.root',
    },
    {
      name: 'hashes at one size',
      change: { size1: 11n, root1: root(11) },
      at: 'consistency.hashes',
    },
    { name: 'no hashes', change: { hashes: [] }, at: 'consistency.hashes' },
    { name: 'a hash too few', change: { hashes: good.hashes.slice(1) }, at: 'consistency.hashes' },
    {
      name: 'a hash too many',
      change: { hashes: [...good.hashes, root(3)] },
      at: 'consistency.hashes',
    },
    {
      name: 'a hash of 33 bytes',
      change: { hashes: good.hashes.with(0, new Uint8Array(33)) },
      at: 'consistency.hashes[0]',
    },
    { name: 'another beginning', change: { root1: root(5) }, at: 'consistency.subtreeRoot' },
    { name: 'another end', change: { root2: root(12) }, at: 'consistency.root' },
    {
      name: 'roots the wrong way round',
      change: { root1: root(11), root2: root(6) },
      at: 'consistency.subtreeRoot',
    },
  ])('$name', ({ change, at }) => {
    verifyConsistency(good);
    expect(() => verifyConsistency({ ...good, ...change })).toThrow(refusal(at));
  });
});

describe('a subtree', () => {
  const good = {
    start: 8n,
    end: 13n,
    subtreeRoot: naiveRoot(all.slice(8, 13)),
    size: 14n,
    root: root(14),
    hashes: [leaf(12), leaf(13), naiveRoot(all.slice(8, 12)), root(8)],
  };

  it('is proven as the draft has it', () => {
    verifySubtreeConsistency(good);
    expect(proveSubtree(good, 14, nodes)).toEqual(good.hashes);
  });

  it('without a leaf is part of every tree that is large enough', () => {
    const empty = { ...good, start: 3n, end: 3n, subtreeRoot: EMPTY_ROOT, hashes: [] };
    verifySubtreeConsistency(empty);
    verifySubtreeConsistency({ ...empty, start: 14n, end: 14n });
    const damage = [{ start: 15n, end: 15n }, { hashes: [root(1)] }, { subtreeRoot: root(1) }];
    for (const change of damage) {
      expect(() => verifySubtreeConsistency({ ...empty, ...change })).toThrow();
    }
  });

  it.each([
    { name: 'not where one can begin', change: { start: 4n }, at: 'consistency' },
    { name: 'not where one of that length can begin', change: { start: 9n }, at: 'consistency' },
    { name: 'that ends before it begins', change: { end: 7n }, at: 'consistency' },
    { name: 'beyond the tree', change: { size: 12n }, at: 'consistency' },
    { name: 'of 65 bits', change: { end: 2n ** 64n }, at: 'consistency.end' },
    { name: 'of another root', change: { subtreeRoot: root(5) }, at: 'consistency.subtreeRoot' },
  ])('is refused $name', ({ change, at }) => {
    expect(() => verifySubtreeConsistency({ ...good, ...change })).toThrow(refusal(at));
  });

  it('has no leaf outside', () => {
    const proof = { ...good, root: good.subtreeRoot, leaf: leaf(13), hashes: [] };
    for (const index of [7n, 13n]) {
      expect(() => verifySubtreeInclusion({ ...proof, index })).toThrow(refusal('inclusion.index'));
    }
  });
});

it('goes as far as the formats do', () => {
  const size = 2n ** 64n - 1n;
  const hashes = Array.from({ length: 64 }, () => leaf(0));
  const proof = { index: 0n, size, leaf: leaf(0), hashes, root: root(1) };
  expect(() => verifyInclusion(proof)).toThrow(refusal('inclusion.root'));
  expect(() => verifyInclusion({ ...proof, hashes: hashes.slice(1) })).toThrow(
    refusal('inclusion.hashes'),
  );
});

describe('makers refuse', () => {
  it.each([
    { name: 'an index beyond', make: () => proveInclusion(11, 11, nodes), at: 'proof' },
    { name: 'an index below', make: () => proveInclusion(-1, 11, nodes), at: 'proof.index' },
    { name: 'half an index', make: () => proveInclusion(0.5, 11, nodes), at: 'proof.index' },
    { name: 'to begin from nothing', make: () => proveConsistency(0, 11, nodes), at: 'proof' },
    { name: 'to shrink', make: () => proveConsistency(12, 11, nodes), at: 'proof' },
  ])('$name', ({ make, at }) => {
    expect(make).toThrow(refusal(at));
  });
});

const place = fc
  .tuple(fc.integer({ min: 1, max: LARGEST }), fc.nat(), fc.nat())
  .map(([size, index, bit]) => ({ size, index: index % size, bit }));

fuzz('one bit of an inclusion proof, its leaf or its root is all it takes', place, (input) => {
  const proof = inclusion(input.index, input.size);
  const { bit } = input;
  const which = bit % (proof.hashes.length + 2);
  const damage = [
    { leaf: flipped(proof.leaf, bit) },
    { root: flipped(proof.root, bit) },
    ...proof.hashes.map((hash, i) => ({ hashes: proof.hashes.with(i, flipped(hash, bit)) })),
  ][which];
  expect(orRefused(() => [verifyInclusion({ ...proof, ...damage })])).toBeUndefined();
  const index = proof.index ^ (1n << BigInt(bit % 64));
  expect(orRefused(() => [verifyInclusion({ ...proof, index })])).toBeUndefined();
});

fuzz('one bit of a consistency proof or its roots is all it takes', place, (input) => {
  const proof = consistency(input.index + 1, input.size);
  const { bit } = input;
  const damage = [
    { root1: flipped(proof.root1, bit) },
    { root2: flipped(proof.root2, bit) },
    ...proof.hashes.map((hash, i) => ({ hashes: proof.hashes.with(i, flipped(hash, bit)) })),
  ][bit % (proof.hashes.length + 2)];
  expect(orRefused(() => [verifyConsistency({ ...proof, ...damage })])).toBeUndefined();
});
