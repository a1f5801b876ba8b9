import { Fault } from '../../core/fault.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { DecisionLeaf } from '../../ledger/leaf/leaf.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import { usage } from '../io.ts';

const ID = /^[0-9a-f]{32}$/;
const INDEX = /^(0|[1-9]\d{0,14})$/;

/**
 * The leaf that somebody names, by its id or by its index.
 *
 * @throws Fault `usage` for what is neither, `unreachable` for one that is not there.
 */
export async function leafNamed(
  store: Pick<LedgerStore, 'leaves' | 'leafById'>,
  name: string,
): Promise<StoredLeaf> {
  if (ID.test(name)) {
    const leaf = await store.leafById(name);
    if (leaf) return leaf;
    throw new Fault('unreachable', name, 'no leaf of this ledger has this id');
  }
  if (!INDEX.test(name))
    throw usage(`want the id of a leaf or its index, got ${JSON.stringify(name)}`);
  const index = Number(name);
  const [leaf] = await store.leaves(index, index + 1);
  if (leaf) return leaf;
  throw new Fault('unreachable', `leaf ${name}`, 'is not in this ledger');
}

/** @throws Fault `usage` for a leaf of another type: somebody named the wrong one. */
export function decisionNamed(index: number, entry: Uint8Array): DecisionLeaf {
  const leaf = parseLeaf(entry);
  if (leaf.type === 'decision') return leaf;
  throw usage(`leaf ${index} is no decision, but ${leaf.type}`);
}
