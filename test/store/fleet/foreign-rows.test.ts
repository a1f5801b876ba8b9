import { expect, it } from 'vitest';
import type { StoreFault } from '../../../src/ledger/store.ts';
import type { Row } from '../../../src/store/driver.ts';
import { withSum } from '../../../src/store/row-sum.ts';
import { FILLED, fillFleet } from '../../support/filled-fleet.ts';
import { ENROLLED, eventOf, hexOf, poolPolicyOf, sha256Of } from '../../support/fleet.ts';
import { literal } from '../../support/sql-literal.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

describeStores('what the fleet reads', (kind) => {
  /** Rows that agree with their sums, and that no store of ours has written. */
  const foreign = (row: Readonly<Record<string, unknown>>, more: Row): Row =>
    withSum('nodes', { ...(row as Row), due: null, taken: null, ends: null, version: 1, ...more });
  const tamper = (of: object) => (doc: string) => JSON.stringify({ ...JSON.parse(doc), ...of });

  it.each([
    { name: 'no JSON', doc: () => '{', at: '' },
    { name: 'two members of one name', doc: (doc: string) => `{"id":"x",${doc.slice(1)}`, at: '' },
    { name: 'a member that nobody knows', doc: tamper({ root: true }), at: '.root' },
    { name: 'a member of another kind', doc: tamper({ failures: '0' }), at: '.failures' },
    { name: 'a standing of nobody', doc: tamper({ standing: null }), at: '.standing' },
    { name: 'another id', doc: tamper({ id: hexOf(7, 16) }), at: '.id' },
    { name: 'another state', doc: tamper({ standing: ENROLLED }), at: '.state' },
    { name: 'another version', doc: tamper({ version: 2 }), at: '.version' },
  ])('is no node with a document with $name, whatever its sum says', async ({ doc, at }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await fillFleet(store);
      const id = hexOf(2, 16);
      const [row] = await bed.raw(`SELECT * FROM nodes WHERE id = '${id}'`);
      const damaged = foreign(row ?? {}, { doc: doc(String(row?.['doc'])) });
      const set = ['doc', 'sum'].map((name) => `${name} = ${literal(damaged[name], bed)}`);
      await bed.raw(`UPDATE nodes SET ${set} WHERE id = '${id}'`);
      const fault = { code: 'malformed', at: `nodes[${id}]${at}` };
      await expect(store.node(id)).rejects.toMatchObject(fault);
      await expect(store.nodes({}, undefined, 9)).rejects.toMatchObject(fault);
      expect(placesOf(await store.faults())).toContain(fault.at);
      expect(await store.node(FILLED.id)).toEqual(FILLED);
    });
  });

  it('is nothing whose sum is wrong', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await fillFleet(store);
      const [one] = await store.credentials();
      if (one === undefined) throw new Error('no credential');
      await store.replaceCredential({ ...one, version: one.version + 1, revokedAt: 7 });
      const under = { pool: 'general', digest: poolPolicyOf('general', 1).digest };
      const reads: readonly [string, () => Promise<unknown>][] = [
        ['nodes', () => store.node(FILLED.id)],
        ['nodes', () => store.nodeByName(FILLED.name)],
        ['nodes', () => store.takeDue(9_999, 10_000, 9)],
        ['nodes', () => store.lookAtAll(undefined, 5)],
        ['credentials', () => store.noteUse(hexOf(1, 8), 9)],
        ['nodes', () => store.apply({ remove: { id: FILLED.id, expected: 1 }, events: [] })],
        ['hardware', () => store.ownersOf(['gpu:1'])],
        ['events', () => store.events(0, 9)],
        ['events', () => store.events(0, 9, 'node.enrolled')],
        ['decisions', () => store.nodeOfDecision(hexOf(1, 16))],
        ['decisions', () => store.decisionsOf(FILLED.id, 9)],
        ['pool_policies', () => store.poolPolicy('general')],
        ['pool_policies', () => store.apply({ under, events: [] })],
        ['pool_policies', () => store.poolPolicies()],
        ['challenge_keys', () => store.challengeKeys()],
        ['credentials', () => store.credential(hexOf(1, 8))],
        ['credentials', () => store.credentials()],
      ];
      for (const [table, read] of reads) {
        await bed.raw(`UPDATE ${table} SET sum = replace(sum, substr(sum, 9, 1), '_')`);
        const at = expect.stringMatching(new RegExp(`^${table}\\[`));
        await expect(read(), table).rejects.toMatchObject({ code: 'malformed', at });
      }
      // Spent is spent: a damaged row least of all says that it is not.
      await bed.raw("UPDATE spent SET sum = 'x'");
      expect(await store.spendOnce(sha256Of('nonce'), 1)).toBe(false);
    });
  });

  it('is held against each other: nodes and hardware, and events against their count', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await fillFleet(store);
      await bed.raw("DELETE FROM hardware WHERE name = 'gpu:1'");
      expect(placesOf(await store.faults())).toEqual(['hardware[gpu:1]']);
      await bed.raw(`DELETE FROM nodes WHERE id = '${hexOf(2, 16)}'`);
      expect(placesOf(await store.faults())).toContain('hardware[cpu:2]');
      await store.apply({ events: [eventOf('node.warned'), eventOf('node.warned')] });
      await bed.raw('DELETE FROM events WHERE seq = 3');
      expect(placesOf(await store.faults())).toContain('events');
    });
  });
});

function placesOf(faults: readonly StoreFault[]): string[] {
  return faults.map(({ at }) => at);
}
