// Records without end by the ledger's own writer. Prints a line for each entry that it was told is
// durable: its id, its index, the signed checkpoint in base64, and a full stop.
import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import { Fault } from '../../src/core/fault.ts';
import type { NewEntry } from '../../src/ledger/writer/batch.ts';
import { LedgerWriter, type Receipt } from '../../src/ledger/writer/ledger-writer.ts';
import type { Place } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import { ARCHIVE_KEY } from './ledger-batches.ts';
import { CLASSIC } from './ledger-writing.ts';
import { smallEntry } from './small-entries.ts';

export interface RecordingTask {
  readonly place: Place;
  readonly name: string;
  /** A file of decisions as they were captured, in V8's serialization. */
  readonly decisions: string;
  /** What to do when the store can't be reached: another process's tests want to see it fail. */
  readonly whenGone: 'again' | 'die';
  /** Leaves after which it ends. */
  readonly most: number;
}

/** A holder that is dead is soon taken for dead. */
const TIMES = { look: 5, silence: 150, beat: 25, patience: 60_000 };

const { place, name, decisions, whenGone, most } = JSON.parse(
  process.argv[2] ?? '',
) as RecordingTask;
const captured = deserialize(readFileSync(decisions)) as NewEntry[];
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const store = await again(() => openStore({ ...place, archiveKey: ARCHIVE_KEY }));
const writer = await again(() =>
  LedgerWriter.open({
    store,
    identity: CLASSIC,
    holder: `${name} ${process.pid}`,
    now: Date.now,
    pause,
    times: TIMES,
  }),
);

let leaf = 0;
for (let round = 0; leaf < most; round++) {
  const entries = Array.from({ length: 1 + (round % 7) }, () => smallEntry(`${name} ${leaf++}`));
  const decision = captured[round];
  await Promise.all([...entries, ...(decision ? [decision] : [])].map(record));
  // What was recorded is read again in the end: about as much idle time as there is of writing.
  await pause(5);
}
await writer.close();
await store.close();

async function record(entry: NewEntry): Promise<void> {
  const { id, index, head } = await again(() => writer.append(entry), entry.id);
  const checkpoint = Buffer.from(head.checkpoint).toString('base64');
  process.stdout.write(`${id} ${index} ${checkpoint} .\n`);
}

/**
 * As a caller has to, of whom nobody takes the decision off his hands: until it is there, or is
 * found to have been there before.
 */
async function again<T>(act: () => Promise<T>, id?: string): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'conflict' && error.at === `leaves[${id}]`) {
        return (await again(() => found(id ?? ''))) as T;
      }
      if (whenGone === 'die' || error.code !== 'unreachable') throw error;
      await pause(20);
    }
  }
}

async function found(id: string): Promise<Receipt> {
  const stored = await store.leafById(id);
  const head = await store.head();
  if (stored === undefined || head === undefined) throw new Error(`${id} is taken, and not there`);
  return { id, index: stored.index, head };
}
