import type { Driver } from './driver.ts';
import type { Place } from './messages.ts';
import { nameOf } from './place.ts';

/**
 * Loads the one that is asked for: a ledger in a file needs no client of PostgreSQL.
 *
 * @throws Fault at the file, or at the address without its password.
 */
export async function openDriver(place: Place): Promise<Driver> {
  if ('file' in place) {
    const { SqliteDriver } = await import('./sqlite-driver.ts');
    return SqliteDriver.open(place.file);
  }
  const { PostgresDriver } = await import('./postgres-driver.ts');
  return PostgresDriver.open(place.url, nameOf(place));
}
