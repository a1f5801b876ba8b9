import { join } from 'node:path';
import { folderLog, httpLog, type PublishedLog } from '../../store/published/published-log.ts';
import type { Io } from '../io.ts';
import { isLedger, LAYOUT } from './ledger-folder.ts';

/** A log that somebody publishes: a URL, or a folder, or the published files in a ledger's own. */
export async function publishedLog(io: Io, place: string): Promise<PublishedLog> {
  if (isUrl(place)) return httpLog(io.fetch, place);
  return folderLog((await isLedger(place)) ? join(place, LAYOUT.published) : place);
}

export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}
