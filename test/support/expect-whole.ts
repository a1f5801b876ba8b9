import { expect } from 'vitest';
import type { LedgerStore } from '../../src/ledger/store.ts';
import { leafHash, readLog, rootOf } from './ledger-batches.ts';

/**
 * One log and one only, in which is all that was ever said to be durable: as many leaves as the
 * head says, under its root, each once, and with the record that came with it.
 */
export async function expectWhole(
  store: LedgerStore,
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  const size = (await store.head())?.size ?? 0;
  const leaves = await store.leaves(0, Number.MAX_SAFE_INTEGER);
  expect(leaves).toHaveLength(size);
  const ids = new Set(leaves.map(({ id }) => id));
  expect(ids.size).toBe(size);
  expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
  expect(leaves.map(({ hash }) => hash)).toEqual(leaves.map(({ entry }) => leafHash(entry)));
  if (size > 0) expect((await store.head())?.root).toEqual(rootOf(await readLog(store)));
  const records = await store.records(0, Number.MAX_SAFE_INTEGER);
  expect(records.map(({ id }) => id)).toEqual(leaves.map(({ id }) => id));
}
