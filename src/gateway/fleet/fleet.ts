import { Fault } from '../../core/fault.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { Principal } from '../identity/credential.ts';
import { Attesting } from './attesting.ts';
import { ChallengeDesk } from './challenge-desk.ts';
import type { FleetDeps } from './deps.ts';
import { Enrolling } from './enrolling.ts';
import type { FleetEvent } from './event.ts';
import { Keeping } from './keeping.ts';
import { misbehaviourStatement } from './misbehaviour.ts';
import { Moderating } from './moderating.ts';
import type { FleetNode, NodeKey } from './node.ts';
import type { PoolConfig } from './pool.ts';
import { Pools } from './pools.ts';
import { Ruling } from './ruling.ts';
import type {
  Attestation,
  AttestationAnswer,
  Enrolment,
  FleetService,
  IssuedChallenge,
} from './service.ts';
import type { NodeFilter, PoolPolicy } from './store.ts';

type FleetPart = Omit<
  FleetService,
  'decision' | 'exportDecision' | 'decisionProof' | 'verify' | 'readiness'
>;

/** The fleet of one database, as one of its gateways sees and changes it. */
export class Fleet implements FleetPart {
  readonly #deps: FleetDeps;
  readonly #pools: Pools;
  readonly #enrolling: Enrolling;
  readonly #attesting: Attesting;
  readonly #moderating: Moderating;
  readonly #ruling: Ruling;
  readonly #keeping: Keeping;
  readonly #listeners = new Set<() => void>();
  #unwatch: (() => Promise<void>) | undefined;
  /** Of the last event that was looked at for a change of policy. */
  #seen = 0;
  #following: Promise<void> | undefined;
  #isMore = false;

  private constructor(deps: FleetDeps, configs: readonly PoolConfig[]) {
    const { store, now, randomBytes, times } = deps;
    const desk = new ChallengeDesk({
      store,
      now,
      randomBytes,
      times: { ttl: times.challengeTtl, skew: times.clockSkew, keyLife: times.challengeKeyLife },
    });
    this.#deps = deps;
    this.#pools = new Pools({ store, configs, now });
    this.#enrolling = new Enrolling(deps, desk, this.#pools);
    this.#attesting = new Attesting(deps, desk, this.#pools);
    this.#moderating = new Moderating(deps, this.#pools);
    this.#ruling = new Ruling(deps, this.#pools);
    this.#keeping = new Keeping(deps, this.#attesting, this.#pools);
  }

  /** Reads which policies decide, and follows what other gateways of the database do from now on. */
  static async open(deps: FleetDeps, configs: readonly PoolConfig[]): Promise<Fleet> {
    const fleet = new Fleet(deps, configs);
    fleet.#seen = await deps.store.lastEvent();
    await fleet.#pools.load();
    fleet.#unwatch = await deps.store.watchEvents(() => fleet.#follow());
    return fleet;
  }

  async close(): Promise<void> {
    await this.#unwatch?.();
    await this.#following;
  }

  /**
   * The policy that decides in a pool now.
   *
   * @throws Fault `missing` for a pool that is not configured, `unreachable` for one that can't decide.
   */
  policyOf(pool: string): UsedPolicy {
    if (!this.#pools.has(pool)) {
      throw new Fault('missing', `pools[${pool}]`, 'there is no such pool');
    }
    return this.#pools.serving(pool).used;
  }

  /** Which pools can't decide, and why. */
  problems(): readonly string[] {
    return this.#pools.problems();
  }

  /** Looks at policies whose time has come, whatever goes on beside. */
  rule(): Promise<void> {
    return this.#ruling.keep();
  }

  /**
   * One round of looking at policies whose time has come, and at those who are due: it lasts for as
   * long as there are any.
   *
   * @returns how many nodes were looked at.
   */
  async round(isOver: () => boolean = () => false): Promise<number> {
    await this.#ruling.keep();
    return this.#keeping.round(isOver);
  }

