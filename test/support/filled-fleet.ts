import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { enrol, fleetNode, fullNode, hexOf, pendingIn, poolPolicyOf, sha256Of } from './fleet.ts';
import { usageOf } from './usage.ts';

/** A node with a value in every member. */
export const FILLED = fullNode(1);

/** Something in every table of the fleet, of those who may ask for it, and of the broker. */
export async function fillFleet(store: GatewayStore): Promise<void> {
  const standing = { state: 'lapsed', since: 5, code: 'late' } as const;
  await enrol(store, FILLED, fleetNode(2, { standing, hardware: ['cpu:2'] }));
  await store.takeDue(FILLED.dueAt ?? 0, 6_000, 1);
  await store.apply({
    spend: { digest: sha256Of('nonce'), until: 4_000 },
    policy: { expected: undefined, next: pendingIn(poolPolicyOf('general', 1), 2) },
    decision: { id: hexOf(1, 16), node: FILLED.id },
    events: [],
  });
  await store.rotateChallengeKey({ id: hexOf(1, 8), key: new Uint8Array(32), madeAt: 9 }, 0, 0);
  const proof = { kind: 'ed25519', publicKey: hexOf(5, 32) } as const;
  await store.addCredential({
    id: hexOf(1, 8),
    name: 'c',
    role: 'node',
    proof,
    createdAt: 3,
    revokedAt: 6,
    version: 1,
  });
  await store.addUsage(usageOf(1));
  await store.addUsage(usageOf(2));
  const { node, account, keyset } = usageOf(3);
  await store.addUnmetered({ session: hexOf(9, 32), node, account, keyset, at: 7 });
}
