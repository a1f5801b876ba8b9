import { createHash } from 'node:crypto';
import { Fault } from '../../core/fault.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import { type Principal, principalName } from '../identity/credential.ts';
import type { FleetDeps } from './deps.ts';
import type { NewEvent } from './event.ts';
import type { Pools } from './pools.ts';
import type { HandedIn } from './prepared-policy.ts';
import type { FleetChange, PoolPolicy, Spent } from './store.ts';

/** Who does what nobody asks for at that moment. */
const GATEWAY: Principal = { kind: 'anyone' };
const LONGEST_REASON = 500;
/** A revision that waits for its time is no event: other gateways come to know of it within this. */
const READ_AGAIN_MS = 60_000;

/** Lets policies decide, and says when one was revoked; each is a leaf of the ledger and an event. */
export class Ruling {
  readonly #deps: FleetDeps;
  readonly #pools: Pools;
  /** Revocations that were said, by whichever gateway. */
  readonly #said = new Set<string>();
  #readAt: number;
  #keeping: Promise<void> | undefined;

  constructor(deps: FleetDeps, pools: Pools) {
    this.#deps = deps;
    this.#pools = pools;
    this.#readAt = deps.now();
  }

  /** @throws Fault as {@link Pools.prepare} and the ledger do. */
  async activate(pool: string, by: Principal, handedIn: HandedIn): Promise<PoolPolicy> {
    const { store, now } = this.#deps;
    await this.#pools.load();
    const prepared = this.#pools.prepare(pool, handedIn);
    const { expected, stored, revoked } = prepared;
    if (prepared.isAsBefore) return stored;
    const policy = { expected, next: stored };
    if (revoked !== undefined) {
      await this.#revoke(stored, revoked, by, { policy });
    } else if (stored.pending !== undefined && stored.digest === expected) {
      await store.apply({ policy, events: [] });
    } else {
      const at = now();
      const { name, revision, digest } = stored;
      const id = firstSeenId('policy.activated', digest);
      await this.#sayOnce(
        { v: 1, type: 'policy.activated', id, time: at, policy: { name, revision, digest } },
        // Whoever was let in by another policy is looked at again, by whichever gateway comes to it.
        { policy, lookAt: { pool, at }, events: [eventOf('policy.activated', stored, by, at)] },
      );
    }
    await this.#pools.load();
    return stored;
  }

  /**
   * What the time of day has changed: policies that waited decide, and revocations hold. However
   * many ask at once, it is done once.
   */
  keep(): Promise<void> {
    this.#keeping ??= this.#keep().finally(() => {
      this.#keeping = undefined;
    });
    return this.#keeping;
  }

  async #keep(): Promise<void> {
    const { store, now } = this.#deps;
    // Also after a clock was set back.
    if (Math.abs(now() - this.#readAt) >= READ_AGAIN_MS) {
      await this.#pools.load();
      this.#readAt = now();
    }
    for (const { stored, revoked } of this.#pools.revoked()) {
      const key = revocationKey(stored);
      if (this.#said.has(key)) continue;
      const { pool, digest } = stored;
      await this.#orLater(async () => {
        await this.#revoke(stored, revoked, GATEWAY, { under: { pool, digest } });
        this.#said.add(key);
      });
    }
    for (const pool of this.#pools.takeTurned()) await store.lookAtAll(pool, now());
    for (const { pool, file } of this.#pools.duePending(now())) {
      await this.#orLater(() => this.activate(pool, GATEWAY, { file, revocations: [] }));
    }
  }

  /** One pool's policy can't decide, or another gateway has just changed it: no reason to look at nobody. */
  async #orLater(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#deps.observe?.failed(error);
      if (error.code === 'conflict') await this.#pools.load();
    }
  }

  /** However many gateways come to know of it, and however often, it is said once of a pool. */
  async #revoke(
    stored: PoolPolicy,
    why: string,
    by: Principal,
    change: Pick<FleetChange, 'policy' | 'under'>,
  ): Promise<void> {
    const at = this.#deps.now();
    const { pool, name, revision, digest } = stored;
    const id = firstSeenId('policy.revoked', digest);
    const policy = { name, revision, digest };
    try {
      await this.#sayOnce(
        { v: 1, type: 'policy.revoked', id, time: at, policy, reason: onOneLine(why) },
        {
          ...change,
          spend: { digest: revocationKey(stored), until: FOR_GOOD },
          lookAt: { pool, at },
          events: [eventOf('policy.revoked', stored, by, at)],
        },
      );
    } catch (error) {
      if (!isConflict(error, 'spent')) throw error;
      if (change.policy) await this.#deps.store.apply({ ...change, events: [] });
    }
  }

  /** The log says it once of a policy, in however many pools it decides. */
  async #sayOnce(leaf: Leaf, change: FleetChange): Promise<void> {
    const { ledger, store } = this.#deps;
    try {
      await ledger.append([{ id: leaf.id, entry: writeLeaf(leaf) }], change);
    } catch (error) {
      if (!isConflict(error, `leaves[${leaf.id}]`)) throw error;
      await store.apply(change);
    }
  }
}

/** Nobody purges it: a revocation that was said is not said again. */
const FOR_GOOD: Spent['until'] = 8_640_000_000_000_000;

function revocationKey({ pool, digest }: PoolPolicy): string {
  return createHash('sha256').update(`policy.revoked ${pool} ${digest}`).digest('hex');
}

function eventOf(
  type: 'policy.activated' | 'policy.revoked',
  { pool, name: policy, revision, digest }: PoolPolicy,
  by: Principal,
  at: number,
): NewEvent {
  return { at, type, data: { pool, policy, revision, digest, by: principalName(by) } };
}

function isConflict(error: unknown, at: string): boolean {
  return error instanceof Fault && error.code === 'conflict' && error.at === at;
}

/** For a leaf: plain characters, and not too many of them. */
function onOneLine(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, LONGEST_REASON);
  return plain.length < 8 ? `revoked: ${plain}` : plain;
}
