import { expect, it } from 'vitest';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import { enrolment, fleetNode, nextOf } from '../../support/fleet.ts';
import { batchOf, commitWhole, EMPTY_LOG, fenceOf } from '../../support/ledger-batches.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

/** @param count of nodes, a multiple of 100. */
export function describePages(count: number): void {
  describeStores(`each of ${count} nodes`, (kind) => {
    it('comes once and in order, page by page, while others change', async () => {
      await withBed(kind, async (bed) => {
        const [store, other] = [await bed.open(), await bed.open()];
        const pages = Array.from({ length: count / 100 }, (_, page) =>
          Array.from({ length: 100 }, (_, i) => fleetNode(100 * page + i)),
        );
        const fence = await fenceOf(store, 'writer');
        let log = EMPTY_LOG;
        for (const [i, page] of pages.entries()) {
          const next = batchOf(fence, log, [`leaf-${i}`]);
          await commitWhole(store, { ...next.batch, companions: page.map(enrolment) });
          log = next.log;
        }
        const found: FleetNode[] = [];
        for (let after: string | undefined; ; after = found.at(-1)?.id) {
          const page = await store.nodes({ pool: 'general' }, after, 256);
          found.push(...page);
          if (page.length === 0) break;
          const [first] = page;
          if (first === undefined || found.length > 1_000) continue;
          const next = nextOf(first, { failures: 1 });
          await other.apply({ node: { expected: 1, next }, events: [] });
        }
        expect(found.map(({ id }) => id)).toEqual(pages.flat().map(({ id }) => id));
        expect((await store.countNodes()).enrolled).toBe(count);
        expect(await store.lastEvent()).toBe(count);
      });
    }, 300_000);
  });
}
