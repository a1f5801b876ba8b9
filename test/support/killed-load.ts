import type { ChildProcess } from 'node:child_process';
import type { Place } from '../../src/store/messages.ts';
import { openDriver } from '../../src/store/open-driver.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { expectWhole } from './expect-whole.ts';
import { ARCHIVE_KEY } from './ledger-batches.ts';
import { startChild } from './store-children.ts';

const LOAD = new URL('./ledger-load.ts', import.meta.url);

/** More than anybody lives to write. */
const BATCHES = 1_000_000;

/** After its first batch a writer lives so long at most, in milliseconds. */
const LIFE = 120;

/**
 * Starts a writer, and does away with it, or with what it writes to, at some moment after its
 * first batch. What it was told is durable goes into the set.
 *
 * @returns what it said on stderr when it ended.
 */
export async function killedLoad(
  place: Place,
  name: string,
  acknowledged: Set<string>,
  kill: (child: ChildProcess) => unknown,
): Promise<string> {
  let tellFirst: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    tellFirst = resolve;
  });
  const task = { place, name, batches: BATCHES, seize: 'seize' };
  const { child, ended } = startChild(LOAD, task, (id) => {
    acknowledged.add(id);
    tellFirst();
  });
  await Promise.race([first, ended]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE));
  await kill(child);
  return (await ended).errors;
}

/** Opens what the dead have left, and finds all of it; in this thread, as it is done often. */
export async function expectWholeAt(
  place: Place,
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  const driver = await openDriver(place);
  try {
    await expectWhole(await SqlStore.open(driver, ARCHIVE_KEY), acknowledged);
  } finally {
    await driver.close();
  }
}
