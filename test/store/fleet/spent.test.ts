import { expect, it } from 'vitest';
import { hexOf, sha256Of } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

describeStores('what may be used once', (kind) => {
  it('is spent once, by whichever way, whatever the time', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const [a, b] = [sha256Of('a'), sha256Of('b')];
      expect(await store.spendOnce(a, 100)).toBe(true);
      expect(await store.spendOnce(a, 9_999)).toBe(false);
      expect(await other.spendOnce(a, 0)).toBe(false);
      await other.apply({ spend: { digest: b, until: 0 }, events: [] });
      expect(await store.spendOnce(b, 9_999)).toBe(false);
      for (const digest of [a, b]) {
        const spending = store.apply({ spend: { digest, until: 9_999 }, events: [] });
        await expect(spending).rejects.toMatchObject({ code: 'conflict', at: 'spent' });
      }
      const again = await bed.open();
      expect(await again.spendOnce(a, 1)).toBe(false);
      expect(await again.faults()).toEqual([]);
    });
  });

  it('of many who spend it at once, in both ways, one has', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      for (let n = 0; n < 20; n++) {
        const digest = hexOf(n, 32);
        const answers = await Promise.allSettled(
          stores.flatMap((store) => [
            store.spendOnce(digest, 1),
            store.apply({ spend: { digest, until: 1 }, events: [] }).then(() => true),
          ]),
        );
        const won = answers.filter((answer) => answer.status === 'fulfilled' && answer.value);
        expect(won).toHaveLength(1);
      }
    });
  });

  it('is forgotten by when it would have ended, however much of it there is', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const kept = sha256Of('kept');
      await store.spendOnce(kept, 5_000);
      await Promise.all(
        Array.from({ length: 1_100 }, (_, i) => store.spendOnce(hexOf(i, 32), 4_999)),
      );
      expect(await store.purgeSpent(4_999)).toBe(0);
      expect(await store.purgeSpent(5_000)).toBe(1_100);
      expect(await store.purgeSpent(5_000)).toBe(0);
      expect(await store.spendOnce(kept, 1)).toBe(false);
      expect(await store.spendOnce(hexOf(3, 32), 1)).toBe(true);
      expect(await store.faults()).toEqual([]);
    });
  }, 60_000);

  it.each([
    { digest: 'a', until: 1, at: 'spent.digest' },
    { digest: sha256Of('a').toUpperCase(), until: 1, at: 'spent.digest' },
    { digest: sha256Of('a'), until: Number.NaN, at: 'spent.until' },
  ])('is named by a digest and an end: $digest, $until', async ({ digest, until, at }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await expect(store.spendOnce(digest, until)).rejects.toMatchObject({ code: 'usage', at });
    });
  });
});
