import { Fault } from '../../core/fault.ts';
import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import type { FleetLedger } from './ledger.ts';
import type { FleetChange } from './store.ts';

/** The fleet's word goes into the log in one transaction with what it changes. */
export class WriterLedger implements FleetLedger {
  readonly origin: string;
  readonly engine: string;
  readonly #writer: Pick<LedgerWriter<FleetChange>, 'append' | 'appendAll'>;

  constructor(
    writer: Pick<LedgerWriter<FleetChange>, 'append' | 'appendAll'>,
    { origin, engine }: Pick<FleetLedger, 'origin' | 'engine'>,
  ) {
    this.#writer = writer;
    this.origin = origin;
    this.engine = engine;
  }

  append(entries: readonly NewEntry[], change: FleetChange) {
    const [first, ...others] = entries;
    if (first === undefined) throw new Fault('internal', 'ledger', 'nothing to append');
    return this.#writer.appendAll([{ ...first, with: change }, ...others]);
  }

  async appendOnce(entries: readonly NewEntry[]): Promise<void> {
    await Promise.all(
      entries.map((entry) =>
        this.#writer.append(entry).catch((error) => ignoreTaken(error, entry)),
      ),
    );
  }
}

function ignoreTaken(error: unknown, { id }: NewEntry): void {
  if (error instanceof Fault && error.code === 'conflict' && error.at === `leaves[${id}]`) return;
  throw error;
}
