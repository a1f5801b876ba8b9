import type { FleetEventType } from '../gateway/fleet/event.ts';
import type {
  ChallengeKey,
  FleetChange,
  FleetStore,
  NodeFilter,
  PoolPolicy,
} from '../gateway/fleet/store.ts';
import type { Credential } from '../gateway/identity/credential.ts';
import type { IdentityStore } from '../gateway/identity/store.ts';
import { own } from './own-buffer.ts';
import { RemoteBroker } from './remote-broker.ts';
import { SharedWatch } from './shared-watch.ts';

/** The fleet's part of a store in another thread, and that of those who may ask for it. */
export abstract class RemoteFleet extends RemoteBroker implements FleetStore, IdentityStore {
  readonly #watch = new SharedWatch(async () => {
    await this.call('watch');
    // A thread that has ended watches no more.
    return () => this.call('unwatch').catch(() => undefined);
  });

  protected onNews(): void {
    this.#watch.tell();
  }

  node(id: string) {
    return this.call('node', id);
  }

  nodeByName(name: string) {
    return this.call('nodeByName', name);
  }

  nodeByKey(publicKey: string) {
    return this.call('nodeByKey', publicKey);
  }

  nodes(filter: NodeFilter, after: string | undefined, count: number) {
    return this.call('nodes', filter, after, count);
  }

  countNodes(pool?: string) {
    return this.call('countNodes', pool);
  }

  ownersOf(hardware: readonly string[]) {
    return this.call('ownersOf', hardware);
  }

  takeDue(now: number, retryAt: number, count: number) {
    return this.call('takeDue', now, retryAt, count);
  }

  lookAtAll(pool: string | undefined, at: number) {
    return this.call('lookAtAll', pool, at);
  }

  nodeOfDecision(decision: string) {
    return this.call('nodeOfDecision', decision);
  }

  decisionsOf(node: string, count: number) {
    return this.call('decisionsOf', node, count);
  }

  apply(change: FleetChange) {
    return this.call('apply', compactChange(change));
  }

  events(after: number, count: number, type?: FleetEventType) {
    return this.call('events', after, count, type);
  }

  lastEvent() {
    return this.call('lastEvent');
  }

  watchEvents(onEvents: () => void) {
    return this.#watch.add(onEvents);
  }

  poolPolicy(pool: string) {
    return this.call('poolPolicy', pool);
  }

  poolPolicies() {
    return this.call('poolPolicies');
  }

  challengeKeys() {
    return this.call('challengeKeys');
  }

  rotateChallengeKey(key: ChallengeKey, unlessSince: number, dropBefore: number) {
    return this.call('rotateChallengeKey', { ...key, key: own(key.key) }, unlessSince, dropBefore);
  }

  purgeSpent(before: number) {
    return this.call('purgeSpent', before);
  }

  purgeEvents(before: number) {
    return this.call('purgeEvents', before);
  }

  credential(id: string) {
    return this.call('credential', id);
  }

  credentialByKey(publicKey: string) {
    return this.call('credentialByKey', publicKey);
  }

  credentials() {
    return this.call('credentials');
  }

  addCredential(credential: Credential) {
    return this.call('addCredential', credential);
  }

  replaceCredential(credential: Credential) {
    return this.call('replaceCredential', credential);
  }

  noteUse(id: string, at: number) {
    return this.call('noteUse', id, at);
  }

  spendOnce(digest: string, until: number) {
    return this.call('spendOnce', digest, until);
  }
}

/** The same change, each array of bytes with a buffer of its own. */
export function compactChange(change: FleetChange): FleetChange {
  const { policy } = change;
  if (policy === undefined) return change;
  return { ...change, policy: { ...policy, next: compactPolicy(policy.next) } };
}

function compactPolicy(policy: PoolPolicy): PoolPolicy {
  const { file, revocations, pending } = policy;
  return {
    ...policy,
    file: own(file),
    revocations: revocations.map(own),
    ...(pending && { pending: { ...pending, file: own(pending.file) } }),
  };
}
