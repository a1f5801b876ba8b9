import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { FleetChange } from '../../../src/gateway/fleet/store.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import { enrol, enrolment, eventOf, fleetNode, hexOf, nextOf } from '../../support/fleet.ts';
import { appendAll, numbered, writerOn } from '../../support/ledger-writing.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

const entry = (id: string, change: FleetChange): NewEntry<FleetChange> => ({
  id,
  entry: utf8(id),
  with: change,
});

describeStores('entries that bring changes of the fleet along', (kind) => {
  it('are written with them, and one whose change is refused takes no other along', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const [node, other] = [fleetNode(1), fleetNode(2)];
      await enrol(store, node, other);
      const writer = await writerOn(store);
      const admitted = nextOf(node, { failures: 1 });
      const answers = await Promise.allSettled(
        [
          entry('plain', { events: [eventOf('node.warned')] }),
          entry('first', { node: { expected: 1, next: admitted }, events: [] }),
          // By somebody who has read the same version: of one batch, and too late.
          entry('second', {
            node: { expected: 1, next: admitted },
            events: [eventOf('node.lapsed')],
          }),
          entry('third', {
            node: { expected: 2, next: nextOf(admitted, { failures: 2 }) },
            events: [],
          }),
          entry('fourth', { remove: { id: other.id, expected: 1 }, events: [] }),
        ].map((one) => writer.append(one)),
      );
      expect(answers.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect(answers[2]).toMatchObject({
        reason: { code: 'conflict', at: `nodes[${hexOf(1, 16)}]` },
      });
      expect((await store.leaves(0, 9)).map(({ id }) => id)).toEqual([
        'plain',
        'first',
        'third',
        'fourth',
      ]);
      expect(await store.nodes({}, undefined, 9)).toMatchObject([{ version: 3, failures: 2 }]);
      expect((await store.events(2, 9)).map(({ type }) => type)).toEqual(['node.warned']);
      await writer.close();
      expect(await store.faults()).toEqual([]);
    });
  });

  it('are written all or none where they go together, and take no others along', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const [node, other] = [fleetNode(1), fleetNode(2)];
      await enrol(store, node, other);
      const writer = await writerOn(store);
      const admitted = nextOf(node, { failures: 1 });
      const decision = { id: hexOf(5, 16), node: node.id };
      const put = (id: string, n: number) =>
        entry(id, { node: { expected: n, next: { ...admitted, version: n + 1 } }, events: [] });
      const removal = entry('g-2', { remove: { id: other.id, expected: 1 }, events: [] });
      const answers = await Promise.allSettled([
        writer.appendAll([
          entry('a-0', { decision, events: [eventOf('node.admitted')] }),
          put('a-1', 1),
        ]),
        // The first and the last of it could be made; what is between them comes too late.
        writer.appendAll([
          entry('g-0', { decision: { ...decision, id: hexOf(6, 16) }, events: [] }),
          put('g-1', 1),
          removal,
        ]),
        writer.appendAll([put('b-0', 2), ...numbered(0, 1)]),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(answers[1]).toMatchObject({
        reason: { code: 'conflict', at: `nodes[${node.id}]` },
      });
      const leaves = await store.leaves(0, 9);
      expect(leaves.map(({ id }) => id)).toEqual(['a-0', 'a-1', 'b-0', 'id-0']);
      expect(await store.decisionsOf(node.id, 9)).toEqual([decision.id]);
      expect(await store.nodes({}, undefined, 9)).toEqual([{ ...admitted, version: 3 }, other]);
      // What was refused can still be done.
      const [receipt] = await writer.appendAll([put('g-1', 3), removal]);
      expect(receipt?.index).toBe(4);
      expect(await store.nodes({}, undefined, 9)).toMatchObject([{ version: 4 }]);
      await writer.close();
      expect(await store.faults()).toEqual([]);
    });
  });

  it('are one batch where nothing speaks against it', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const writer = await writerOn(store);
      const entries = numbered(0, 100).map((one, i) => ({ ...one, with: enrolment(fleetNode(i)) }));
      const receipts = await appendAll(writer, entries);
      expect(new Set(receipts.map(({ head }) => head.size))).toEqual(new Set([100]));
      expect(await store.nodes({}, undefined, 999)).toEqual(
        entries.map(({ with: change }) => change.node?.next),
      );
      expect(await store.lastEvent()).toBe(100);
      await writer.close();
    });
  });
});
