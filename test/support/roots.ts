import { Frontier } from '../../src/ledger/tree/frontier.ts';
import { leafHash } from '../../src/ledger/tree/hash.ts';

/** The root of a log's tree at each size, from none of these entries to all, in lower-case hex. */
export function rootsOf(entries: readonly Uint8Array[]): string[] {
  const frontier = new Frontier();
  const roots = [Buffer.from(frontier.root()).toString('hex')];
  for (const entry of entries) {
    frontier.append(leafHash(entry));
    roots.push(Buffer.from(frontier.root()).toString('hex'));
  }
  return roots;
}
