import { createHash } from 'node:crypto';
import type { LedgerStore } from '../../src/ledger/store.ts';
import type { NewEntry } from '../../src/ledger/writer/batch.ts';
import { simulateBundle } from '../../src/simulator/bundle/simulate.ts';
import { appendAll, CLASSIC, NOW, writerOn } from './ledger-writing.ts';
import { captured, givenOf } from './record.ts';
import { idOf, smallEntry } from './small-entries.ts';

const machine = await simulateBundle({ fault: 'bundle_cpu_alone' });
const given = givenOf(machine, { endorsements: machine.published });

/** A decision as it is recorded, of a machine that is the same each time; its salt is not. */
export function decisionEntry(name: string, time = NOW): NewEntry {
  const salt = new Uint8Array(createHash('sha256').update(`salt ${name}`).digest());
  const { leaf, entry, record, manifest, blobs } = captured(given, undefined, {
    id: idOf(name),
    time,
    salt,
  });
  const all = [{ digest: record, bytes: manifest }, ...blobs];
  return {
    id: leaf.id,
    entry,
    record: { at: leaf.time, manifest: record, uses: all.map(({ digest }) => digest) },
    blobs: all,
  };
}

export const LEAVES_IN_ALL = 600;
const DECISIONS = [3, 257, 599] as const;

/** A ledger of 600 leaves in three states, three of them decisions. */
export async function fillLedger(store: LedgerStore): Promise<void> {
  const writer = await writerOn(store, { identity: CLASSIC });
  const entries = Array.from({ length: LEAVES_IN_ALL }, (_, i) =>
    (DECISIONS as readonly number[]).includes(i)
      ? decisionEntry(`decision ${i}`, NOW + i)
      : smallEntry(`leaf ${i}`),
  );
  await appendAll(writer, entries);
  await writer.close();
}
