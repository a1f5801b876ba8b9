import { expect, it } from 'vitest';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { CRASH_NODES, CRASH_SPENT, crashBatch, crashChange } from '../support/crash-batch.ts';
import { eventOf, everythingOf, poolPolicyOf } from '../support/fleet.ts';
import {
  batchOf,
  blobOf,
  commitWhole,
  EMPTY_LOG,
  fenceOf,
  readLog,
  recordOf,
  rootOf,
} from '../support/ledger-batches.ts';
import { describeStores, withBed } from '../support/store-beds.ts';
import { startChild } from '../support/store-children.ts';

const DYING = new URL('../support/dying-commit.ts', import.meta.url);

/**
 * Statements at which a commit of {@link crashBatch} can end: lease, size, two leaves, blobs known,
 * last blob, two blobs, their numbers, record, two uses, five of the companion, tile, head, and
 * COMMIT.
 */
const OF_A_COMMIT = 20;

/** Those of {@link crashChange}, and COMMIT. */
const OF_A_CHANGE = 28;

/**
 * A process that is killed before any one statement leaves all of it or nothing.
 *
 * @param every so many statements a process is killed at one; at the first and the last one anyway.
 */
export function describeCrashes(every: number): void {
  const deaths = (statements: number) =>
    Array.from({ length: statements }, (_, n) => n).filter(
      (n) => n % every === 0 || n === statements - 1,
    );

  describeStores('a process that is killed', (kind) => {
    it('before any one statement of a commit leaves all of it or nothing', async () => {
      await withBed(kind, async (bed) => {
        const store = await bed.open();
        const first = await fenceOf(store, 'first');
        const seen = blobOf(Uint8Array.of(1));
        // With 254 leaves before them, the two that are to come make a tile full.
        const ids = Array.from({ length: 254 }, (_, i) => `early-${i}`);
        const records = [recordOf('early-3', 1, [seen])];
        const before = batchOf(first, EMPTY_LOG, ids, { records, blobs: [seen] });
        await commitWhole(store, before.batch);
        await store.releaseLease(first);
        const fleet = await everythingOf(store);
        const { ids: late, blobs, companion } = crashBatch();
        const after = batchOf(first, before.log, late);
        for (const n of [...deaths(OF_A_COMMIT), OF_A_COMMIT]) {
          const lines: string[] = [];
          const task = { place: bed.place, after: n, what: 'commit' };
          const { ended } = startChild(DYING, task, (line) => lines.push(line));
          const { signal, errors } = await ended;
          expect({ signal, errors }).toEqual({ signal: 'SIGKILL', errors: '' });
          // Its lease outlives it: whoever comes next has to seize it.
          const found = await store.takeLease('next');
          if (found.taken) throw new Error('the child had no lease');
          expect(found.by.holder).toBe('mortal');
          const answer = await store.seizeLease('next', found.by);
          if (!answer.taken) throw new Error('nobody lives who could have beaten');
          await store.releaseLease(answer.fence);
          const isWhole = n === OF_A_COMMIT;
          expect(lines).toEqual(isWhole ? ['committed'] : []);
          expect(await store.head()).toEqual((isWhole ? after : before).batch.head);
          expect(await store.leaves(254, 999)).toHaveLength(isWhole ? 2 : 0);
          expect(await store.tiles(0, 0, 9)).toHaveLength(isWhole ? 1 : 0);
          expect(await store.records(4, 9)).toHaveLength(isWhole ? 1 : 0);
          expect(await store.knownBlobs(blobs.map(({ digest }) => digest))).toHaveLength(
            isWhole ? 2 : 0,
          );
          const events = isWhole ? [{ seq: 1, ...companion.events[0] }] : [];
          expect(await everythingOf(store)).toEqual({ ...fleet, events });
          expect(rootOf(await readLog(store))).toEqual((await store.head())?.root);
          expect(await store.faults()).toEqual([]);
        }
      });
    }, 300_000);

    it('before any one statement of a change leaves all of it or nothing', async () => {
      await withBed(kind, async (bed) => {
        const store = await bed.open();
        const before = await makeFleet(store);
        for (const n of [...deaths(OF_A_CHANGE), OF_A_CHANGE]) {
          const lines: string[] = [];
          const task = { place: bed.place, after: n, what: 'apply' };
          const { ended } = startChild(DYING, task, (line) => lines.push(line));
          const { signal, errors } = await ended;
          expect({ signal, errors }).toEqual({ signal: 'SIGKILL', errors: '' });
          expect(await store.faults()).toEqual([]);
          expect(lines).toEqual(n === OF_A_CHANGE ? ['committed'] : []);
          if (lines.length === 0) expect(await everythingOf(store)).toEqual(before);
        }
        const { node, policy, decision, events } = crashChange();
        expect(await everythingOf(store)).toMatchObject({
          nodes: [node?.next],
          owners: new Map(['cpu:1', 'gpu:2', 'new'].map((name) => [name, node?.next.id])),
          policies: [policy?.next],
          decisions: [[decision?.id]],
          events: [{}, ...events],
        });
        expect(await store.spendOnce(CRASH_SPENT, 1)).toBe(false);
      });
    }, 300_000);
  });
}

/** What {@link crashChange} changes. */
async function makeFleet(store: GatewayStore) {
  await store.apply({
    policy: { expected: undefined, next: poolPolicyOf('general', 1) },
    events: [eventOf('policy.activated')],
  });
  for (const node of CRASH_NODES) {
    await store.apply({ node: { expected: 'new', next: node }, events: [] });
  }
  return everythingOf(store);
}
