import { Fault } from '../../core/fault.ts';
import type { FleetChange, Spent } from '../../gateway/fleet/store.ts';
import type { Sql } from '../driver.ts';
import {
  closed,
  count,
  digest,
  hex,
  instant,
  optional,
  ordinal,
  wantShape,
  words,
} from '../shape.ts';
import { addDecision } from './decisions.ts';
import { addEvents, wantEvent } from './events.ts';
import { nodeId, wantNodeDocument } from './node-shape.ts';
import { lookAtAll, removeNode, wantNode, writeNode } from './nodes.ts';
import { wantPolicy, wantPoolPolicy, writePoolPolicy } from './pool-policies.ts';
import { spend } from './spent.ts';

const removal = closed<NonNullable<FleetChange['remove']>>({ id: nodeId, expected: ordinal });
const subject = closed<NonNullable<FleetChange['about']>>({ id: nodeId, expected: ordinal });
const ruling = closed<NonNullable<FleetChange['under']>>({
  pool: words,
  digest,
  revocations: optional(count),
});
const looking = closed<NonNullable<FleetChange['lookAt']>>({ pool: words, at: instant });
const decided = closed<NonNullable<FleetChange['decision']>>({ id: hex(16), node: nodeId });
const spending = closed<Spent>({ digest: hex(32), until: instant });

/**
 * Makes one change: to be run in one transaction, alone among writers, and thrown away as a whole
 * when it throws.
 *
 * @param change that {@link checkChange} has let pass.
 * @throws Fault as the port says.
 */
export async function applyChange(sql: Sql, change: FleetChange): Promise<void> {
  // First, as no other answer helps whoever comes with what was used up.
  if (change.spend) await spend(sql, change.spend);
  if (change.under) await wantPolicy(sql, change.under);
  if (change.about) await wantNode(sql, change.about);
  if (change.remove) await removeNode(sql, change.remove);
  if (change.node) await writeNode(sql, change.node);
  if (change.decision) await addDecision(sql, change.decision);
  if (change.policy) await writePoolPolicy(sql, change.policy);
  if (change.lookAt) await lookAtAll(sql, change.lookAt.pool, change.lookAt.at);
  await addEvents(sql, change.events);
}

/**
 * What a change must be in itself: nothing is written that could not be read again.
 *
 * @throws Fault `usage` at the member.
 */
export function checkChange(change: FleetChange, at = 'change'): void {
  const { node, remove, about, spend: spent, decision, under, policy, lookAt, events } = change;
  if (node) checkNode(node, `${at}.node`);
  if (remove) wantShape(removal, remove, `${at}.remove`, 'usage');
  if (about) wantShape(subject, about, `${at}.about`, 'usage');
  if (spent) checkSpent(spent, `${at}.spend`);
  if (decision) wantShape(decided, decision, `${at}.decision`, 'usage');
  if (under) wantShape(ruling, under, `${at}.under`, 'usage');
  if (lookAt) wantShape(looking, lookAt, `${at}.lookAt`, 'usage');
  if (policy) wantPoolPolicy(policy.next, `${at}.policy.next`, 'usage');
  for (const [i, event] of events.entries()) wantEvent(event, `${at}.events[${i}]`, 'usage');
}

/** @throws Fault `usage`. */
export function checkSpent(spent: Spent, at: string): void {
  wantShape(spending, spent, at, 'usage');
}

function checkNode({ expected, next }: NonNullable<FleetChange['node']>, at: string): void {
  const { dueAt, ...document } = next;
  wantNodeDocument(document, `${at}.next`, 'usage');
  if (dueAt !== undefined) wantShape(instant, dueAt, `${at}.next.dueAt`, 'usage');
  const version = expected === 'new' ? 1 : expected + 1;
  if (next.version === version) return;
  throw new Fault('usage', `${at}.next.version`, `is ${next.version}, and comes to ${version}`);
}
