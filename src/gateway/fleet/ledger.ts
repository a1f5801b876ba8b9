import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { Receipt } from '../../ledger/writer/ledger-writer.ts';
import type { FleetChange } from './store.ts';

/** What the fleet needs of the ledger: that what it does to a node and what it says go together. */
export interface FleetLedger {
  /** The log's origin. */
  readonly origin: string;
  /** What decides: `postern/<version>`. */
  readonly engine: string;
  /**
   * All of it in one transaction, durable when it resolves.
   *
   * @returns a receipt for each entry.
   * @throws Fault as the store's `apply` and the writer's `append` do.
   */
  readonly append: (
    entries: readonly NewEntry[],
    change: FleetChange,
  ) => Promise<readonly Receipt[]>;
  /** Puts down what the log says once; what it has said already is left as it is. */
  readonly appendOnce: (entries: readonly NewEntry[]) => Promise<void>;
}
