// A writer that records one leaf after another, and prints each id once it is durable.
import type { Fence, LedgerStore } from '../../src/ledger/store.ts';
import type { Place } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import {
  ARCHIVE_KEY,
  batchOf,
  blobOf,
  commitWhole,
  type Log,
  readLog,
  recordOf,
} from './ledger-batches.ts';

interface Task {
  readonly place: Place;
  /** Its name, with which all its ids start. */
  readonly name: string;
  /** Batches to write, of one to three leaves. */
  readonly batches: number;
  /** Whether whoever has the lease is known to be dead. */
  readonly seize: 'seize' | 'wait';
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
const { place, name } = task;
const store = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
let fence: Fence | undefined;
let log: Log | undefined;
let leaf = 0;
for (let done = 0; done < task.batches; done++) {
  if (fence === undefined || log === undefined) {
    fence = await lease(store);
    log = await readLog(store);
  }
  const ids = Array.from({ length: 1 + (done % 3) }, () => `${name}-${leaf++}`);
  // One blob that all share, and one of its own for each batch.
  const blobs = [blobOf(Uint8Array.of(1)), blobOf(new TextEncoder().encode(ids.join()))];
  const records = ids.map((id) => recordOf(id, done, blobs));
  const next = batchOf(fence, log, ids, { records, blobs });
  const { wanted } = await commitWhole(store, next.batch);
  process.stdout.write(`${ids.join('\n')}\n`);
  log = next.log;
  if (wanted) {
    await store.releaseLease(fence);
    fence = undefined;
  }
}
if (fence !== undefined) await store.releaseLease(fence);
await store.close();

async function lease(from: LedgerStore): Promise<Fence> {
  for (;;) {
    const answer = await from.takeLease(name);
    if (answer.taken) return answer.fence;
    const seized = task.seize === 'seize' && (await from.seizeLease(name, answer.by));
    if (seized !== false && seized.taken) return seized.fence;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
