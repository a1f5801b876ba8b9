import { equalBytes } from '../../core/bytes/equal.ts';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import { verifyConsistency } from '../../ledger/tree/consistency.ts';
import { Frontier } from '../../ledger/tree/frontier.ts';
import { leafHash } from '../../ledger/tree/hash.ts';
import { verifyInclusion } from '../../ledger/tree/inclusion.ts';
import { foldNodes, proveConsistency, proveInclusion } from '../../ledger/tree/prove.ts';
import type { Runner } from './runner.ts';

const CHECKS = {
  'tree.leaves': { path: 'tree.leafHashes' },
  'tree.roots': { path: 'tree.roots' },
  'tree.inclusion': { path: 'tree.inclusion' },
  'tree.consistency': { path: 'tree.consistency' },
} as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** More leaves than any case has; every proof of a small tree is made and verified. */
const MOST_LEAVES = 1_000;

/** A small tree with all of its roots and proofs, which must be those that we make. */
export const merkleTreeRunner: Runner = {
  name: 'Merkle tree',
  reads: ['tree'],
  run: async (_, { file }) => {
    const checks = new CheckList(CHECKS);
    const { value } = parseJson(fromUtf8(await file('tree'), 'tree'), 'tree');
    const tree = new SmallTree(new JsonShape(value, 'tree'));
    for (const part of ['leaves', 'roots', 'inclusion', 'consistency'] as const) {
      checks.read(`tree.${part}`, () => tree[part]() ?? tree);
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      checks: checks.all,
      claims: { leaves: tree.hashes.length },
    };
  },
};

class SmallTree {
  readonly hashes: readonly Uint8Array[];
  readonly #shape: JsonShape;
  /** By size. */
  readonly #roots: readonly Uint8Array[];

  constructor(shape: JsonShape) {
    this.#shape = shape;
    const entries = shape.strings('leaves').slice(0, MOST_LEAVES);
    this.hashes = entries.map((hex, i) => leafHash(fromHex(hex, `tree.leaves[${i}]`)));
    const frontier = new Frontier();
    const roots = [frontier.root()];
    for (const hash of this.hashes) {
      frontier.append(hash);
      roots.push(frontier.root());
    }
    this.#roots = roots;
  }

  leaves(): Mismatch | undefined {
    return sameHashes(this.#shape.strings('leafHashes'), this.hashes);
  }

  roots(): Mismatch | undefined {
    const want = this.#shape.objects('roots').map((item) => {
      return { root: item.string('root'), got: this.#root(item.integer('size', MOST_LEAVES)) };
    });
    return sameHashes(
      want.map(({ root }) => root),
      want.map(({ got }) => got),
    );
  }

  inclusion(): Mismatch | undefined {
    for (const item of this.#shape.objects('inclusion')) {
      const [index, size] = [item.integer('index', MOST_LEAVES), item.integer('size', MOST_LEAVES)];
      const hashes = proveInclusion(index, size, this.#node);
      const problem = sameHashes(item.strings('proof'), hashes);
      if (problem) return problem;
      const place = { index: BigInt(index), size: BigInt(size) };
      const leaf = this.hashes[index] ?? new Uint8Array();
      verifyInclusion({ ...place, leaf, hashes, root: this.#root(size) }, item.path);
    }
    return undefined;
  }

  consistency(): Mismatch | undefined {
    for (const item of this.#shape.objects('consistency')) {
      const [size1, size2] = [
        item.integer('size1', MOST_LEAVES),
        item.integer('size2', MOST_LEAVES),
      ];
      const hashes = proveConsistency(size1, size2, this.#node);
      const problem = sameHashes(item.strings('proof'), hashes);
      if (problem) return problem;
      const sizes = { size1: BigInt(size1), size2: BigInt(size2) };
      const roots = { root1: this.#root(size1), root2: this.#root(size2) };
      verifyConsistency({ ...sizes, ...roots, hashes }, item.path);
    }
    return undefined;
  }

  #root(size: number): Uint8Array {
    return this.#roots[size] ?? new Uint8Array();
  }

  readonly #node = (height: number, index: number): Uint8Array => {
    const [start, end] = [index * 2 ** height, (index + 1) * 2 ** height];
    const middle = (start + end) / 2;
    if (height === 0) return this.hashes[index] ?? new Uint8Array();
    const half = (at: number) => this.#node(height - 1, at / 2 ** (height - 1));
    return foldNodes([half(start), half(middle)]);
  };
}

function sameHashes(want: readonly string[], got: readonly Uint8Array[]): Mismatch | undefined {
  const wanted = want.map((hex, i) => fromHex(hex, `hashes[${i}]`));
  const same =
    wanted.length === got.length &&
    wanted.every((hash, i) => equalBytes(hash, got[i] ?? new Uint8Array()));
  return same ? undefined : { want: want.join(' '), got: got.map(toHex).join(' ') };
}
