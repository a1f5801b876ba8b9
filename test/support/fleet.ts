import { createHash } from 'node:crypto';
import type { NewEvent } from '../../src/gateway/fleet/event.ts';
import type { FleetNode, Standing } from '../../src/gateway/fleet/node.ts';
import type { FleetChange, FleetStore, PoolPolicy } from '../../src/gateway/fleet/store.ts';

/** Lower-case hex of a number, so many bytes of it. */
export function hexOf(n: number, bytes: number): string {
  return n.toString(16).padStart(2 * bytes, '0');
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export const ENROLLED: Standing = { state: 'enrolled', since: 1_000 };

/** Enrolled by number, with hardware and a due time of nothing. */
export function fleetNode(n: number, more: Partial<FleetNode> = {}): FleetNode {
  return {
    id: hexOf(n, 16),
    name: `node-${n}`,
    key: { algorithm: 'ed25519', publicKey: hexOf(n, 32) },
    pool: 'general',
    declared: { cpu: 'tdx', gpus: 8, switches: 4 },
    enrolledAt: 1_000,
    version: 1,
    standing: ENROLLED,
    hardware: [],
    failures: 0,
    ...more,
  };
}

/** With a value in every member. */
export function fullNode(n: number): FleetNode {
  return fleetNode(n, {
    endpoint: 'https://node.example:8443/attest',
    standing: {
      state: 'admitted',
      since: 2_000,
      admission: {
        id: 'admission-1',
        decision: 'decision-1',
        until: 9_000,
        evidenceAt: 1_900,
        policy: `sha256:${sha256Of('policy')}`,
        referenceSet: 'r1',
        keyset: hexOf(n, 48),
        override: 'override-1',
      },
    },
    hardware: [`cpu:${n}`, `gpu:${n}`],
    last: {
      id: 'decision-1',
      at: 2_000,
      verdict: 'accept',
      authentic: true,
      codes: ['tdx.tcb.status'],
    },
    dueAt: 5_000,
    failures: 3,
  });
}

/** Admits, bans or changes it otherwise: what comes next of a node. */
export function nextOf(node: FleetNode, more: Partial<FleetNode>): FleetNode {
  return { ...node, ...more, version: node.version + 1 };
}

export function eventOf(type: NewEvent['type'], at = 1_000, node?: string): NewEvent {
  return { at, type, ...(node !== undefined && { node }), data: { by: 'test' } };
}

export function poolPolicyOf(pool: string, revision: number): PoolPolicy {
  const file = new TextEncoder().encode(`policy ${pool} ${revision}`);
  return {
    pool,
    name: 'base',
    revision,
    digest: `sha256:${createHash('sha256').update(file).digest('hex')}`,
    file,
    revocations: [Uint8Array.of(1, 2, 3), new Uint8Array()],
    activatedAt: 1_000 + revision,
  };
}

/** With a later revision that waits. */
export function pendingIn(policy: PoolPolicy, revision: number): PoolPolicy {
  const { digest, file } = poolPolicyOf(policy.pool, revision);
  return { ...policy, pending: { digest, file, seenAt: 2_000, from: 8_000 } };
}

export function enrolment(node: FleetNode): FleetChange {
  return {
    node: { expected: 'new', next: node },
    events: [eventOf('node.enrolled', 1_000, node.id)],
  };
}

export async function enrol(store: FleetStore, ...nodes: readonly FleetNode[]): Promise<void> {
  for (const node of nodes) await store.apply(enrolment(node));
}

/** What can be told apart of a fleet from outside. */
export async function everythingOf(store: FleetStore) {
  const nodes = await store.nodes({}, undefined, 9_999);
  return {
    nodes,
    counts: await store.countNodes(),
    owners: await store.ownersOf(['cpu:1', 'gpu:1', 'cpu:2', 'gpu:2', 'new', 'shared']),
    events: await store.events(0, 9_999),
    policies: await store.poolPolicies(),
    decisions: await Promise.all(nodes.map(({ id }) => store.decisionsOf(id, 9_999))),
  };
}
