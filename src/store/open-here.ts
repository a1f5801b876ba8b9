import type { Beginning } from './messages.ts';
import { openDriver } from './open-driver.ts';
import { SqlStore } from './sql-store.ts';

/** A store in the thread that asks for it. @throws Fault as `openStore` says. */
export async function openHere({ place, archiveKey }: Beginning): Promise<SqlStore> {
  const driver = await openDriver(place);
  try {
    return await SqlStore.open(driver, archiveKey);
  } catch (error) {
    await driver.close();
    throw error;
  }
}
