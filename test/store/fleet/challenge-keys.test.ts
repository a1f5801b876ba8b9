import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ChallengeKey } from '../../../src/gateway/fleet/store.ts';
import { openStore } from '../../../src/store/open.ts';
import { hexOf } from '../../support/fleet.ts';
import { ARCHIVE_KEY } from '../../support/ledger-batches.ts';
import { describeStores, SQLITE, withBed } from '../../support/store-beds.ts';

function keyOf(n: number, madeAt: number): ChallengeKey {
  return { id: hexOf(n, 8), key: new Uint8Array(32).fill(n), madeAt };
}

describeStores('the keys of challenges', (kind) => {
  it('are added when the last one is too old, dropped by age, and read newest first', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      expect(await store.challengeKeys()).toEqual([]);
      await store.rotateChallengeKey(keyOf(1, 100), 50, 0);
      await other.rotateChallengeKey(keyOf(2, 120), 100, 0);
      expect(await store.challengeKeys()).toEqual([keyOf(1, 100)]);
      await other.rotateChallengeKey(keyOf(3, 200), 101, 0);
      expect(await store.challengeKeys()).toEqual([keyOf(3, 200), keyOf(1, 100)]);
      await store.rotateChallengeKey(keyOf(4, 300), 150, 101);
      expect(await other.challengeKeys()).toEqual([keyOf(3, 200)]);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('that many add at once are one', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      await Promise.all(
        stores.map((store, i) => store.rotateChallengeKey(keyOf(i, 100 + i), 50, 0)),
      );
      const found = await Promise.all(stores.map((store) => store.challengeKeys()));
      expect(found[0]).toHaveLength(1);
      expect(found).toEqual(stores.map(() => found[0]));
    });
  });

  it('are for whoever has the archive key, and open as no other', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.rotateChallengeKey(keyOf(1, 100), 50, 0);
      await store.rotateChallengeKey(keyOf(2, 200), 150, 0);
      const keyless = await openStore(bed.place);
      const needsKey = { code: 'usage', at: 'archiveKey' };
      await expect(keyless.challengeKeys()).rejects.toMatchObject(needsKey);
      await expect(keyless.rotateChallengeKey(keyOf(3, 9), 1, 1)).rejects.toMatchObject(needsKey);
      expect(await keyless.faults()).toEqual([]);
      await keyless.close();
      await bed.raw('DELETE FROM meta');
      const lost = { code: 'malformed', detail: 'is missing, and there are challenge keys' };
      await expect(openStore({ ...bed.place, archiveKey: ARCHIVE_KEY })).rejects.toMatchObject(
        lost,
      );
    });
  });

  it.each([
    { name: 'an id that is none', key: { ...keyOf(1, 1), id: 'x' }, at: 'key.id' },
    { name: 'half a key', key: { ...keyOf(1, 1), key: new Uint8Array(16) }, at: 'key.key' },
    { name: 'a time that is none', key: keyOf(1, -1), at: 'key.madeAt' },
  ])('are refused for $name', async ({ key, at }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const adding = store.rotateChallengeKey(key, 0, 0);
      await expect(adding).rejects.toMatchObject({ code: 'usage', at });
      expect(await store.challengeKeys()).toEqual([]);
    });
  });

  it('are refused under an id that another has', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.rotateChallengeKey(keyOf(1, 100), 50, 0);
      const again = store.rotateChallengeKey(keyOf(1, 300), 200, 0);
      const at = `challenge_keys[${hexOf(1, 8)}]`;
      await expect(again).rejects.toMatchObject({ code: 'conflict', at });
    });
  });
});

it('a key of challenges is not in the clear in the file', async () => {
  await withBed(SQLITE, async (bed) => {
    const store = await bed.open();
    const key = new TextEncoder().encode('thirty-two bytes that are secret');
    await store.rotateChallengeKey({ ...keyOf(1, 100), key }, 50, 0);
    await store.close();
    const file = 'file' in bed.place ? bed.place.file : '';
    expect(readFileSync(file, 'latin1')).not.toContain('that are secret');
  });
});
