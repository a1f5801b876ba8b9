import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { member } from '../../support/fleet-bed.ts';
import { attestAt, bearer, call, enrolAt } from '../../support/gateway-caller.ts';
import { giveBack, POSTGRES_URL, query, takeDatabase } from '../../support/postgres-databases.ts';
import { wholeGateway } from '../../support/whole-gateway.ts';
import { jsonOf } from '../fake-io.ts';
import { freshPath, gate } from './gateways.ts';

/** A database, and a copy of it as PostgreSQL's own tools would bring it back. */
async function withBackup(
  server: string,
  act: (url: string, copy: string, backUp: () => Promise<unknown>) => Promise<void>,
) {
  const database = await takeDatabase(server);
  const name = database.pathname.slice(1);
  const copy = Object.assign(new URL(server), { pathname: `/${name}_copy` }).href;
  try {
    await act(database.href, copy, () =>
      query(server, `CREATE DATABASE ${name}_copy TEMPLATE ${name}`),
    );
  } finally {
    await query(server, `DROP DATABASE IF EXISTS ${name}_copy WITH (FORCE)`);
    await giveBack(database);
  }
}

const WORD = ['--nothing-published', 'the disk took it along'];

if (POSTGRES_URL === undefined) {
  it.skip(
    'a gateway in PostgreSQL that is brought back: NOT TESTED, as POSTERN_TEST_POSTGRES names no server',
  );
} else {
  const server = POSTGRES_URL;

  it('a backup in PostgreSQL brings back no machine and no key that was revoked after it', async () => {
    await withBackup(server, async (url, copy, backUp) => {
      let now = url;
      const io = { env: (name: string) => (name === 'DATABASE_URL' ? now : undefined) };
      const model = await member('one', { endorsements: 'carried' });
      const first = await wholeGateway({ model, database: () => now });
      const { dir, keys } = first;
      const ledger = join(dir, 'ledger');
      const id = await enrolAt(first, model, 'one');
      expect((await attestAt(first, model, id)).json()).toMatchObject({ verdict: 'accept' });
      await first.close();
      await backUp();

      const second = await first.again(0);
      const revoking = await call(second, {
        method: 'POST',
        path: `/v1/nodes/${id}/revoke`,
        headers: { ...bearer(keys.admin), 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'its owner sold it' }),
      });
      expect(revoking.status).toBe(200);
      await second.close();
      expect((await gate(['keys', 'revoke', dir, 'a client'], io)).exit).toBe(0);

      now = copy;
      const restored = await gate(['audit', 'restore', ledger, '--json'], io);
      expect([restored.exit, jsonOf(restored)]).toMatchObject([0, { size: expect.any(Number) }]);
      const closed = {
        code: 'conflict',
        at: ledger,
        detail: expect.stringContaining('postern audit resume'),
      };
      await expect(first.again(0)).rejects.toMatchObject(closed);

      // That the machine was revoked is a leaf, and somebody has it.
      const contradicted = await gate(['audit', 'resume', ledger, ...WORD], io);
      expect([contradicted.exit, contradicted.err]).toMatchObject([
        1,
        expect.stringContaining('this is an older copy, and must not sign'),
      ]);
      await expect(first.again(0)).rejects.toMatchObject(closed);

      // That nobody has it is somebody's word: the machine shows evidence anew even so.
      renameSync(join(ledger, 'published'), freshPath('away'));
      const resumed = await gate(['audit', 'resume', ledger, ...WORD, '--json'], io);
      expect([resumed.exit, jsonOf(resumed)]).toMatchObject([0, { nodes: 1, keys: 5 }]);
      const made = ['keys', 'create', dir, '--name', 'next-admin', '--role', 'admin'];
      const admin = (await gate(made, io)).out.trim();
      const third = await first.again(0);
      const node = await call(third, { path: `/v1/nodes/${id}`, headers: bearer(admin) });
      expect(node.json()).toMatchObject({ standing: { state: 'lapsed', code: 'ledger.restored' } });
      for (const key of [keys.client, keys.admin]) {
        const asked = await call(third, { path: '/v1/nodes', headers: bearer(key) });
        expect(asked.status).toBe(401);
      }

      // Marked while it runs, it goes on by nothing that the database says, in no folder.
      const other = `${ledger}-of-another`;
      cpSync(ledger, other, { recursive: true });
      expect((await gate(['audit', 'restore', other], io)).exit).toBe(0);
      await expect(third.ended).rejects.toMatchObject(closed);
      await expect(first.again(0)).rejects.toMatchObject(closed);
      expect((await gate(['audit', 'fsck', ledger], io)).exit).toBe(0);
    });
  }, 120_000);
}
