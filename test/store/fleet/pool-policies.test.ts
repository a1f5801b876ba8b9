import { expect, it } from 'vitest';
import { pendingIn, poolPolicyOf } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

describeStores('policies of pools', (kind) => {
  it('come back with the revision that waits, until it decides or is given up', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const first = poolPolicyOf('général', 1);
      const waiting = pendingIn(first, 2);
      const activated = poolPolicyOf('général', 2);
      let expected: string | undefined;
      // It comes, another comes in its place, it is given up, comes again, and decides.
      const later = pendingIn(first, 3);
      for (const next of [first, waiting, later, first, waiting, activated]) {
        await store.apply({ policy: { expected, next }, events: [] });
        const again = await bed.open();
        expect(await again.poolPolicy('général')).toEqual(next);
        expect(await again.poolPolicies()).toEqual([next]);
        expect(await again.faults()).toEqual([]);
        await again.close();
        expected = next.digest;
      }
    });
  });

  it('may come with one that waits from the start', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const view = new Uint8Array(1_000).fill(5).subarray(10, 20);
      const waiting = pendingIn(poolPolicyOf('a', 1), 2);
      const { digest, seenAt, from } = waiting.pending ?? { digest: '', seenAt: 0, from: 0 };
      const next = { ...waiting, pending: { digest, file: view, seenAt, from } };
      await store.apply({ policy: { expected: undefined, next }, events: [] });
      expect((await store.poolPolicy('a'))?.pending).toEqual({
        digest,
        file: new Uint8Array(10).fill(5),
        seenAt,
        from,
      });
    });
  });
});
