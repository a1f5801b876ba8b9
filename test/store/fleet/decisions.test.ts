import { expect, it } from 'vitest';
import { enrol, enrolment, fleetNode, hexOf } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

const [one, two] = [fleetNode(1), fleetNode(2)];
const about = (node: string, n: number) => ({ decision: { id: hexOf(n, 16), node }, events: [] });

describeStores('decisions', (kind) => {
  it('are found by their node, newest first, and their node by them', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, one);
      // With the very change that its node comes with; and ids are in no order.
      await store.apply({ ...enrolment(two), ...about(two.id, 50) });
      for (const n of [9, 3, 7]) await store.apply(about(one.id, n));
      await store.apply(about(two.id, 4));
      const again = await bed.open();
      expect(await again.decisionsOf(one.id, 9)).toEqual([7, 3, 9].map((n) => hexOf(n, 16)));
      expect(await again.decisionsOf(one.id, 2)).toEqual([7, 3].map((n) => hexOf(n, 16)));
      expect(await again.decisionsOf(one.id, 0)).toEqual([]);
      expect(await again.decisionsOf(two.id, 9)).toEqual([4, 50].map((n) => hexOf(n, 16)));
      expect(await again.nodeOfDecision(hexOf(3, 16))).toBe(one.id);
      expect(await again.nodeOfDecision(hexOf(50, 16))).toBe(two.id);
      expect(await again.nodeOfDecision(hexOf(5, 16))).toBeUndefined();
      await expect(store.decisionsOf(one.id, -1)).rejects.toMatchObject({
        code: 'usage',
        at: 'count',
      });
      expect(await again.faults()).toEqual([]);
    });
  });

  it('go with their node, and no other’s', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, one, two);
      for (const n of [1, 2]) await store.apply(about(one.id, n));
      await store.apply(about(two.id, 3));
      await store.apply({ remove: { id: one.id, expected: 1 }, events: [] });
      expect(await store.nodeOfDecision(hexOf(1, 16))).toBeUndefined();
      expect(await store.decisionsOf(one.id, 9)).toEqual([]);
      expect(await store.decisionsOf(two.id, 9)).toEqual([hexOf(3, 16)]);
      // Whoever comes under the same id has no past.
      await store.apply({ ...enrolment(one), ...about(one.id, 4) });
      expect(await store.decisionsOf(one.id, 9)).toEqual([hexOf(4, 16)]);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('that come at once from several gateways are all there', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      const [store] = stores;
      if (store === undefined) throw new Error('no store');
      await enrol(store, one);
      const numbers = Array.from({ length: 30 }, (_, n) => n);
      await Promise.all(numbers.map((n) => stores[n % 3]?.apply(about(one.id, n))));
      expect((await store.decisionsOf(one.id, 99)).toSorted()).toEqual(
        numbers.map((n) => hexOf(n, 16)),
      );
      expect(await store.faults()).toEqual([]);
    });
  });

  it('of a node that is not there are a fault', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, one);
      await store.apply(about(one.id, 1));
      await bed.raw(`DELETE FROM nodes WHERE id = '${one.id}'`);
      expect(await store.faults()).toContainEqual({
        at: `decisions[${hexOf(1, 16)}]`,
        problem: `is about node ${one.id}, which is not there`,
      });
    });
  });
});
