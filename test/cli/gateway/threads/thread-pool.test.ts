import { describe, expect, it, onTestFinished } from 'vitest';
import { type PoolOptions, ThreadPool } from '../../../../src/cli/gateway/threads/thread-pool.ts';
import type { Told } from './working-thread.ts';

const ENTRY = new URL('./working-thread.ts', import.meta.url);

/** A pool that is closed when the test is over, and what its observer was told. */
async function poolOf(options: Partial<PoolOptions> = {}) {
  const seen = { running: 0, waiting: 0, most: 0, done: 0, lost: 0 };
  const pool = await ThreadPool.open({
    entry: ENTRY,
    name: 'work',
    beginning: undefined,
    deadline: 60_000,
    threads: 1,
    waiting: 100,
    clock: () => performance.now(),
    observe: {
      changed: (running, waiting) => {
        Object.assign(seen, { running, waiting, most: Math.max(seen.most, running) });
      },
      done: () => {
        seen.done++;
      },
      lost: () => {
        seen.lost++;
      },
    },
    ...options,
  });
  onTestFinished(() => pool.close());
  return { seen, run: (told: Told) => pool.run(told), close: () => pool.close() };
}

describe('a pool of threads', () => {
  it('answers each with its own answer, with no more threads than it has', async () => {
    const { run, seen } = await poolOf({ threads: 2 });
    const all = Array.from({ length: 20 }, (_, i) => run({ echo: { i, bytes: Uint8Array.of(i) } }));
    expect(await Promise.all(all)).toEqual(
      Array.from({ length: 20 }, (_, i) => ({ i, bytes: Uint8Array.of(i) })),
    );
    expect(seen).toMatchObject({ most: 2, done: 20, lost: 0 });
    await expect.poll(() => [seen.running, seen.waiting]).toEqual([0, 0]);
  });

  it('turns away what is too much, and serves on', async () => {
    const { run } = await poolOf({ waiting: 1 });
    const taken = [run({ echo: 1 }), run({ echo: 2 })];
    await expect(run({ echo: 3 })).rejects.toMatchObject({ code: 'busy', at: 'work' });
    expect(await Promise.all(taken)).toEqual([1, 2]);
    expect(await run({ echo: 4 })).toBe(4);
  });

  it('hands on a fault as it is, from a thread that lives on', async () => {
    const { run, seen } = await poolOf();
    await expect(run({ fault: 'no bundle' })).rejects.toMatchObject({
      code: 'malformed',
      at: 'work',
      detail: 'no bundle',
    });
    expect(await run({ do: 'count' })).toBe(2);
    expect(seen.lost).toBe(0);
  });

  it('refuses what is no plain data, and nobody waits for it', async () => {
    const { run } = await poolOf();
    await expect(run({ echo: () => 1 })).rejects.toMatchObject({ code: 'internal', at: 'work' });
    expect(await run({ echo: 1 })).toBe(1);
  });
});

describe('a thread that is lost', () => {
  it.each([
    { how: 'exit', says: 'its thread has ended' },
    { how: 'throw', says: 'its thread has ended: a bug in the thread' },
  ] as const)(
    'by $how is an error of that work alone, and another takes its place',
    async (one) => {
      const { run, seen } = await poolOf();
      const [before, lost, after] = [
        run({ echo: 'before' }),
        run({ do: one.how }),
        run({ do: 'count' }),
      ];
      await expect(lost).rejects.toMatchObject({ code: 'internal', at: 'work', detail: one.says });
      expect(await before).toBe('before');
      // The first thing that the new one does.
      expect(await after).toBe(1);
      expect(seen.lost).toBe(1);
    },
  );

  it('takes nothing down that comes behind', async () => {
    const { run, seen } = await poolOf({ threads: 2 });
    const works: Told[] = Array.from({ length: 12 }, (_, i) =>
      i % 3 === 0 ? { do: 'exit' } : { echo: i },
    );
    const answers = await Promise.allSettled(works.map(run));
    for (const [i, answer] of answers.entries()) {
      expect([i, answer.status]).toEqual([i, i % 3 === 0 ? 'rejected' : 'fulfilled']);
    }
    expect(seen.lost).toBe(4);
  });

  it('by its deadline, however busy it is', async () => {
    const { run, seen } = await poolOf({ deadline: 500 });
    await expect(run({ do: 'spin' })).rejects.toMatchObject({
      code: 'internal',
      detail: 'took longer than 500 ms: its thread was ended, and nothing is said',
    });
    const again = () => run({ echo: 'again' }).catch(() => 'ended');
    await expect.poll(again, { timeout: 30_000 }).toBe('again');
    expect(seen.lost).toBeGreaterThan(0);
  });

  it('before it could begin fails the opening', async () => {
    await expect(poolOf({ threads: 2, beginning: 'broken' })).rejects.toMatchObject({
      code: 'internal',
      at: 'work',
    });
  });
});

describe('a pool that is closed', () => {
  it('finishes what it took, and takes no more', async () => {
    const { run, close } = await poolOf();
    const taken = Array.from({ length: 5 }, (_, i) => run({ echo: i }));
    const closed = close();
    await expect(run({ echo: 9 })).rejects.toMatchObject({ code: 'busy', detail: 'is closed' });
    expect(await Promise.all(taken)).toEqual([0, 1, 2, 3, 4]);
    await closed;
  });

  it('closes over a thread that is lost meanwhile', async () => {
    const { run, close } = await poolOf();
    const lost = run({ do: 'exit' });
    const after = run({ echo: 'after' });
    const closed = close();
    await expect(lost).rejects.toMatchObject({ code: 'internal' });
    expect(await after).toBe('after');
    await closed;
  });
});
