import type { Driver } from './driver.ts';
import type { Place } from './messages.ts';
import { nameOf } from './place.ts';
import { PostgresDriver } from './postgres-driver.ts';
import { SqliteDriver } from './sqlite-driver.ts';

/** @throws Fault at the file, or at the address without its password. */
export async function openDriver(place: Place): Promise<Driver> {
  if ('file' in place) return SqliteDriver.open(place.file);
  return PostgresDriver.open(place.url, nameOf(place));
}
