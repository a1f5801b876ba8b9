import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import type { LedgerStore } from '../../src/ledger/store.ts';
import type { Place } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import { expectWhole } from '../support/expect-whole.ts';
import { ARCHIVE_KEY } from '../support/ledger-batches.ts';
import { OwnPostgres, POSTGRES_PROGRAMS } from '../support/own-postgres.ts';
import { SQLITE, withBed } from '../support/store-beds.ts';
import { startChild } from '../support/store-children.ts';

const LOAD = new URL('../support/ledger-load.ts', import.meta.url);

/** More than anybody lives to write. */
const BATCHES = 1_000_000;

/** After its first batch a writer lives so long at most, in milliseconds. */
const LIFE = 250;

const KILLS = { sqlite: 100, postgres: 30 };

/**
 * Starts a writer, and does away with it, or with what it writes to, at some moment after its
 * first batch. What it was told is durable goes into the set.
 */
async function load(
  place: Place,
  name: string,
  acknowledged: Set<string>,
  kill: (child: { kill: (signal: 'SIGKILL') => boolean }) => unknown,
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

async function checkOnce(place: Place, acknowledged: ReadonlySet<string>): Promise<void> {
  const store: LedgerStore = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
  try {
    await expectWhole(store, acknowledged);
  } finally {
    await store.close();
  }
}

it(`a writer that is killed ${KILLS.sqlite} times loses nothing it was told is durable`, async () => {
  await withBed(SQLITE, async (bed) => {
    const acknowledged = new Set<string>();
    for (let n = 0; n < KILLS.sqlite; n++) {
      const before = acknowledged.size;
      const errors = await load(bed.place, `life-${n}`, acknowledged, (child) =>
        child.kill('SIGKILL'),
      );
      expect(errors).toBe('');
      expect(acknowledged.size).toBeGreaterThan(before);
      await checkOnce(bed.place, acknowledged);
    }
    const store = await bed.open();
    expect(await store.faults()).toEqual([]);
  });
});

it.skipIf(POSTGRES_PROGRAMS === undefined)(
  `a PostgreSQL server that is killed ${KILLS.postgres} times loses nothing it said is durable`,
  async () => {
    const cluster = await OwnPostgres.create(POSTGRES_PROGRAMS ?? '', await freePort());
    try {
      const place = { url: cluster.url };
      const acknowledged = new Set<string>();
      for (let n = 0; n < KILLS.postgres; n++) {
        const before = acknowledged.size;
        const errors = await load(place, `life-${n}`, acknowledged, () => cluster.kill());
        // The writer was told that its server is gone, and by a Fault that says where.
        expect(errors).toContain(`Fault: ${cluster.url}: `);
        expect(acknowledged.size).toBeGreaterThan(before);
        await cluster.start();
        await checkOnce(place, acknowledged);
      }
      const store = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
      expect(await store.faults()).toEqual([]);
      await store.close();
    } finally {
      await cluster.remove();
    }
  },
);

if (POSTGRES_PROGRAMS === undefined) {
  it.skip('a PostgreSQL server that is killed: NOT TESTED, as there is no initdb');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
