import { expect, it } from 'vitest';
import { expectWhole } from '../support/expect-whole.ts';
import { batchOf, commitWhole, EMPTY_LOG, fenceOf, readLog } from '../support/ledger-batches.ts';
import { describeStores, withBed } from '../support/store-beds.ts';
import { startChild } from '../support/store-children.ts';

const LOAD = new URL('../support/ledger-load.ts', import.meta.url);

describeStores('several writers', (kind) => {
  it('in processes of their own make one log, in which nothing is lost', async () => {
    await withBed(kind, async (bed) => {
      const acknowledged = new Set<string>();
      const writers = ['a', 'b', 'c'].map((name) =>
        startChild(LOAD, { place: bed.place, name, batches: 40, seize: 'wait' }, (id) =>
          acknowledged.add(id),
        ),
      );
      const endings = await Promise.all(writers.map(({ ended }) => ended));
      expect(endings).toEqual(endings.map(() => ({ code: 0, signal: null, errors: '' })));
      // 40 batches of 1, 2, 3, 1, … leaves each.
      expect(acknowledged.size).toBe(3 * 79);
      const store = await bed.open();
      expect((await store.head())?.size).toBe(3 * 79);
      await expectWhole(store, acknowledged);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('who all believe that it is their turn: one is right', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      const [first] = stores;
      if (first === undefined) throw new Error('no store');
      const fence = await fenceOf(first, 'shared');
      // The same lease in three hands, as after a bug: base and index still let only one through.
      const answers = await Promise.allSettled(
        stores.map((store, i) =>
          commitWhole(store, batchOf(fence, EMPTY_LOG, [`leaf-${i}`]).batch),
        ),
      );
      const refused = answers.filter((answer) => answer.status === 'rejected');
      expect(refused.map(({ reason }) => reason.code)).toEqual(['conflict', 'conflict']);
      expect(await first.leaves(0, 9)).toHaveLength(1);
    });
  });

  it('one of which was asleep while another took over: it is refused, and nothing is mixed', async () => {
    await withBed(kind, async (bed) => {
      const [sleepy, quick] = [await bed.open(), await bed.open()];
      const stale = await fenceOf(sleepy, 'sleepy');
      const first = batchOf(stale, EMPTY_LOG, ['a', 'b']);
      await commitWhole(sleepy, first.batch);
      const prepared = batchOf(stale, first.log, ['c']).batch;
      const answer = await quick.seizeLease('quick', { ...stale, beat: 0 });
      if (!answer.taken) throw new Error('not taken');
      await expect(commitWhole(sleepy, prepared)).rejects.toMatchObject({
        code: 'conflict',
        at: 'lease',
      });
      const next = batchOf(answer.fence, await readLog(quick), ['d']);
      await commitWhole(quick, next.batch);
      await expect(commitWhole(sleepy, prepared)).rejects.toMatchObject({ at: 'lease' });
      expect((await sleepy.leaves(0, 9)).map(({ id }) => id)).toEqual(['a', 'b', 'd']);
      expect(await quick.faults()).toEqual([]);
    });
  });
});
