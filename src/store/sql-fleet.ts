import { Fault } from '../core/fault.ts';
import type { FleetEventType } from '../gateway/fleet/event.ts';
import type { ChallengeKey, FleetChange, FleetStore, NodeFilter } from '../gateway/fleet/store.ts';
import type { Credential } from '../gateway/identity/credential.ts';
import type { IdentityStore } from '../gateway/identity/store.ts';
import { count, wantWhole } from './batch-shape.ts';
import type { Driver } from './driver.ts';
import * as keys from './fleet/challenge-keys.ts';
import { applyChange, checkChange, checkSpent } from './fleet/change.ts';
import { decisionsOf, nodeOfDecision } from './fleet/decisions.ts';
import * as events from './fleet/events.ts';
import { ownersOf } from './fleet/hardware.ts';
import * as nodes from './fleet/nodes.ts';
import * as policies from './fleet/pool-policies.ts';
import { purgeSomeSpent, spendOnce } from './fleet/spent.ts';
import * as credentials from './identity/credentials.ts';
import type { Sealer } from './seal.ts';
import { SqlBroker } from './sql-broker.ts';

/** The part of the store that is the fleet's and of those who may ask for it. */
export class SqlFleet extends SqlBroker implements FleetStore, IdentityStore {
  readonly #driver: Driver;
  readonly #sealer: Sealer | undefined;

  protected constructor(driver: Driver, sealer: Sealer | undefined) {
    super(driver);
    this.#driver = driver;
    this.#sealer = sealer;
  }

  node(id: string) {
    return this.#driver.alone((sql) => nodes.nodeBy(sql, 'id', id));
  }

  nodeByName(name: string) {
    return this.#driver.alone((sql) => nodes.nodeBy(sql, 'name', name));
  }

  nodeByKey(publicKey: string) {
    return this.#driver.alone((sql) => nodes.nodeBy(sql, 'public_key', publicKey));
  }

  async nodes(filter: NodeFilter, after: string | undefined, most: number) {
    count(most, 'count');
    return this.#driver.alone((sql) => nodes.listNodes(sql, filter, after, most));
  }

  countNodes(pool?: string) {
    return this.#driver.alone((sql) => nodes.countNodes(sql, pool));
  }

  ownersOf(hardware: readonly string[]) {
    return this.#driver.alone((sql) => ownersOf(sql, hardware));
  }

  async takeDue(now: number, retryAt: number, most: number) {
    count(now, 'now');
    count(retryAt, 'retryAt');
    count(most, 'count');
    if (retryAt <= now) throw new Fault('usage', 'retryAt', 'is no later than now');
    // Most of the time there is none: whoever only looks waits for no writer, and none for it.
    if (!(await this.#driver.alone((sql) => nodes.isAnyDue(sql, now)))) return [];
    return this.#driver.writing((sql) => nodes.takeDue(sql, now, retryAt, most));
  }

  async lookAtAll(pool: string | undefined, at: number) {
    count(at, 'at');
    return this.#driver.writing((sql) => nodes.lookAtAll(sql, pool, at));
  }

  nodeOfDecision(decision: string) {
    return this.#driver.alone((sql) => nodeOfDecision(sql, decision));
  }

  async decisionsOf(node: string, most: number) {
    count(most, 'count');
    return this.#driver.alone((sql) => decisionsOf(sql, node, most));
  }

  async apply(change: FleetChange) {
    checkChange(change);
    await this.#driver.writing((sql) => applyChange(sql, change));
  }

  async events(after: number, most: number, type?: FleetEventType) {
    count(after, 'after');
    count(most, 'count');
    return this.#driver.alone((sql) => events.readEvents(sql, after, most, type));
  }

  lastEvent() {
    return this.#driver.alone(events.lastEvent);
  }

  watchEvents(onEvents: () => void) {
    return this.#driver.watch(events.LAST_EVENT, onEvents);
  }

  poolPolicy(pool: string) {
    return this.#driver.alone((sql) => policies.poolPolicy(sql, pool));
  }

  poolPolicies() {
    return this.#driver.alone(policies.poolPolicies);
  }

  async challengeKeys() {
    const sealer = this.#wantSealer();
    return this.#driver.alone((sql) => keys.challengeKeys(sql, sealer));
  }

  async rotateChallengeKey(key: ChallengeKey, unlessSince: number, dropBefore: number) {
    keys.checkChallengeKey(key);
    wantWhole(unlessSince, 'unlessSince');
    wantWhole(dropBefore, 'dropBefore');
    const sealer = this.#wantSealer();
    await this.#driver.writing((sql) =>
      keys.rotateChallengeKey(sql, sealer, key, unlessSince, dropBefore),
    );
  }

  async purgeSpent(before: number) {
    wantWhole(before, 'before');
    let sum = 0;
    for (;;) {
      const some = await this.#driver.writing((sql) => purgeSomeSpent(sql, before));
      if (some === 0) return sum;
      sum += some;
    }
  }

  async purgeEvents(before: number) {
    wantWhole(before, 'before');
    return this.#driver.writing((sql) => events.purgeEvents(sql, before));
  }

  credential(id: string) {
    return this.#driver.alone((sql) => credentials.credential(sql, id));
  }

  credentialByKey(publicKey: string) {
    return this.#driver.alone((sql) => credentials.credentialByKey(sql, publicKey));
  }

  credentials() {
    return this.#driver.alone(credentials.credentials);
  }

  async addCredential(credential: Credential) {
    credentials.checkCredential(credential);
    await this.#driver.writing((sql) => credentials.addCredential(sql, credential));
  }

  async replaceCredential(credential: Credential) {
    credentials.checkCredential(credential);
    await this.#driver.writing((sql) => credentials.replaceCredential(sql, credential));
  }

  async noteUse(id: string, at: number) {
    count(at, 'at');
    await this.#driver.writing((sql) => credentials.noteUse(sql, id, at));
  }

  async spendOnce(digest: string, until: number) {
    const spent = { digest, until };
    checkSpent(spent, 'spent');
    return this.#driver.writing((sql) => spendOnce(sql, spent));
  }

  #wantSealer(): Sealer {
    if (this.#sealer !== undefined) return this.#sealer;
    throw new Fault('usage', 'archiveKey', 'is needed for the keys of challenges');
  }
}
