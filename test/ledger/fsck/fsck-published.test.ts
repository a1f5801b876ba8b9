import { expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import { fsckPublished } from '../../../src/ledger/fsck/fsck-published.ts';

it('a log that is larger than any that is read here is one finding', async () => {
  const gone = () => Promise.reject(new Fault('unreachable', 'tile', 'is not there'));
  const log = { readTile: gone, readEntries: gone };
  const findings: unknown[] = [];
  for await (const finding of fsckPublished(log, { size: 2 ** 53, root: new Uint8Array(32) })) {
    if (findings.push(finding) > 1) break;
  }
  expect(findings).toEqual([
    {
      at: 'checkpoint',
      problem: 'tiles.size: 9007199254740992 is no number of leaves that is read here',
    },
  ]);
});
