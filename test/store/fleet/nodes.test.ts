import { expect, it } from 'vitest';
import type { FleetNode, Standing } from '../../../src/gateway/fleet/node.ts';
import { enrol, fleetNode, fullNode, hexOf, nextOf } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';
import { describePages } from './node-pages.ts';

const QUARANTINED: Standing = {
  state: 'quarantined',
  since: 5,
  until: 7,
  code: 'operator.quarantine',
  reason: 'odd',
  by: 'gateway',
};

const ADMITTED: Standing = {
  state: 'admitted',
  since: 2,
  admission: {
    id: hexOf(7, 16),
    decision: hexOf(8, 16),
    until: 900,
    evidenceAt: 1,
    policy: `sha256:${'ab'.repeat(32)}`,
  },
};

const STANDINGS: readonly Standing[] = [
  { state: 'enrolled', since: 1 },
  { state: 'lapsed', since: 3, code: 'late' },
  QUARANTINED,
  { state: 'quarantined', since: 5, code: 'operator.quarantine', reason: 'odd', by: 'gateway' },
  { state: 'revoked', since: 6, code: 'operator.revoke', reason: 'gone', by: hexOf(4, 8) },
];

describeStores('nodes', (kind) => {
  it('come back as they were stored, by id, name and key', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const full = fullNode(1);
      const others = STANDINGS.map((standing, i) =>
        fleetNode(i + 2, { standing, name: `nöde ${i} “日本” \u{1f512}` }),
      );
      await enrol(store, full, ...others);
      for (const node of [full, ...others]) {
        expect(await store.node(node.id)).toEqual(node);
        expect(await store.nodeByName(node.name)).toEqual(node);
        expect(await store.nodeByKey(node.key.publicKey)).toEqual(node);
      }
      const again = await bed.open();
      expect(await again.node(full.id)).toEqual(full);
      expect(await again.faults()).toEqual([]);
    });
  });

  it('that are not there are none, whatever was asked for', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, fleetNode(1));
      for (const name of [
        hexOf(2, 16),
        '',
        'x\0',
        '\ud800',
        "' OR 1 = 1 --",
        'x'.repeat(100_000),
      ]) {
        expect(await store.node(name)).toBeUndefined();
        expect(await store.nodeByName(name)).toBeUndefined();
        expect(await store.nodeByKey(name)).toBeUndefined();
        expect(await store.poolPolicy(name)).toBeUndefined();
        expect(await store.ownersOf([name])).toEqual(new Map());
        expect(await store.nodes({ pool: name }, undefined, 9)).toEqual([]);
        expect(await store.nodeOfDecision(name)).toBeUndefined();
        expect(await store.decisionsOf(name, 9)).toEqual([]);
        expect(await store.lookAtAll(name, 5)).toBe(0);
      }
    });
  });

  it('are listed in order, by pool and state, a page at a time, and counted', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const nodes = [7, 3, 5, 1, 2].map((n) =>
        fleetNode(n, {
          pool: n % 2 === 0 ? 'even' : 'odd',
          standing: n < 4 ? { state: 'lapsed', since: 1, code: 'late' } : QUARANTINED,
        }),
      );
      await enrol(store, ...nodes);
      const list = async (...args: Parameters<typeof store.nodes>) =>
        (await store.nodes(...args)).map(({ id }) => Number.parseInt(id, 16));
      expect(await list({}, undefined, 9)).toEqual([1, 2, 3, 5, 7]);
      expect(await list({}, undefined, 2)).toEqual([1, 2]);
      expect(await list({}, hexOf(2, 16), 2)).toEqual([3, 5]);
      expect(await list({}, hexOf(7, 16), 2)).toEqual([]);
      expect(await list({ pool: 'odd' }, hexOf(1, 16), 9)).toEqual([3, 5, 7]);
      expect(await list({ state: 'lapsed' }, undefined, 9)).toEqual([1, 2, 3]);
      expect(await list({ pool: 'odd', state: 'lapsed' }, undefined, 9)).toEqual([1, 3]);
      expect(await list({ pool: 'odd', state: 'admitted' }, undefined, 9)).toEqual([]);
      expect(await store.countNodes()).toEqual({
        enrolled: 0,
        admitted: 0,
        lapsed: 3,
        quarantined: 2,
        revoked: 0,
      });
      expect(await store.countNodes('odd')).toMatchObject({ lapsed: 2, quarantined: 2 });
      expect(await store.countNodes('none\0')).toMatchObject({ lapsed: 0, quarantined: 0 });
    });
  });
});

describePages(2_000);

