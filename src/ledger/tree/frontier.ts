import { Fault, malformed } from '../../core/fault.ts';
import { nodeHash, wantHash } from './hash.ts';
import { foldNodes } from './prove.ts';

/**
 * The right edge of a growing tree: the roots of the complete subtrees that it consists of, one
 * for each bit of its size. All that a root needs, in at most 53 hashes however large the tree.
 */
export class Frontier {
  #size = 0;
  readonly #nodes: Uint8Array[] = [];

  /**
   * @param size leaves so far.
   * @param nodes the hashes that {@link Frontier.nodes} gave at that size.
   * @throws Fault `malformed` when that many leaves have another number of nodes.
   */
  static of(size: number, nodes: readonly Uint8Array[]): Frontier {
    if (!Number.isSafeInteger(size) || size < 0) throw malformed('frontier.size', `is ${size}`);
    if (nodes.length !== bitsIn(size)) {
      throw malformed('frontier.nodes', `want ${bitsIn(size)}, got ${nodes.length}`);
    }
    const frontier = new Frontier();
    frontier.#size = size;
    for (const [i, node] of nodes.entries()) {
      frontier.#nodes.push(wantHash(node, `frontier.nodes[${i}]`));
    }
    return frontier;
  }

  get size(): number {
    return this.#size;
  }

  /** Roots of the complete subtrees, from left to right. */
  get nodes(): readonly Uint8Array[] {
    return [...this.#nodes];
  }

  /** @param leaf its hash, 32 bytes. */
  append(leaf: Uint8Array): void {
    if (this.#size === Number.MAX_SAFE_INTEGER) {
      throw new Fault('unsupported', 'frontier.size', 'the tree is as large as it can be');
    }
    let node = wantHash(leaf, 'frontier.leaf');
    // Each subtree of the size that was just completed is the left half of a larger one.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#nodes.pop() ?? node, node);
    }
    this.#nodes.push(node);
    this.#size++;
  }

  root(): Uint8Array {
    return foldNodes(this.#nodes);
  }

  /** One that grows on its own from here. */
  copy(): Frontier {
    return Frontier.of(this.#size, this.#nodes);
  }
}

function bitsIn(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}
