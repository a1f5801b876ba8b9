import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import type { Attesting } from './attesting.ts';
import type { FleetDeps } from './deps.ts';
import type { NewEvent } from './event.ts';
import { lookAgain } from './next-look.ts';
import type { FleetNode } from './node.ts';
import type { PoolTimes } from './pool.ts';
import type { Pools } from './pools.ts';
import { eventOf, lapsed, type Moment, nextOf, type Step, withDue } from './step.ts';

/** Looked at at the same moment: evidence of so many is on its way, or being verified. */
const AT_ONCE = 8;
const MOST_TAKEN = 16;
/** Sentences of what is behind; a platform has sixteen components. */
const MOST_SENTENCES = 16;

/** Keeps looking: whoever is due is called, looked at again, or let go. */
export class Keeping {
  readonly #deps: FleetDeps;
  readonly #attesting: Attesting;
  readonly #pools: Pools;

  constructor(deps: FleetDeps, attesting: Attesting, pools: Pools) {
    this.#deps = deps;
    this.#attesting = attesting;
    this.#pools = pools;
  }

  /**
   * Looks at those who are due, however many there are. What goes wrong with one is that one's.
   *
   * @param isOver asked between two nodes.
   * @returns how many it looked at.
   */
  async round(isOver: () => boolean): Promise<number> {
    const { store, now, times, observe } = this.#deps;
    let looked = 0;
    while (!isOver()) {
      const at = now();
      const due = await store.takeDue(at, at + times.claim, MOST_TAKEN);
      const [first] = due;
      observe?.lag(Math.max(0, ...due.map(({ dueAt = at }) => at - dueAt)));
      if (first === undefined) return looked;
      const queue = [...due];
      const turns = Array.from({ length: AT_ONCE }, async () => {
        for (let node = queue.shift(); node !== undefined && !isOver(); node = queue.shift()) {
          await this.#look(node);
          looked++;
        }
      });
      await Promise.all(turns);
    }
    return looked;
  }

  /** Tells operators what is to come for machines that are in order now. */
  async forecast(node: FleetNode): Promise<void> {
    const { forecast, past, store, now } = this.#deps;
    if (forecast === undefined || node.standing.state !== 'admitted') return;
    const evidence = await past.evidenceOf(node.standing.admission.decision);
    const coming = evidence && (await forecast(evidence.bundle));
    if (coming === undefined) return;
    const { status, behind } = coming;
    const data = { code: 'tcb.early', status, behind: behind.slice(0, MOST_SENTENCES) };
    await store.apply({ events: [eventOf('node.warned', node, now(), data)] });
  }