  /** Looks ahead for every admitted node; once a day is enough. */
  async forecast(isOver: () => boolean = () => false): Promise<void> {
    for await (const node of this.#all({ state: 'admitted' })) {
      if (isOver()) return;
      try {
        await this.#keeping.forecast(node);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.#deps.observe?.failed(error);
      }
    }
  }

  enrolmentChallenge(key: NodeKey): Promise<IssuedChallenge> {
    return this.#enrolling.challenge(key);
  }

  enrol(enrolment: Enrolment, by: Principal): Promise<FleetNode> {
    return this.#enrolling.enrol(enrolment, by);
  }

  challenge(node: string): Promise<IssuedChallenge> {
    return this.#attesting.challenge(node);
  }

  attest(node: string, attestation: Attestation): Promise<AttestationAnswer> {
    return this.#attesting.attest(node, attestation);
  }

  call(node: string): Promise<AttestationAnswer> {
    return this.#attesting.call(node);
  }

  async node(id: string): Promise<FleetNode> {
    const node = await this.#deps.store.node(id);
    if (node === undefined) throw new Fault('missing', `nodes[${id}]`, 'there is no such node');
    return node;
  }

  nodes(filter: NodeFilter, after: string | undefined, count: number) {
    return this.#deps.store.nodes(filter, after, count);
  }

  quarantine(node: string, by: Principal, reason: string, until?: number): Promise<FleetNode> {
    return this.#moderating.quarantine(node, by, reason, until);
  }

  release(node: string, by: Principal, reason: string): Promise<FleetNode> {
    return this.#moderating.release(node, by, reason);
  }

  revoke(node: string, by: Principal, reason: string): Promise<FleetNode> {
    return this.#moderating.revoke(node, by, reason);
  }

  override(node: string, by: Principal, reason: string, until: number): Promise<FleetNode> {
    return this.#moderating.override(node, by, reason, until);
  }

  remove(node: string, by: Principal, reason: string): Promise<void> {
    return this.#moderating.remove(node, by, reason);
  }

  async policies(): Promise<readonly PoolPolicy[]> {
    return this.#pools.all();
  }

  activatePolicy(
    pool: string,
    by: Principal,
    file: Uint8Array,
    revocations: readonly Uint8Array[],
  ): Promise<PoolPolicy> {
    return this.#ruling.activate(pool, by, { file, revocations });
  }

  events(after: number, count: number): Promise<readonly FleetEvent[]> {
    return this.#deps.store.events(after, count);
  }

  lastEvent(): Promise<number> {
    return this.#deps.store.lastEvent();
  }

  onEvents(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => {
      this.#listeners.delete(callback);
    };
  }

  async misbehaviour(after: number, count: number) {
    const events = await this.#deps.store.events(after, count, 'node.misbehaved');
    const signed = events.map(async (event) => ({
      seq: event.seq,
      statement: await misbehaviourStatement(this.#deps, event),
    }));
    return Promise.all(signed);
  }

  /** However many events come at once, one look at them. */
  #follow(): void {
    for (const callback of this.#listeners) callback();
    // What comes while the last look is under way may have come behind it.
    this.#isMore = true;
    this.#following ??= this.#catchUp().finally(() => {
      this.#following = undefined;
    });
  }

  async #catchUp(): Promise<void> {
    try {
      while (this.#isMore) {
        this.#isMore = false;
        const events = await this.#deps.store.events(this.#seen, PAGE);
        if (events.some(({ type }) => type.startsWith('policy.'))) await this.#pools.load();
        const last = events.at(-1);
        if (last === undefined) continue;
        this.#seen = last.seq;
        this.#isMore = true;
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // The store calls again once it has its database back.
      this.#deps.observe?.failed(error);
    }
  }

  async *#all(filter: NodeFilter): AsyncGenerator<FleetNode> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#deps.store.nodes(filter, after, PAGE);
      yield* page;
      after = page.at(-1)?.id;
      if (after === undefined) return;
    }
  }
}

const PAGE = 256;
