import { toHex } from '../../core/bytes/hex.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import type { FleetDeps } from './deps.ts';
import { lapsed, type Moment } from './step.ts';

/** Why they are out: they have to show evidence anew. */
const CODE = 'ledger.restored';
const PAGE = 256;

/**
 * Puts every admitted machine out, each with its leaf and its event, and voids open challenges:
 * what a copy from a backup says of a machine is how it stood then, and answers that were spent
 * since are not known to it. Doing it twice does no more than once.
 *
 * @returns how many machines were put out.
 */
export async function forgetAdmissions({
  store,
  ledger,
  now,
  randomBytes,
}: Pick<FleetDeps, 'store' | 'ledger' | 'now' | 'randomBytes'>): Promise<number> {
  const at = now();
  const key = { id: toHex(randomBytes(8)), key: randomBytes(32), madeAt: at };
  await store.rotateChallengeKey(key, at + 1, at + 1);
  let count = 0;
  for (;;) {
    // Those of the page before are admitted no longer.
    const page = await store.nodes({ state: 'admitted' }, undefined, PAGE);
    if (page.length === 0) return count;
    for (const node of page) {
      const moment: Moment = { now: now(), leafId: () => toHex(randomBytes(16)) };
      const { next, leaves, events } = lapsed(node, CODE, moment);
      const due = node.endpoint === undefined ? next : { ...next, dueAt: moment.now };
      const change = { node: { expected: node.version, next: due }, events };
      if (leaves.length === 0) await store.apply(change);
      else {
        const entries = leaves.map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) }));
        await ledger.append(entries, change);
      }
      count++;
    }
  }
}
