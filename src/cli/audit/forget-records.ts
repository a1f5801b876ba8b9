import type { FleetChange } from '../../gateway/fleet/store.ts';
import type { LedgerStore, RecordPlace } from '../../ledger/store.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import type { Io } from '../io.ts';
import type { OpenLedger } from './open-ledger.ts';
import { overrideOf } from './override.ts';

const AT_ONCE = 1024;

type RecordsBefore = Pick<LedgerStore, 'recordsBefore'>;

/** The log says so first: a decision whose evidence is gone must not be one that somebody hid. */
export async function forgetRecords(
  io: Io,
  ledger: OpenLedger,
  writer: Pick<LedgerWriter<FleetChange>, 'append'>,
  { before, reason }: { readonly before: number; readonly reason: string },
) {
  await writer.append(overrideOf(io, ledger, 'forget_records', reason, before));
  return ledger.store.forget(before, io.now(), reason);
}

/** How many there are that would be forgotten. */
export async function countRecordsBefore(store: RecordsBefore, before: number): Promise<number> {
  let count = 0;
  for (let after: RecordPlace | undefined; ; ) {
    const page = await store.recordsBefore(before, after, AT_ONCE);
    count += page.length;
    if (page.length < AT_ONCE) return count;
    after = page.at(-1);
  }
}

export async function hasRecordsBefore(store: RecordsBefore, before: number): Promise<boolean> {
  return (await store.recordsBefore(before, undefined, 1)).length > 0;
}
