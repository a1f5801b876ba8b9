import { expect, it } from 'vitest';
import { enrol, fleetNode, hexOf } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';
import { startChild } from '../../support/store-children.ts';

const LOAD = new URL('../../support/fleet-load.ts', import.meta.url);
const COUNT = 40;

describeStores('a fleet that several processes work at once', (kind) => {
  it('takes, spends and owns each thing once, and counts all of it', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const ids = Array.from({ length: COUNT }, (_, n) => hexOf(n, 16));
      await enrol(store, ...ids.map((_, n) => fleetNode(n, { dueAt: 0 })));
      const lines: string[] = [];
      const children = ([1, -1, 1] as const).map((step) =>
        startChild(LOAD, { place: bed.place, count: COUNT, step }, (line) => lines.push(line)),
      );
      const endings = await Promise.all(children.map(({ ended }) => ended));
      expect(endings).toEqual(endings.map(() => ({ code: 0, signal: null, errors: '' })));
      const said = (what: string) =>
        lines
          .filter((line) => line.startsWith(`${what} `))
          .map((line) => line.slice(what.length + 1))
          .sort();
      expect(said('spent')).toEqual(ids.map((_, n) => hexOf(n, 32)));
      expect(said('taken').filter((id) => ids.includes(id))).toEqual(ids);
      expect(said('claimed')).toEqual(ids.map((_, n) => `shared-${n}`).sort());
      expect(said('bumped')).toEqual(ids.flatMap((id) => [id, id, id]));
      const nodes = await store.nodes({}, undefined, 9_999);
      expect(nodes).toHaveLength(2 * COUNT);
      for (const { version, failures } of nodes.slice(0, COUNT)) {
        expect({ version, failures }).toEqual({ version: 4, failures: 3 });
      }
      const events = await store.events(0, 9_999);
      expect(events.map(({ seq }) => seq)).toEqual(
        Array.from({ length: COUNT + 2 * 3 * COUNT }, (_, i) => i + 1),
      );
      expect(await store.faults()).toEqual([]);
    });
  }, 120_000);
});
