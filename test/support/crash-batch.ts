import { blobOf, recordOf } from './ledger-batches.ts';

/** A batch that writes to every table that a commit can write to. */
export function crashBatch() {
  const blobs = [blobOf(new Uint8Array(100_000).fill(5)), blobOf(Uint8Array.of(6))];
  const ids = ['late-0', 'late-1'];
  return { ids, blobs, extras: { blobs, records: [recordOf('late-1', 500, blobs)] } };
}
