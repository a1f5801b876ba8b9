import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import { SALT_SIZE } from '../../ledger/leaf/salted.ts';
import { type CapturedDecision, captureDecision } from '../../ledger/record/capture.ts';
import { firstSeenLeaves } from '../../ledger/record/first-seen-leaves.ts';
import { hardwareIds } from '../../ledger/record/outcome.ts';
import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { Appraised } from './appraiser.ts';
import { type Decided, stepAfter } from './decided-step.ts';
import type { FleetDeps } from './deps.ts';
import { hardwareNames } from './hardware-name.ts';
import type { FleetNode, LastDecision } from './node.ts';
import { judge, type Outcome } from './outcome.ts';
import type { ServingPool } from './pool.ts';
import type { AttestationAnswer } from './service.ts';
import type { Moment, Step } from './step.ts';
import type { FleetChange, Spent } from './store.ts';

/** What is decided about, and how it came. */
export interface Shown extends Pick<Decided, 'evidenceAt' | 'by'> {
  readonly bundle: Uint8Array;
  readonly nonce: Uint8Array;
  readonly purpose: string;
  readonly spend?: Spent;
  /** Of evidence that is looked at once more: the decision by which the node is admitted. */
  readonly before?: string;
}

/** What came of appraising it, and when that was. */
export interface Found {
  readonly appraised: Appraised;
  readonly at: number;
}

/** Leaves that the log has are remembered, so that it is not asked for each decision. */
const MOST_MET = 4096;

/** Decides what an appraisal means for a node, and answers once that is written down for good. */
export class Recording {
  readonly #deps: FleetDeps;
  readonly #met = new Set<string>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  /** @throws Fault as the ledger's `append` does, `conflict` where something has changed meanwhile. */
  async put(
    node: FleetNode,
    pool: ServingPool,
    shown: Shown,
    { appraised, at }: Found,
  ): Promise<AttestationAnswer> {
    const { ledger, randomBytes, random, times } = this.#deps;
    const { appraisal } = appraised;
    const moment: Moment = { now: this.#deps.now(), leafId: () => toHex(randomBytes(16)) };
    const resultTtl = Math.min(pool.times.resultTtl, times.admissionMost);
    const { hardware, outcome } = await this.#judge(
      node,
      { identity: pool.identity, appraised, shown, resultTtl },
      moment,
    );
    const id = moment.leafId();
    const salt = randomBytes(SALT_SIZE);
    const token = await this.#token(outcome, { appraisal, shown, id, node: node.id, at });
    const captured = captureDecision({
      id,
      time: moment.now,
      engine: ledger.engine,
      salt,
      input: appraised.input,
      verified: appraised.verified,
      result: appraised.result,
      decided: { policy: pool.used, appraisal },
      ...(token !== undefined && { ear: utf8(token) }),
    });
    const { verdict, authentic, codes } = captured.leaf;
    const { evidenceAt, by } = shown;
    const policy = pool.stored.digest;
    const decision: LastDecision = {
      ...{ id, at, verdict, authentic, codes, evidenceAt, policy },
      ...(by === 'anybody' && { by }),
    };
    const step = stepAfter(
      node,
      {
        ...{ outcome, decision, appraisal, hardware, evidenceAt, by, salt },
        times: { ...times, ...pool.times, resultTtl },
        random: random(),
      },
      moment,
    );
    await this.#meet(appraisal, moment.now);
    const [receipt] = await ledger.append(
      [
        entryOf(captured, moment.now),
        ...step.leaves.map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) })),
      ],
      changeOf(node, pool, step, { decision: id, spend: shown.spend }),
    );
    if (receipt === undefined) throw new Fault('internal', 'ledger', 'gave no receipt');
    const { index, head } = receipt;
    return {
      decision: id,
      verdict: VERDICT_OF[outcome.is],
      authentic,
      reasons: outcome.is === 'admitted' ? [] : outcome.reasons,
      ...(appraisal.nearest && { nearest: appraisal.nearest }),
      warnings: appraisal.warnings,
      node: step.next,
      ...(token !== undefined && { token }),
      leaf: { origin: ledger.origin, index, size: head.size },
      ...(outcome.is === 'open' && { retryAfter: times.retry }),
    };
  }

  async #judge(
    node: FleetNode,
    about: Pick<ServingPool, 'identity'> & {
      readonly appraised: Appraised;
      readonly shown: Shown;
      readonly resultTtl: number;
    },
    { now }: Moment,
  ): Promise<{ readonly hardware: readonly string[]; readonly outcome: Outcome }> {
    const { store, hardwareKey } = this.#deps;
    const { identity, appraised, shown, resultTtl } = about;
    const { appraisal, verified } = appraised;
    const hardware = hardwareNames(hardwareKey, hardwareIds(verified));
    const owners = await store.ownersOf(hardware);
    const { evidenceAt } = shown;
    const facts = { appraisal, verified, hardware, owners, evidenceAt, resultTtl, identity };
    return { hardware, outcome: judge(node, facts, now) };
  }

  async #token(
    outcome: Outcome,
    about: {
      readonly appraisal: Appraisal;
      readonly shown: Shown;
      readonly id: string;
      readonly node: string;
      readonly at: number;
    },
  ): Promise<string | undefined> {
    if (outcome.is !== 'admitted') return undefined;
    const { appraisal, shown, id, node, at } = about;
    const { bundle } = shown;
    const { until } = outcome;
    return this.#deps.tokens.token({ appraisal, bundle, decision: id, node, issuedAt: at, until });
  }

  /** What the log says once of a policy and of endorsements; that it does is no part of a decision. */
  async #meet(appraisal: Appraisal, now: number): Promise<void> {
    const fresh = firstSeenLeaves(appraisal, now).filter(({ id }) => !this.#met.has(id));
    if (fresh.length === 0) return;
    await this.#deps.ledger.appendOnce(
      fresh.map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) })),
    );
    if (this.#met.size > MOST_MET) this.#met.clear();
    for (const { id } of fresh) this.#met.add(id);
  }
}

const VERDICT_OF = { admitted: 'accept', refused: 'reject', open: 'indeterminate' } as const;

function entryOf({ leaf, entry, record, manifest, blobs }: CapturedDecision, at: number): NewEntry {
  const all = [{ digest: record, bytes: manifest }, ...blobs];
  const uses = all.map(({ digest }) => digest);
  return { id: leaf.id, entry, record: { at, manifest: record, uses }, blobs: all };
}

function changeOf(
  node: FleetNode,
  pool: ServingPool,
  { next, events }: Step,
  { decision, spend }: { readonly decision: string; readonly spend: Spent | undefined },
): FleetChange {
  const { digest, revocations } = pool.stored;
  return {
    node: { expected: node.version, next },
    decision: { id: decision, node: node.id },
    under: { pool: pool.name, digest, revocations: revocations.length },
    ...(spend && { spend }),
    events,
  };
}
