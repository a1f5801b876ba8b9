import type { StoreFault } from '../store.ts';
import { type FsckSource, findingOf, problemOf } from './findings.ts';
import { fsckRecords } from './fsck-records.ts';
import { fsckTree } from './fsck-tree.ts';

/**
 * Reads a ledger's whole database, every byte of it: rows against their sums, leaves against
 * their hashes and their form, tiles and every signed root against the leaves, cosignatures against
 * their form, records against leaves and archive, and every blob against its digest.
 *
 * @returns what is wrong, each with where it is; it goes on after each.
 */
export async function* fsckStore(source: FsckSource): AsyncGenerator<StoreFault> {
  source.onProgress?.({ what: 'rows', done: 0 });
  for (const part of [fsckRows, fsckTree, fsckRecords, fsckBlobs]) yield* goingOn(part(source));
}

/** A part of a store that can't be read is a finding, and keeps none of the others from being read. */
async function* goingOn(part: AsyncGenerator<StoreFault>): AsyncGenerator<StoreFault> {
  try {
    yield* part;
  } catch (error) {
    yield findingOf(error, 'what comes after it was not compared');
  }
}

async function* fsckRows({ store }: FsckSource): AsyncGenerator<StoreFault> {
  yield* await store.faults();
}

async function* fsckBlobs({ store, onProgress }: FsckSource): AsyncGenerator<StoreFault> {
  let done = 0;
  for (let after: string | undefined; ; ) {
    const digests = await store.blobDigests(after, 64);
    for (const digest of digests) {
      const opened = await store.blob(digest).catch((error: unknown) => problemOf(error));
      if (typeof opened === 'string') yield { at: `blobs[${digest}]`, problem: opened };
      else if (opened === undefined && (await isListed(store, after, digest)))
        yield { at: `blobs[${digest}]`, problem: 'is gone' };
    }
    done += digests.length;
    onProgress?.({ what: 'blobs', done });
    after = digests.at(-1);
    if (after === undefined) return;
  }
}

/** What was forgotten meanwhile is in no list any more. */
async function isListed(
  store: FsckSource['store'],
  after: string | undefined,
  digest: string,
): Promise<boolean> {
  return (await store.blobDigests(after, 64)).includes(digest);
}
