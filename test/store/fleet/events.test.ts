import { expect, it, vi } from 'vitest';
import type { FleetEventType } from '../../../src/gateway/fleet/event.ts';
import type { FleetChange } from '../../../src/gateway/fleet/store.ts';
import { openDriver } from '../../../src/store/open-driver.ts';
import { SqlStore } from '../../../src/store/sql-store.ts';
import { eventOf, hexOf } from '../../support/fleet.ts';
import { ARCHIVE_KEY } from '../../support/ledger-batches.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';
import { startChild } from '../../support/store-children.ts';

const WATCHING = new URL('../../support/watching-child.ts', import.meta.url);

const at = (...instants: readonly number[]): FleetChange => ({
  events: instants.map((instant) => eventOf('node.warned', instant)),
});

/** Longer than anybody watches for on a machine that is idle; a busy one has more to do. */
const PATIENCE = { timeout: 10_000, interval: 5 };

describeStores('events', (kind) => {
  it('are numbered without gaps in the order of commits, whoever adds them', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      const [first] = stores;
      if (first === undefined) throw new Error('no store');
      expect(await first.lastEvent()).toBe(0);
      expect(await first.events(0, 9)).toEqual([]);
      const adding = stores.flatMap((store, s) =>
        Array.from({ length: 20 }, (_, i) => store.apply(at(1_000 * s + i, 1_000 * s + i))),
      );
      // One of them comes to nothing, and its numbers to another.
      const failing = first.apply({ ...at(1, 2), remove: { id: 'f'.repeat(32), expected: 1 } });
      await expect(failing).rejects.toMatchObject({ code: 'conflict' });
      await Promise.all(adding);
      const events = await first.events(0, 999);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
      // Those of one change are next to each other.
      for (let i = 0; i < 120; i += 2) expect(events[i]?.at).toBe(events[i + 1]?.at);
      expect(await first.lastEvent()).toBe(120);
      expect(await first.events(100, 3)).toEqual(events.slice(100, 103));
      expect(await first.events(120, 3)).toEqual([]);
      expect(await first.faults()).toEqual([]);
    });
  });

  it('say what they were told, whatever it is', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const data = {
        text: 'nö \0 "x" \u{1f512}',
        empty: '',
        number: -1.5e-7,
        large: Number.MAX_SAFE_INTEGER,
        no: false,
        list: ['', 'a'],
        none: [],
      };
      await store.apply({ events: [{ at: 0, type: 'node.misbehaved', data }] });
      expect(await store.events(0, 9)).toEqual([{ seq: 1, at: 0, type: 'node.misbehaved', data }]);
    });
  });

  it('are forgotten oldest first, and never the last one', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      expect(await store.purgeEvents(9_999)).toBe(0);
      // A clock was set back in between.
      await store.apply(at(100, 200, 900, 150, 1_000));
      expect(await store.purgeEvents(100)).toBe(0);
      expect(await store.purgeEvents(201)).toBe(2);
      expect((await store.events(0, 9)).map(({ seq }) => seq)).toEqual([3, 4, 5]);
      expect(await store.faults()).toEqual([]);
      expect(await store.purgeEvents(9_999)).toBe(2);
      expect((await store.events(0, 9)).map(({ seq }) => seq)).toEqual([5]);
      expect(await store.purgeEvents(9_999)).toBe(0);
      await store.apply(at(5));
      expect(await store.lastEvent()).toBe(6);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('of one type are told apart from all others, a page at a time', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const types = ['node.warned', 'node.lapsed', 'node.warned', 'node.refused', 'node.warned'];
      await store.apply({
        events: types.map((type, i) => eventOf(type as FleetEventType, i, hexOf(i, 16))),
      });
      const all = await store.events(0, 9);
      const warnings = all.filter(({ type }) => type === 'node.warned');
      expect(warnings.map(({ seq }) => seq)).toEqual([1, 3, 5]);
      expect(await store.events(0, 9, 'node.warned')).toEqual(warnings);
      expect(await store.events(0, 2, 'node.warned')).toEqual(warnings.slice(0, 2));
      expect(await store.events(3, 9, 'node.warned')).toEqual(warnings.slice(2));
      expect(await store.events(0, 9, 'node.refused')).toEqual([all[3]]);
      expect(await store.events(0, 9, 'node.admitted')).toEqual([]);
      expect(await store.events(0, 0, 'node.warned')).toEqual([]);
      await expect(store.events(0, -1, 'node.warned')).rejects.toMatchObject({ at: 'count' });
    });
  });

  it('that are missing between others are not passed over', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.apply(at(1, 2, 3, 4));
      await bed.raw('DELETE FROM events WHERE seq = 3');
      await expect(store.events(0, 9)).rejects.toMatchObject({
        code: 'malformed',
        at: 'events[3]',
      });
      expect(await store.faults()).toEqual([{ at: 'events', problem: 'has 3, numbered over 4' }]);
    });
  });
});

