import { Fault } from '../../core/fault.ts';
import type { Batch, LedgerStore } from '../store.ts';
import type { Prepared } from './batch.ts';

/** Below this much, asking which blobs are archived already costs more than sending them. */
const WORTH_ASKING = 64 * 1024;

/**
 * Writes a batch. Blobs that are archived already are not sent, unless they are forgotten at that
 * very moment.
 *
 * @returns whether another process wants to write.
 * @throws as the store's `commit`.
 */
export async function commitPrepared<Companion>(
  store: LedgerStore<Companion>,
  { batch, next }: Prepared<Companion>,
): Promise<{ readonly wanted: boolean }> {
  const fresh = await withoutKnown(store, batch);
  try {
    return await store.commit(fresh, next);
  } catch (error) {
    const isConflict = error instanceof Fault && error.code === 'conflict';
    if (fresh.blobs.length === batch.blobs.length || !isConflict) throw error;
    return store.commit(batch, next);
  }
}

async function withoutKnown<Companion>(
  store: LedgerStore<Companion>,
  batch: Batch<Companion>,
): Promise<Batch<Companion>> {
  const size = batch.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size < WORTH_ASKING) return batch;
  const digests = batch.blobs.map(({ digest }) => digest);
  const known = new Set(await store.knownBlobs(digests));
  return { ...batch, blobs: batch.blobs.filter(({ digest }) => !known.has(digest)) };
}
