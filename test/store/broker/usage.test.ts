import { expect, it } from 'vitest';
import { hexOf, sha256Of } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';
import { usageOf } from '../../support/usage.ts';

describeStores('usage statements', (kind) => {
  it('are kept in the order in which they came, by whichever gateway, and told by account', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const theirs = usageOf(1, { account: 'other' });
      expect(await store.addUsage(usageOf(1))).toEqual({ is: 'added', gap: false });
      expect(await other.addUsage(theirs)).toEqual({ is: 'added', gap: false });
      expect(await store.addUsage(usageOf(2))).toEqual({ is: 'added', gap: false });
      const all = [usageOf(1), theirs, usageOf(2)].map((one, i) => ({ seq: i + 1, ...one }));
      expect(await other.usage(0, 9)).toEqual(all);
      expect(await other.usage(1, 1)).toEqual(all.slice(1, 2));
      expect(await store.usage(0, 9, 'other')).toEqual(all.slice(1, 2));
      expect(await store.usage(1, 9, 'an-account')).toEqual(all.slice(2));
      expect(await store.usage(0, 9, 'nobody')).toEqual([]);
      expect(await store.usage(0, 9, 'no\0body')).toEqual([]);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('may come late and twice, and fill the gaps that they left', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      expect(await store.addUsage(usageOf(3))).toEqual({ is: 'added', gap: true });
      expect(await store.addUsage(usageOf(1))).toEqual({ is: 'added', gap: false });
      expect(await store.addUsage(usageOf(2))).toEqual({ is: 'added', gap: false });
      expect(await store.addUsage(usageOf(2, { at: 77 }))).toEqual({ is: 'known' });
      expect((await store.usage(0, 9)).map(({ nth }) => nth)).toEqual([3, 1, 2]);
    });
  });

  it.each([
    { name: 'another of the same place', usage: usageOf(2, { statement: 'e30.eDI.eA' }) },
    {
      name: 'another of the same session',
      usage: usageOf(5, { session: usageOf(2).session }),
    },
    {
      name: 'one that does not fit the one before it',
      usage: usageOf(3, { prev: sha256Of('x') }),
      other: 2,
    },
    {
      name: 'one that the one behind it does not fit',
      usage: usageOf(4, { statement: 'e30.eDM.eA' }),
      other: 5,
      first: 5,
    },
  ])('contradict each other: $name', async ({ usage, other = 2, first = 2 }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.addUsage(usageOf(first));
      const answer = { is: 'contradicts', other: usageOf(other).statement };
      expect(await store.addUsage(usage)).toEqual(answer);
      expect(await store.usage(0, 9)).toHaveLength(1);
    });
  });

  it('of other accounts and other keysets have nothing to do with each other', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.addUsage(usageOf(1));
      const { session } = usageOf(1);
      for (const more of [{ account: 'b' }, { keyset: hexOf(2, 48), session }]) {
        const answer = await store.addUsage(usageOf(2, { ...more, prev: sha256Of('y') }));
        expect(answer).toEqual({ is: 'added', gap: true });
      }
    });
  });

  it('of many who hand in the same at once, one is added', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      for (let nth = 1; nth <= 5; nth++) {
        const answers = await Promise.all(stores.map((store) => store.addUsage(usageOf(nth))));
        expect(answers.map(({ is }) => is).sort()).toEqual(['added', 'known', 'known']);
      }
      expect((await stores[0]?.usage(0, 9))?.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    });
  });

  it('are added up from an instant on', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      expect(await store.tokensOf('an-account', 0)).toBe(0);
      for (const nth of [1, 2, 3]) await store.addUsage(usageOf(nth, { tokens: 2 ** 39 + nth }));
      await store.addUsage(usageOf(1, { account: 'b' }));
      expect(await store.tokensOf('an-account', 2_000)).toBe(2 ** 40 + 5);
      expect(await store.tokensOf('an-account', 3_001)).toBe(0);
    });
  });

  it.each([
    { more: { node: 'x' }, at: 'usage.node' },
    { more: { account: '' }, at: 'usage.account' },
    { more: { session: 'AB'.repeat(32) }, at: 'usage.session' },
    { more: { nth: 0 }, at: 'usage.nth' },
    { more: { prev: 'x' }, at: 'usage.prev' },
    { more: { tokens: -1 }, at: 'usage.tokens' },
  ])('are none with $more', async ({ more, at }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await expect(store.addUsage(usageOf(1, more))).rejects.toMatchObject({ code: 'usage', at });
    });
  });
});

describeStores('usage statements that are old', (kind) => {
  it('are forgotten, and what comes next is counted on', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      for (const nth of [1, 2, 3]) {
        await store.addUsage(usageOf(nth, { at: nth * 1_000 }));
      }
      const seqs = async () => (await store.usage(0, 9)).map(({ seq }) => seq);
      expect(await store.purgeUsage(1_000)).toBe(0);
      expect(await store.purgeUsage(1_001)).toBe(1);
      expect(await seqs()).toEqual([2, 3]);
      expect(await store.purgeUsage(9_000)).toBe(1);
      expect(await seqs()).toEqual([3]);
      await store.addUsage(usageOf(4, { at: 9_000 }));
      expect(await store.purgeUsage(9_000)).toBe(1);
      expect(await seqs()).toEqual([4]);
      expect(await store.faults()).toEqual([]);
    });
  });
});

describeStores('sessions without a statement', (kind) => {
  const { session, node, account, keyset } = usageOf(1);
  const ended = { session, node, account, keyset, at: 5_000 };

  it('are known until their statement comes', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      expect(await store.unmetered(session, node)).toBeUndefined();
      await store.addUnmetered(ended);
      await other.addUnmetered({ ...ended, at: 9_000 });
      expect(await other.unmetered(session, node)).toEqual(ended);
      await store.addUsage(usageOf(1));
      expect(await other.unmetered(session, node)).toBeUndefined();
      await other.addUnmetered(ended);
      expect(await store.unmetered(session, node)).toBeUndefined();
      expect(await store.faults()).toEqual([]);
    });
  });

  it('are forgotten after a while', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.addUnmetered(ended);
      expect(await store.purgeUnmetered(5_000)).toBe(0);
      expect(await store.purgeUnmetered(5_001)).toBe(1);
      expect(await store.unmetered(session, node)).toBeUndefined();
    });
  });

  it('are named by a session and a node', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const adding = store.addUnmetered({ ...ended, session: 'x' });
      await expect(adding).rejects.toMatchObject({ code: 'usage', at: 'session.session' });
    });
  });
});