describeStores('whoever watches events', (kind) => {
  it('is called for its own and for another store’s, until it ends that', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      await store.apply(at(1));
      const [first, second] = [vi.fn(), vi.fn()];
      const stopFirst = await store.watchEvents(first);
      const stopSecond = await store.watchEvents(second);
      await other.apply(at(2));
      await vi.waitFor(() => expect(first).toHaveBeenCalled(), PATIENCE);
      await vi.waitFor(() => expect(second).toHaveBeenCalled(), PATIENCE);
      await stopFirst();
      first.mockClear();
      second.mockClear();
      await store.apply(at(3));
      await vi.waitFor(() => expect(second).toHaveBeenCalled(), PATIENCE);
      await Promise.all([stopSecond(), stopFirst()]);
      second.mockClear();
      const third = vi.fn();
      const stopThird = await store.watchEvents(third);
      await other.apply(at(4));
      await vi.waitFor(() => expect(third).toHaveBeenCalled(), PATIENCE);
      expect([first, second].map(({ mock }) => mock.calls)).toEqual([[], []]);
      await stopThird();
    });
  });

  it('hears of all that came, however fast, by looking once after it was called', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const seen: number[] = [];
      let reading: Promise<void> = Promise.resolve();
      const read = async () => {
        const events = await store.events(seen.at(-1) ?? 0, 999);
        seen.push(...events.map(({ seq }) => seq));
      };
      const stop = await store.watchEvents(() => {
        reading = reading.then(read);
      });
      for (let i = 0; i < 50; i++) await other.apply(at(i));
      await vi.waitFor(() => expect(seen.at(-1)).toBe(50), PATIENCE);
      await reading;
      expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      await stop();
    });
  });

  it('is not called for what is no event', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const onEvents = vi.fn();
      const stop = await store.watchEvents(onEvents);
      await other.takeLease('other');
      await other.apply({ spend: { digest: 'a'.repeat(64), until: 1 }, events: [] });
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(onEvents).not.toHaveBeenCalled();
      await stop();
    });
  });

  it('can close the store, and end what it began after that', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const onEvents = vi.fn();
      const stop = await store.watchEvents(onEvents);
      await store.close();
      await stop();
      await expect(store.watchEvents(onEvents)).rejects.toMatchObject({ code: 'unreachable' });
      expect(onEvents).not.toHaveBeenCalled();
    });
  });

  it.each(['close', 'leave'])('keeps no process alive: %s', async (end) => {
    await withBed(kind, async (bed) => {
      const lines: string[] = [];
      const { ended } = startChild(WATCHING, { place: bed.place, end }, (line) => lines.push(line));
      expect(await ended).toEqual({ code: 0, signal: null, errors: '' });
      expect(lines).toEqual(['done']);
    });
  });

  it('in the thread of the store itself hears no more once that is closed', async () => {
    await withBed(kind, async (bed) => {
      const other = await bed.open();
      const store = await SqlStore.open(await openDriver(bed.place), ARCHIVE_KEY);
      const onEvents = vi.fn();
      await store.watchEvents(onEvents);
      await other.apply(at(1));
      await vi.waitFor(() => expect(onEvents).toHaveBeenCalled(), PATIENCE);
      onEvents.mockClear();
      await store.close();
      await other.apply(at(2));
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(onEvents).not.toHaveBeenCalled();
    });
  });
});