describeStores('nodes that are due', (kind) => {
  it('are taken longest first, and by nobody else until they are due again', async () => {
    await withBed(kind, async (bed) => {
      const [a, b] = [await bed.open(), await bed.open()];
      const nodes = [500, 300, undefined, 400, 900].map((dueAt, n) =>
        fleetNode(n, dueAt === undefined ? {} : { dueAt }),
      );
      await enrol(a, ...nodes);
      expect(await a.takeDue(299, 1_000, 9)).toEqual([]);
      const taken = await a.takeDue(500, 1_000, 2);
      expect(taken.map(({ name, dueAt }) => [name, dueAt])).toEqual([
        ['node-1', 300],
        ['node-3', 400],
      ]);
      expect((await b.takeDue(500, 1_001, 9)).map(({ name }) => name)).toEqual(['node-0']);
      expect(await a.takeDue(899, 2_000, 9)).toEqual([]);
      expect(await a.takeDue(500, 2_000, 9)).toEqual([]);
      const [one] = taken;
      if (one === undefined) throw new Error('none taken');
      expect(await b.node(one.id)).toEqual(one);
      // It is no change of the node: whoever has read it before goes on.
      const next = nextOf(nodes[1] as FleetNode, { dueAt: 5_000 });
      await b.apply({ node: { expected: 1, next }, events: [] });
      const late = await a.takeDue(1_500, 2_000, 9);
      expect(late.map(({ name }) => name)).toEqual(['node-3', 'node-0', 'node-4']);
      expect(await a.faults()).toEqual([]);
    });
  });

  it('are taken with the admitted before all others, which keep nobody out by waiting', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(
        store,
        fleetNode(1, { dueAt: 100 }),
        fleetNode(2, { dueAt: 400, standing: ADMITTED }),
        fleetNode(3, { dueAt: 200, standing: QUARANTINED }),
        fleetNode(4, { dueAt: 300, standing: ADMITTED }),
        fleetNode(5, { dueAt: 501, standing: ADMITTED }),
      );
      const taken = async (count: number) =>
        (await store.takeDue(500, 1_000, count)).map(({ name }) => name);
      expect(await taken(3)).toEqual(['node-4', 'node-2', 'node-1']);
      expect(await taken(3)).toEqual(['node-3']);
    });
  });

  it('are not freed by whoever read one before it was taken, and writes it', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const stale = fleetNode(1, { dueAt: 5 });
      await enrol(store, stale);
      expect(await store.takeDue(10, 100, 9)).toEqual([stale]);
      const next = nextOf(stale, { failures: 1 });
      await other.apply({ node: { expected: 1, next }, events: [] });
      expect(await other.takeDue(10, 100, 9)).toEqual([]);
      // Somebody who says when it is due says so to all.
      const sooner = nextOf(next, { dueAt: 9 });
      await other.apply({ node: { expected: 2, next: sooner }, events: [] });
      expect(await store.takeDue(10, 100, 9)).toEqual([sooner]);
      const never = nextOf({ ...fleetNode(1), version: 3 }, {});
      await store.apply({ node: { expected: 3, next: never }, events: [] });
      expect(await store.takeDue(10_000, 10_001, 9)).toEqual([]);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('are all of a pool, or all there are, once they are to be looked at, whoever has them', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      expect(await store.lookAtAll(undefined, 5)).toBe(0);
      const nodes = [
        fleetNode(1, { pool: 'a' }),
        fleetNode(2, { pool: 'a', dueAt: 9_000 }),
        fleetNode(3, { pool: 'a', dueAt: 10, standing: QUARANTINED }),
        fleetNode(4, { pool: 'b', dueAt: 9_000 }),
      ] as const;
      await enrol(store, ...nodes);
      expect(await store.takeDue(10, 7_000, 9)).toEqual([nodes[2]]);
      expect(await store.lookAtAll('a', 50)).toBe(3);
      expect(await other.takeDue(9, 7_000, 9)).toEqual([]);
      // What was due before is not put off.
      expect((await other.takeDue(49, 7_000, 9)).map(({ name }) => name)).toEqual(['node-3']);
      expect((await other.takeDue(50, 7_000, 9)).map(({ name }) => name)).toEqual([
        'node-1',
        'node-2',
      ]);
      // It is no change of a node: whoever has read it before goes on.
      const next = nextOf(nodes[0], { dueAt: 8_000 });
      await other.apply({ node: { expected: 1, next }, events: [] });
      expect(await store.lookAtAll(undefined, 60)).toBe(4);
      expect(await other.node(next.id)).toEqual({ ...next, dueAt: 60 });
      expect(await store.takeDue(60, 7_000, 9)).toHaveLength(4);
      await expect(store.lookAtAll('a', -1)).rejects.toMatchObject({ code: 'usage', at: 'at' });
      expect(await store.faults()).toEqual([]);
    });
  });

  it('are no matter of the database’s clock: now may lie anywhere, and go back', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const far = 8_640_000_000_000_000;
      await enrol(store, fleetNode(1, { dueAt: far }), fleetNode(2, { dueAt: 0 }));
      expect(await store.takeDue(far - 1, far, 9)).toHaveLength(1);
      expect(await store.takeDue(1, 2, 9)).toEqual([]);
      expect(await store.takeDue(far, far + 1, 9)).toHaveLength(2);
    });
  });

  it.each([
    { name: 'a time that is none', now: Number.NaN, retryAt: 5, count: 1, at: 'now' },
    { name: 'a next time that is over', now: 5, retryAt: 5, count: 1, at: 'retryAt' },
    { name: 'less than none', now: 5, retryAt: 6, count: -1, at: 'count' },
  ])('can not be taken with $name', async ({ now, retryAt, count, at }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await expect(store.takeDue(now, retryAt, count)).rejects.toMatchObject({ code: 'usage', at });
    });
  });
});
