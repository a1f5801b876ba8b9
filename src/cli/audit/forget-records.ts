import type { FleetChange } from '../../gateway/fleet/store.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import type { Io } from '../io.ts';
import type { OpenLedger } from './open-ledger.ts';
import { overrideOf } from './override.ts';

const AT_ONCE = 1024;

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
export async function countRecordsBefore(
  store: Pick<LedgerStore, 'records'>,
  before: number,
): Promise<number> {
  let count = 0;
  for (let from = 0; ; ) {
    const rows = await store.records(from, AT_ONCE);
    count += rows.filter(({ at, forgotten }) => at < before && forgotten === undefined).length;
    const last = rows.at(-1);
    if (last === undefined) return count;
    from = last.index + 1;
  }
}
