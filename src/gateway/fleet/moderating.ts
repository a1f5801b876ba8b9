import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import { type Principal, principalName } from '../identity/credential.ts';
import type { FleetDeps } from './deps.ts';
import type { NewEvent } from './event.ts';
import { lookAgain } from './next-look.ts';
import type { Admission, FleetNode } from './node.ts';
import type { Pools } from './pools.ts';
import { ending, eventOf, type Moment, nextOf, withDue } from './step.ts';
import type { FleetChange } from './store.ts';

/** A node is changed by others at the same moment: its decisions, most likely. */
const MOST_ATTEMPTS = 5;
const REASON = { least: 8, most: 500 };

/** What people do to a node, on their own word: each is a leaf of the ledger and an event. */
export class Moderating {
  readonly #deps: FleetDeps;
  readonly #pools: Pools;

  constructor(deps: FleetDeps, pools: Pools) {
    this.#deps = deps;
    this.#pools = pools;
  }

  quarantine(id: string, by: Principal, reason: string, until?: number): Promise<FleetNode> {
    return this.#change(id, by, { action: 'node.quarantine', reason, until }, (node, moment) => {
      if (node.standing.state === 'revoked') throw conflict(node, 'is revoked for good');
      if (until !== undefined && until <= moment.now) {
        throw new Fault('usage', 'until', 'is past');
      }
      const code = 'operator.quarantine';
      const ban = { since: moment.now, code, reason, by: principalName(by) };
      const next = nextOf(node, {
        state: 'quarantined',
        ...ban,
        ...(until !== undefined && { until }),
      });
      return {
        next: withDue(next, until),
        leaves: ending(node, code, moment).leaves,
        event: eventOf('node.quarantined', node, moment.now, {
          code,
          reason,
          ...(until !== undefined && { until }),
        }),
      };
    });
  }

  /** Out of quarantine; it has to be admitted anew. */
  release(id: string, by: Principal, reason: string): Promise<FleetNode> {
    return this.#change(id, by, { action: 'node.release', reason }, (node, { now }) => {
      if (node.standing.state !== 'quarantined') throw conflict(node, 'is not in quarantine');
      const next = nextOf(node, { state: 'lapsed', since: now, code: 'operator.release' });
      return {
        next: withDue(next, node.endpoint === undefined ? undefined : now),
        leaves: [],
        event: eventOf('node.released', node, now, { reason }),
      };
    });
  }

  revoke(id: string, by: Principal, reason: string): Promise<FleetNode> {
    return this.#change(id, by, { action: 'node.revoke', reason }, (node, moment) => {
      if (node.standing.state === 'revoked') throw conflict(node, 'is revoked already');
      const code = 'operator.revoke';
      const { now } = moment;
      const ban = { since: now, code, reason, by: principalName(by) };
      return {
        next: withDue(nextOf(node, { state: 'revoked', ...ban }), undefined),
        leaves: ending(node, code, moment).leaves,
        event: eventOf('node.revoked', node, now, { code, reason }),
      };
    });
  }

  /**
   * Admits a node about which something stayed open, for a while. Over a reject nobody can: what
   * speaks against a machine is no lack of an answer.
   */
  async override(id: string, by: Principal, reason: string, until: number): Promise<FleetNode> {
    const { times: fleetTimes, random } = this.#deps;
    const { overrideMost } = fleetTimes;
    const leafId = this.#leafId();
    return this.#change(
      id,
      by,
      { action: 'node.override', reason, until, leafId },
      (node, moment) => {
        const { last, standing } = node;
        const { now } = moment;
        if (until <= now || until - now > overrideMost) {
          const detail = `want an instant within ${overrideMost / 3_600_000} h from now`;
          throw new Fault('usage', 'until', detail);
        }
        if (standing.state === 'revoked' || standing.state === 'quarantined') {
          throw conflict(node, `is ${standing.state}`);
        }
        if (last?.verdict !== 'indeterminate' || !last.authentic) {
          const was = last === undefined ? 'there is none' : `it was ${last.verdict}`;
          throw conflict(
            node,
            `only a machine whose last evidence was authentic and left something open can be let in so: ${was}`,
          );
        }
        const { stored, times } = this.#pools.serving(node.pool);
        const { evidenceAt } = last;
        if (last.policy !== stored.digest || evidenceAt === undefined) {
          throw conflict(node, 'another policy decides by now: let it show its evidence again');
        }
        if (evidenceAt + times.resultTtl <= now) {
          throw conflict(node, 'its evidence is too old by now: let it show new');
        }
        const admission: Admission = {
          id: moment.leafId(),
          decision: last.id,
          until,
          evidenceAt,
          policy: stored.digest,
          override: leafId,
        };
        const next = nextOf(node, { state: 'admitted', since: now, admission });
        // Who can be asked is asked on: what was open may be answered long before that.
        const isAsked = node.endpoint !== undefined;
        const look = { now, random: random() };
        const dueAt = isAsked ? Math.ceil(lookAgain(next, fleetTimes, 0, look)) : until;
        return {
          next: withDue(next, dueAt),
          under: { pool: node.pool, digest: stored.digest, revocations: stored.revocations.length },
          leaves: [
            {
              v: 1,
              type: 'admission.granted',
              id: admission.id,
              time: now,
              decision: last.id,
              until,
            },
          ],
          event: eventOf('override.granted', node, now, {
            decision: last.id,
            admission: admission.id,
            override: leafId,
            until,
            reason,
          }),
        };
      },
    );
  }

  async remove(id: string, by: Principal, reason: string): Promise<void> {
    const { now, ledger } = this.#deps;
    checkReason(reason);
    const node = await this.#node(id);
    const moment: Moment = { now: now(), leafId: () => this.#leafId() };
    const leaves = [
      overrideLeaf(by, { action: 'node.remove', reason }, moment, this.#leafId()),
      ...ending(node, 'operator.remove', moment).leaves,
    ];
    await ledger.append(leaves.map(entryOf), {
      remove: { id, expected: node.version },
      events: [eventOf('node.removed', node, moment.now, { reason })],
    });
  }

  /** @param make the node's next state, from how it is found; asked again when that has changed. */
  async #change(
    id: string,
    by: Principal,
    act: Act,
    make: (node: FleetNode, moment: Moment) => Made,
  ): Promise<FleetNode> {
    checkReason(act.reason);
    const { now, ledger } = this.#deps;
    for (let attempt = 1; ; attempt++) {
      const node = await this.#node(id);
      const moment: Moment = { now: now(), leafId: () => this.#leafId() };
      const { next, leaves, event, under } = make(node, moment);
      const all = [overrideLeaf(by, act, moment, act.leafId ?? this.#leafId()), ...leaves];
      const change: FleetChange = {
        node: { expected: node.version, next },
        ...(under && { under }),
        events: [event],
      };
      try {
        await ledger.append(all.map(entryOf), change);
        return next;
      } catch (error) {
        const isRaced =
          error instanceof Fault && error.code === 'conflict' && error.at === `nodes[${id}]`;
        if (!isRaced || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  async #node(id: string): Promise<FleetNode> {
    const node = await this.#deps.store.node(id);
    if (node === undefined) throw new Fault('missing', `nodes[${id}]`, 'there is no such node');
    return node;
  }

  #leafId(): string {
    return toHex(this.#deps.randomBytes(16));
  }
}

interface Act {
  /** A word for the ledger. */
  readonly action: string;
  readonly reason: string;
  readonly until?: number | undefined;
  /** Of the override's own leaf, where something refers to it. */
  readonly leafId?: string;
}

interface Made {
  readonly under?: NonNullable<FleetChange['under']>;
  readonly next: FleetNode;
  readonly leaves: readonly Leaf[];
  readonly event: NewEvent;
}

function overrideLeaf(by: Principal, act: Act, { now }: Moment, id: string): Leaf {
  return {
    v: 1,
    type: 'operator.override',
    id,
    time: now,
    operator: digestOf(utf8(`credential ${principalName(by)}`)),
    action: act.action,
    until: act.until ?? now,
    reason: act.reason,
  };
}

function entryOf(leaf: Leaf) {
  return { id: leaf.id, entry: writeLeaf(leaf) };
}

/** For people, on one line: it stands in the ledger for ever. */
function checkReason(reason: string): void {
  const { least, most } = REASON;
  if (reason.length >= least && reason.length <= most && !/[\p{C}\p{Zl}\p{Zp}]/u.test(reason))
    return;
  throw new Fault('usage', 'reason', `want ${least} to ${most} plain characters on one line`);
}

function conflict({ id }: FleetNode, detail: string): Fault {
  return new Fault('conflict', `nodes[${id}].standing`, detail);
}
