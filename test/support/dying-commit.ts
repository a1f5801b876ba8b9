// Makes one commit or change, and kills its own process right before one of its statements.
import type { Driver, Sql } from '../../src/store/driver.ts';
import type { Place } from '../../src/store/messages.ts';
import { openDriver } from '../../src/store/open-driver.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { crashBatch, crashChange } from './crash-batch.ts';
import { ARCHIVE_KEY, batchOf, commitWhole, fenceOf, readLog } from './ledger-batches.ts';

interface Task {
  readonly place: Place;
  /** Statements that are still done. */
  readonly after: number;
  readonly what: 'commit' | 'apply';
}

const { place, after, what } = JSON.parse(process.argv[2] ?? '') as Task;

const driver = await openDriver(place);
let left = Number.POSITIVE_INFINITY;

function step(): void {
  if (left-- <= 0) process.kill(process.pid, 'SIGKILL');
}

function dying(sql: Sql): Sql {
  return {
    all: (text, ...values) => {
      step();
      return sql.all(text, ...values);
    },
    run: (text, ...values) => {
      step();
      return sql.run(text, ...values);
    },
    insert: async (table, rows) => {
      for (const row of rows) {
        step();
        await sql.insert(table, [row]);
      }
    },
    announce: () => {
      step();
      return sql.announce();
    },
  };
}

const mortal: Driver = {
  place: driver.place,
  alone: (work) => driver.alone(work),
  reading: (work) => driver.reading(work),
  writing: (work) =>
    driver.writing(async (sql) => {
      const result = await work(dying(sql));
      // Before COMMIT, which is a statement as well.
      step();
      return result;
    }),
  watch: (look, onChange) => driver.watch(look, onChange),
  tables: () => driver.tables(),
  ownFaults: () => driver.ownFaults(),
  backup: (path) => driver.backup(path),
  close: () => driver.close(),
};

const store = await SqlStore.open(mortal, ARCHIVE_KEY);
if (what === 'apply') {
  left = after;
  await store.apply(crashChange());
} else {
  const fence = await fenceOf(store, 'mortal');
  const { ids, extras, companion } = crashBatch();
  const { batch } = batchOf(fence, await readLog(store), ids, extras);
  left = after;
  await commitWhole(store, { ...batch, companions: [companion] });
}
process.stdout.write('committed\n');
process.kill(process.pid, 'SIGKILL');
