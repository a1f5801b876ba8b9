import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import { takeLease } from '../../../src/ledger/writer/lease.ts';
import type { LedgerWriter } from '../../../src/ledger/writer/ledger-writer.ts';
import {
  appendAll,
  beatless,
  NOW,
  numbered,
  quickPause,
  TIMES,
  writerOn,
} from '../../support/ledger-writing.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { naiveRoot } from '../../support/merkle.ts';

const wish = (holder: string, pause: (ms: number) => Promise<void> = quickPause) => ({
  holder,
  times: TIMES,
  pause,
});

const OTHER = { holder: 'other', token: 7, beat: 3, wanted: false };

async function expectOneLog(store: MemoryStore): Promise<void> {
  const head = await store.head();
  expect(head?.size).toBe(store.leafRows.length);
  expect(head?.root).toEqual(naiveRoot(store.leafRows.map(({ hash }) => hash)));
  for (const [size, { root }] of store.heads) {
    expect(root).toEqual(naiveRoot(store.leafRows.slice(0, size).map(({ hash }) => hash)));
  }
  expect(new Set(store.leafRows.map(({ id }) => id)).size).toBe(store.leafRows.length);
}

describe('a lease', () => {
  it('that nobody has is taken at once', async () => {
    const store = new MemoryStore();
    const never = () => Promise.reject(new Error('paused'));
    expect(await takeLease(store, wish('a', never))).toEqual({ holder: 'a', token: 1 });
  });

  it('that another has is wanted, and taken when it is let go', async () => {
    const store = new MemoryStore();
    const first = await takeLease(store, wish('a'));
    const second = takeLease(store, wish('b'));
    await quickPause();
    expect(await store.beat(first)).toEqual({ wanted: true });
    await store.releaseLease(first);
    expect(await second).toEqual({ holder: 'b', token: 2 });
  });

  it('of one who stands still is seized after as long as that must be, and not before', async () => {
    const store = new MemoryStore();
    store.lease = OTHER;
    let waited = 0;
    const pause = async (ms: number) => {
      waited += ms;
      expect(store.lease?.holder).toBe('other');
      await quickPause();
    };
    expect(await takeLease(store, wish('b', pause))).toMatchObject({ holder: 'b' });
    expect(waited).toBe(TIMES.silence);
  });

  it('of one who gives signs of life is not seized: patience runs out, and names the holder', async () => {
    const store = new MemoryStore();
    store.lease = OTHER;
    let waited = 0;
    const pause = async () => {
      // Just often enough.
      if (++waited % (TIMES.silence - 1) === 0) await store.beat(OTHER);
      await quickPause();
    };
    await expect(takeLease(store, wish('b', pause))).rejects.toMatchObject({
      code: 'unreachable',
      at: 'ledger',
      detail: 'is being written by other',
    });
    expect(waited).toBe(TIMES.patience);
  });

  it('that is seized by somebody else in the same moment is waited for anew', async () => {
    const store = new MemoryStore();
    store.lease = OTHER;
    const quicker = store.seenThrough(async (method, act) => {
      if (method === 'seizeLease' && store.lease?.holder === 'other') {
        store.lease = { holder: 'third', token: 8, beat: 0, wanted: false };
      }
      return act();
    });
    let waited = 0;
    const pause = async (ms: number) => {
      waited += ms;
      await quickPause();
    };
    expect(await takeLease(quicker, wish('b', pause))).toMatchObject({ holder: 'b' });
    expect(waited).toBeGreaterThan(2 * TIMES.silence - 1);
  });

  it('whose granting was never heard of is one’s own: it is seized without waiting', async () => {
    const store = new MemoryStore();
    let isFirst = true;
    const lossy = store.seenThrough(async (method, act) => {
      const answer = await act();
      if (method === 'takeLease' && isFirst) {
        isFirst = false;
        throw new Fault('unreachable', 'db', 'gone');
      }
      return answer;
    });
    await expect(takeLease(lossy, wish('a'))).rejects.toMatchObject({ code: 'unreachable' });
    const never = () => Promise.reject(new Error('paused'));
    expect(await takeLease(lossy, wish('a', never))).toEqual({ holder: 'a', token: 2 });
  });
});

/** Writes entries one after another, as a process does that decides something now and then. */
async function writeSlowly(
  writer: LedgerWriter<string>,
  entries: readonly NewEntry[],
): Promise<void> {
  for (const entry of entries) await writer.append(entry);
}

