import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fsckStore } from '../../src/ledger/fsck/fsck-store.ts';
import type { NewEntry } from '../../src/ledger/writer/batch.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { SqliteDriver } from '../../src/store/sqlite-driver.ts';
import { decisionEntry } from '../support/filled-ledger.ts';
import { ARCHIVE_KEY, blobOf } from '../support/ledger-batches.ts';
import { appendAll, CLASSIC, writerOn } from '../support/ledger-writing.ts';
import { smallEntry } from '../support/small-entries.ts';
import { temporaryFolder } from '../support/store-beds.ts';

it('a disk that is full is said, loses nothing, and is written on once there is room', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'ledger.db');
  const driver = SqliteDriver.open(file);
  const store = await SqlStore.open(driver, ARCHIVE_KEY);
  const limitPages = (most: string) =>
    driver.alone((sql) => sql.all(`PRAGMA max_page_count = ${most}`));
  try {
    const writer = await writerOn(store);
    const first = decisionEntry('first');
    const kept = [first.id, ...Array.from({ length: 300 }, (_, i) => smallEntry(`${i}`).id)];
    await appendAll(writer, [first, ...Array.from({ length: 300 }, (_, i) => smallEntry(`${i}`))]);
    // SQLite takes the size that the file has for the least that it may have.
    await limitPages('1');

    const fresh = Array.from({ length: 2_000 }, (_, i) => smallEntry(`more ${i}`));
    const answers = await Promise.allSettled(fresh.map((entry) => writer.append(entry)));
    const refused = fresh.filter((_, i) => answers[i]?.status === 'rejected');
    expect(refused.length).toBeGreaterThan(1_000);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') continue;
      expect(answer.reason).toMatchObject({
        code: 'unreachable',
        at: file,
        detail: expect.stringContaining('is out of room'),
      });
    }
    const taken = new Set(refused.map(({ id }) => id));
    kept.push(...fresh.map(({ id }) => id).filter((id) => !taken.has(id)));
    expect((await store.leaves(0, 9_999)).map(({ id }) => id)).toEqual(kept);
    // A decision whose evidence has no room is not in the log either.
    const late = withLargeEvidence(decisionEntry('late'));
    await expect(writer.append(late)).rejects.toMatchObject({ code: 'unreachable' });
    expect(await store.leafById(late.id)).toBeUndefined();
    expect(await Array.fromAsync(fsckStore({ store, identity: CLASSIC }))).toEqual([]);

    await limitPages('1000000');
    const receipts = await appendAll(writer, [...refused, late]);
    expect(receipts.map(({ index }) => index)).toEqual(receipts.map((_, i) => kept.length + i));
    expect(await store.record(late.id)).toMatchObject({ index: 2_301 });
    await writer.close();
    expect(await Array.fromAsync(fsckStore({ store, identity: CLASSIC }))).toEqual([]);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function withLargeEvidence(entry: NewEntry): NewEntry {
  const { record, blobs = [] } = entry;
  const large = blobOf(new Uint8Array(1_000_000).fill(3));
  if (record === undefined) throw new Error('no decision');
  const uses = [...record.uses, large.digest];
  return { ...entry, record: { ...record, uses }, blobs: [...blobs, large] };
}
