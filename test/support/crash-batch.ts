import type { FleetChange } from '../../src/gateway/fleet/store.ts';
import { eventOf, fullNode, hexOf, nextOf, poolPolicyOf, sha256Of } from './fleet.ts';
import { blobOf, recordOf } from './ledger-batches.ts';

/** A batch that writes to every table of the log, and a companion. */
export function crashBatch() {
  const blobs = [blobOf(new Uint8Array(100_000).fill(5)), blobOf(Uint8Array.of(6))];
  const ids = ['late-0', 'late-1'];
  const companion = { spend: { digest: CRASH_SPENT, until: 1 }, events: [eventOf('node.warned')] };
  return { ids, blobs, companion, extras: { blobs, records: [recordOf('late-1', 500, blobs)] } };
}

/** The nodes that {@link crashChange} finds: the first changes, the second goes. */
export const CRASH_NODES = [fullNode(1), fullNode(2)] as const;

export const CRASH_SPENT = sha256Of('spent by a crash');

/** A change that does all that one can do. */
export function crashChange(): FleetChange {
  const [changed, gone] = CRASH_NODES;
  const first = poolPolicyOf('general', 1);
  return {
    node: { expected: 1, next: nextOf(changed, { hardware: ['cpu:1', 'gpu:2', 'new'] }) },
    remove: { id: gone.id, expected: 1 },
    spend: { digest: CRASH_SPENT, until: 1 },
    decision: { id: hexOf(5, 16), node: changed.id },
    under: { pool: 'general', digest: first.digest },
    policy: { expected: first.digest, next: poolPolicyOf('general', 2) },
    events: [eventOf('node.renewed', 1, changed.id), eventOf('node.removed', 1, gone.id)],
  };
}