  async #look(node: FleetNode): Promise<void> {
    try {
      await this.#lookAt(node);
    } catch (error) {
      // Somebody else changed it meanwhile, or nothing can be decided now: its claim runs out, and
      // it is looked at again then. A bug of ours must not stop the rounds either.
      const fault =
        error instanceof Fault
          ? error
          : new Fault('internal', 'fleet', String(error), { cause: error });
      this.#deps.observe?.failed(fault);
    }
  }

  async #lookAt(node: FleetNode): Promise<void> {
    const { now } = this.#deps;
    const { standing, endpoint } = node;
    if (standing.state === 'revoked') return this.#apply(node, plain(withDue(node, undefined)));
    if (standing.state === 'quarantined') {
      const isOver = standing.until !== undefined && standing.until <= now();
      if (!isOver) return this.#apply(node, plain(withDue(node, standing.until)));
      return this.#release(node);
    }
    if (standing.state !== 'admitted') {
      return endpoint === undefined
        ? this.#apply(node, plain(withDue(node, undefined)))
        : this.#call(node);
    }
    const times = this.#timesOf(node);
    if (times === undefined) {
      // A pool that another gateway knows is that one's to look after.
      if (this.#pools.isRevoked(node.pool)) await this.#letGo(node, 'policy.revoked');
      return;
    }
    const { admission } = standing;
    if (now() >= admission.until + times.reattestGrace)
      return this.#letGo(node, 'admission.expired');
    const isOtherPolicy = admission.policy !== this.#pools.serving(node.pool).stored.digest;
    if (endpoint !== undefined && !isOtherPolicy) return this.#call(node);
    const answer = await this.#attesting.again(node.id);
    const isOpen = answer?.verdict === 'indeterminate' && isOtherPolicy;
    if (answer !== undefined && !isOpen) return;
    // Its evidence is too old to be asked once more: what it has, it keeps to its end.
    if (!isOtherPolicy) {
      return this.#apply(node, plain(withDue(node, admission.until + times.reattestGrace)));
    }
    const current = isOpen ? await this.#deps.store.node(node.id) : node;
    if (current === undefined || current.standing.state !== 'admitted') return;
    if (endpoint !== undefined) return this.#call(current);
    return this.#letGo(current, 'policy.changed');
  }

  async #call(node: FleetNode): Promise<void> {
    try {
      await this.#attesting.call(node.id);
    } catch (error) {
      if (!(error instanceof Fault) || !isTheirs(error)) throw error;
      await this.#missed(node, error);
    }
  }

  /** It did not answer, or not with evidence; what it has, it keeps to its end. */
  async #missed(node: FleetNode, { code, at }: Fault): Promise<void> {
    const { random, times, now } = this.#deps;
    const grace = this.#timesOf(node)?.reattestGrace ?? 0;
    const dueAt = Math.ceil(lookAgain(node, times, grace, { now: now(), random: random() }));
    const failures = node.failures + 1;
    const next = withDue({ ...node, version: node.version + 1, failures }, dueAt);
    const isSilent = code === 'unreachable' || at === 'nonce';
    const says = { code: isSilent ? 'endpoint.unreachable' : 'endpoint.answer', failures };
    const isNews = node.standing.state === 'admitted' && node.failures === 0;
    const events = isNews ? [eventOf('node.warned', node, now(), says)] : [];
    await this.#apply(node, { next, leaves: [], events });
  }

  async #release(node: FleetNode): Promise<void> {
    const { now } = this.#deps;
    const at = now();
    const next = nextOf(node, { state: 'lapsed', since: at, code: 'quarantine.over' });
    await this.#apply(node, {
      next: withDue(next, node.endpoint === undefined ? undefined : at),
      leaves: [],
      events: [eventOf('node.released', node, at, { reason: 'the quarantine was until now' })],
    });
  }

  async #letGo(node: FleetNode, code: string): Promise<void> {
    const { now, random, times } = this.#deps;
    const moment: Moment = { now: now(), leafId: () => toHex(this.#deps.randomBytes(16)) };
    const step = lapsed(node, code, moment);
    const look = { now: moment.now, random: random() };
    const dueAt =
      node.endpoint === undefined ? undefined : Math.ceil(lookAgain(step.next, times, 0, look));
    await this.#apply(node, { ...step, next: withDue(step.next, dueAt) });
  }

  #timesOf(node: FleetNode): PoolTimes | undefined {
    try {
      return this.#pools.serving(node.pool).times;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return undefined;
      throw error;
    }
  }

  /** Of two who look at one node, the second finds it changed, and leaves it. */
  async #apply(node: FleetNode, { next, leaves, events }: Step): Promise<void> {
    const { ledger, store } = this.#deps;
    const change = { node: { expected: node.version, next }, events };
    if (leaves.length === 0) return store.apply(change);
    await ledger.append(
      leaves.map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) })),
      change,
    );
  }
}

/**
 * No answer, an answer that is no evidence, or one that came too late for its challenge. What is
 * ours to answer for, a full queue or a ledger that is away, is no fault of the node's.
 */
function isTheirs({ code, at }: Fault): boolean {
  return at === 'endpoint' || at === 'nonce' || code === 'malformed' || code === 'unsupported';
}

/** A change that nobody is told of. */
function plain(next: FleetNode): Step {
  const events: readonly NewEvent[] = [];
  return { next: { ...next, version: next.version + 1 }, leaves: [], events };
}
