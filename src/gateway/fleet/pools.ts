import { Fault } from '../../core/fault.ts';
import type { PoolConfig, ServingPool } from './pool.ts';
import { type PoolStanding, standingOf } from './pool-standing.ts';
import { type HandedIn, type Prepared, preparePolicy } from './prepared-policy.ts';
import type { FleetStore, PoolPolicy } from './store.ts';

/** A revocation may be for a moment that is still to come. */
const ASK_AGAIN_MS = 5000;

export interface PoolsDeps {
  readonly store: Pick<FleetStore, 'poolPolicies'>;
  readonly configs: readonly PoolConfig[];
  readonly now: () => number;
}

/** Which policy decides where: what is stored, read under what is configured. */
export class Pools {
  readonly #deps: PoolsDeps;
  readonly #configs: ReadonlyMap<string, PoolConfig>;
  #serving = new Map<string, PoolStanding>();
  /** Whose policy was revoked by the time of day alone, and whose nodes nobody has been sent to. */
  readonly #turned = new Set<string>();

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
    this.#configs = new Map(deps.configs.map((config) => [config.name, config]));
  }

  /**
   * Reads again what is stored. What another gateway let decide, this one looks at by its own
   * configuration: a policy that it does not trust decides nothing here.
   */
  async load(): Promise<void> {
    const serving = new Map<string, PoolStanding>();
    for (const stored of await this.#deps.store.poolPolicies()) {
      const config = this.#configs.get(stored.pool);
      if (config === undefined) continue;
      const before = this.#serving.get(stored.pool);
      const isSame = before && 'pool' in before && isAsBefore(before.pool.stored, stored);
      serving.set(stored.pool, isSame ? before : standingOf(config, stored, this.#deps.now()));
    }
    this.#serving = serving;
  }

  /**
   * The pool that decides about a node.
   *
   * @throws Fault `unreachable` at `pools[<name>]` where nothing can be decided: no verdict.
   */
  serving(name: string): ServingPool {
    const standing = this.#standing(name);
    if (standing !== undefined && 'pool' in standing) return standing.pool;
    const why = standing === undefined ? this.#whyNot(name) : standing.revoked;
    throw new Fault('unreachable', `pools[${name}]`, why);
  }

  /** Whether what decided in a pool was revoked; one that this gateway does not know never was. */
  isRevoked(name: string): boolean {
    const standing = this.#standing(name);
    return standing !== undefined && !('pool' in standing);
  }

  /** Those whose policy somebody revoked, as the clock stands now. */
  revoked(): readonly { readonly stored: PoolPolicy; readonly revoked: string }[] {
    return [...this.#configs.keys()].flatMap((name) => {
      const standing = this.#standing(name);
      const isRevoked = standing !== undefined && 'revoked' in standing;
      return isRevoked && standing.by === 'revocation' ? [standing] : [];
    });
  }

  /** Those whose policy was revoked since, by a revocation that was for later: each is told once. */
  takeTurned(): readonly string[] {
    const names = [...this.#turned];
    this.#turned.clear();
    return names;
  }

  has(name: string): boolean {
    return this.#configs.has(name);
  }

  all(): readonly PoolPolicy[] {
    return [...this.#serving.values()].map(storedIn);
  }

  /** Of those that are configured, what each has to say; empty where each can decide. */
  problems(): readonly string[] {
    return [...this.#configs.keys()].flatMap((name) => {
      const standing = this.#serving.get(name);
      if (standing !== undefined && 'pool' in standing) return [];
      return [`${name}: ${standing === undefined ? this.#whyNot(name) : standing.revoked}`];
    });
  }

  /**
   * What becomes of a pool with another policy, by what is stored and configured now.
   *
   * @throws Fault as {@link preparePolicy} does; `missing` for a pool that is not configured.
   */
  prepare(name: string, handedIn: HandedIn): Prepared {
    const config = this.#configs.get(name);
    if (config === undefined) throw new Fault('missing', `pools[${name}]`, 'is not configured');
    return preparePolicy(config, this.#stored(name), handedIn, this.#deps.now());
  }

  /** Policies whose time has come since they were handed in. */
  duePending(now: number): readonly { readonly pool: string; readonly file: Uint8Array }[] {
    return this.all().flatMap(({ pool, pending }) =>
      pending !== undefined && pending.from <= now ? [{ pool, file: pending.file }] : [],
    );
  }

  #standing(name: string): PoolStanding | undefined {
    const [standing, config] = [this.#serving.get(name), this.#configs.get(name)];
    if (standing === undefined || config === undefined || !('pool' in standing)) return standing;
    const { stored } = standing.pool;
    const now = this.#deps.now();
    if (stored.revocations.length === 0 || now - standing.askedAt < ASK_AGAIN_MS) return standing;
    const again = standingOf(config, stored, now);
    this.#serving.set(name, again);
    if (!('pool' in again)) this.#turned.add(name);
    return again;
  }

  #stored(name: string): PoolPolicy | undefined {
    const standing = this.#serving.get(name);
    return standing && storedIn(standing);
  }

  #whyNot(name: string): string {
    return this.#configs.has(name) ? 'no policy was activated yet' : 'is not configured here';
  }
}

function storedIn(standing: PoolStanding): PoolPolicy {
  return 'pool' in standing ? standing.pool.stored : standing.stored;
}

function isAsBefore(a: PoolPolicy, b: PoolPolicy): boolean {
  return (
    a.activatedAt === b.activatedAt &&
    a.digest === b.digest &&
    a.revocations.length === b.revocations.length &&
    a.pending?.digest === b.pending?.digest
  );
}