describe('writers in turn', () => {
  it('a busy one lets go for one that waits, and both go on', async () => {
    const store = new MemoryStore();
    const a = await writerOn(store, { holder: 'a' });
    let b: LedgerWriter<string> | undefined;
    const holders: string[] = [];
    const opening = writerOn(store, { holder: 'b' }).then((writer) => {
      b = writer;
      return writeSlowly(writer, numbered(1000, 30));
    });
    for (const entry of numbered(0, 200)) {
      await a.append(entry);
      holders.push(store.lease?.holder ?? '');
    }
    await opening;
    expect(store.leafRows).toHaveLength(230);
    await expectOneLog(store);
    const order = store.commits.map(({ fence }) => fence.holder);
    // Neither waited for the other to be done.
    expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'));
    expect(order.indexOf('a')).toBeLessThan(order.lastIndexOf('b'));
    await Promise.all([a.close(), b?.close()]);
    expect(store.lease).toBeUndefined();
  });

  it('an idle one gives signs of life, and lets go once another waits', async () => {
    const store = new MemoryStore();
    const a = await writerOn(store, { holder: 'a', pause: quickPause });
    for (let i = 0; i < 10; i++) await quickPause();
    expect(store.lease?.beat).toBeGreaterThan(2);
    const b = await writerOn(store, { holder: 'b' });
    await appendAll(b, numbered(0, 3));
    // Seized it was not: that takes as many looks as nothing changed.
    await Promise.all([appendAll(a, numbered(10, 300)), appendAll(b, numbered(1000, 300))]);
    await expectOneLog(store);
    expect(store.leafRows).toHaveLength(603);
    await Promise.all([a.close(), b.close()]);
  });

  it('one that was asleep and seized finds what was written meanwhile, and never forks', async () => {
    const store = new MemoryStore();
    const sleepy = await writerOn(store, { holder: 'sleepy' });
    await appendAll(sleepy, numbered(0, 250));
    const quick = await writerOn(store, { holder: 'quick' });
    await appendAll(quick, numbered(250, 20));
    await quick.close();
    // Its next batch was prepared on 250 leaves, under a lease that is gone.
    const receipts = await appendAll(sleepy, numbered(270, 300));
    expect(receipts.map(({ index }) => index)).toEqual(receipts.map((_, i) => 270 + i));
    await expectOneLog(store);
    await sleepy.close();
  });

  it('one that is seized while its batch is on the way writes it under the next lease', async () => {
    const store = new MemoryStore();
    let seize = false;
    const racing = store.seenThrough(async (method, act) => {
      if (method === 'commit' && seize) {
        seize = false;
        const quick = await writerOn(store, { holder: 'quick' });
        await appendAll(quick, numbered(500, 7));
        await quick.close();
      }
      return act();
    });
    const writer = await writerOn(racing, { holder: 'slow' });
    await appendAll(writer, numbered(0, 5));
    seize = true;
    const receipts = await appendAll(writer, numbered(5, 9));
    expect(receipts.map(({ index }) => index)).toEqual(receipts.map((_, i) => 12 + i));
    await expectOneLog(store);
    await writer.close();
  });

  it('one whose lease is another’s says who writes, once patience has run out; then it goes on', async () => {
    const store = new MemoryStore();
    const a = await writerOn(store, { holder: 'a' });
    await appendAll(a, numbered(0, 1));
    store.lease = OTHER;
    const busy = async (ms: number) => {
      if (ms !== TIMES.beat && store.lease?.holder === 'other') await store.beat(OTHER);
      return beatless(ms);
    };
    const b = writerOn(store, { holder: 'b', pause: busy });
    await expect(b).rejects.toMatchObject({ code: 'unreachable', detail: /written by other/ });
    store.lease = undefined;
    await appendAll(a, numbered(1, 1));
    await expectOneLog(store);
    await a.close();
  });

  it('many of them at once make one log', async () => {
    const store = new MemoryStore();
    const tired = store.seenThrough(async (_method, act) => {
      await quickPause();
      return act();
    });
    const names = ['a', 'b', 'c', 'd'];
    // Patience is for one turn of each.
    const times = { ...TIMES, silence: 2_000, patience: 20_000 };
    await Promise.all(
      names.map(async (holder, i) => {
        const writer = await writerOn(tired, { holder, times });
        await writeSlowly(writer, numbered(1000 * i, 20));
        await writer.close();
      }),
    );
    expect(store.leafRows).toHaveLength(80);
    await expectOneLog(store);
    expect(store.lease).toBeUndefined();
  });
});

describe('a log that is marked as restored', () => {
  it('is signed no more by whoever wrote it, and by the one who resumes it', async () => {
    const store = new MemoryStore();
    const running = await writerOn(store);
    await appendAll(running, numbered(0, 2));
    await store.markRestored(NOW);
    const closed = { code: 'unreachable', at: 'ledger' };
    await expect(appendAll(running, numbered(2, 1))).rejects.toMatchObject(closed);
    await expect(writerOn(store, { holder: 'second' })).rejects.toMatchObject(closed);
    const resuming = await writerOn(store, { holder: 'third', purpose: 'resume' });
    await appendAll(resuming, numbered(3, 1));
    await store.unmarkRestored(NOW);
    await resuming.close();
    await appendAll(running, numbered(4, 1));
    expect(store.leafRows.map(({ id }) => id)).toEqual(['id-0', 'id-1', 'id-3', 'id-4']);
  });
});
