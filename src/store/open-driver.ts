import { Fault } from '../core/fault.ts';
import type { Driver } from './driver.ts';
import type { Place } from './messages.ts';
import { SqliteDriver } from './sqlite-driver.ts';

export async function openDriver(place: Place): Promise<Driver> {
  if ('file' in place) return SqliteDriver.open(place.file);
  throw new Fault('unsupported', 'store', 'PostgreSQL is not spoken yet');
}
