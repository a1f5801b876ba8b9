import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { expectWholeAt, killedLoad } from '../support/killed-load.ts';
import { OwnPostgres, POSTGRES_PROGRAMS } from '../support/own-postgres.ts';

const KILLS = 30;

it.skipIf(POSTGRES_PROGRAMS === undefined)(
  `a PostgreSQL server that is killed ${KILLS} times loses nothing that it said is durable`,
  async () => {
    const cluster = await OwnPostgres.create(POSTGRES_PROGRAMS ?? '', await freePort());
    try {
      const place = { url: cluster.url };
      const acknowledged = new Set<string>();
      for (let n = 0; n < KILLS; n++) {
        const before = acknowledged.size;
        const name = `life-${n}`;
        const errors = await killedLoad(place, name, acknowledged, () => cluster.kill());
        // The writer was told that its server is gone, by a Fault that says where.
        expect(errors).toContain(`Fault: ${cluster.url}: `);
        expect(acknowledged.size).toBeGreaterThan(before);
        await cluster.start();
        await expectWholeAt(place, acknowledged);
      }
      const store = await openStore(place);
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
