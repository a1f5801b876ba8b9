import { resolve } from 'node:path';
import { Fault } from '../core/fault.ts';
import type { Place } from './messages.ts';

const SCHEMES = ['postgres:', 'postgresql:'];

/**
 * A store's name for messages: its file, or its address without password and options.
 *
 * @throws Fault `usage` for an address that is none of PostgreSQL.
 */
export function nameOf(place: Place): string {
  if ('file' in place) return resolve(place.file);
  const url = URL.parse(place.url);
  if (url === null || !SCHEMES.includes(url.protocol)) {
    throw new Fault(
      'usage',
      'store',
      'the address of its database (DATABASE_URL) is not postgres://…',
    );
  }
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}
