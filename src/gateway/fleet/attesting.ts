import { createHash } from 'node:crypto';
import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import { SALT_SIZE, saltedKeyset } from '../../ledger/leaf/salted.ts';
import { captureDecision } from '../../ledger/record/capture.ts';
import { firstSeenLeaves } from '../../ledger/record/first-seen-leaves.ts';
import { hardwareIds } from '../../ledger/record/outcome.ts';
import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { Appraised } from './appraiser.ts';
import type { ChallengeTerms } from './challenge.ts';
import type { ChallengeDesk } from './challenge-desk.ts';
import type { FleetDeps } from './deps.ts';
import { hardwareNames } from './hardware-name.ts';
import { lookAgain, lookAtAdmitted } from './next-look.ts';
import type { Admission, FleetNode, LastDecision } from './node.ts';
import { judge, type Outcome } from './outcome.ts';
import type { Pools, ServingPool } from './pools.ts';
import type { Attestation, AttestationAnswer, IssuedChallenge } from './service.ts';
import { admitted, leftOpen, type Moment, refused, type Step } from './step.ts';
import type { Spent } from './store.ts';

/** Somebody else changed the node, or took its hardware, while it was decided about. */
const MOST_ATTEMPTS = 4;
/** Leaves that the log has are remembered, so that it is not asked for each decision. */
const MOST_MET = 4096;

/** What is decided about, and how it came. */
interface Shown {
  readonly bundle: Uint8Array;
  readonly nonce: Uint8Array;
  readonly purpose: string;
  /** When the challenge was made. */
  readonly evidenceAt: number;
  /** Whether the node's own key signed for it: what comes from its endpoint may be anybody's. */
  readonly by: 'node' | 'anybody';
  readonly spend?: Spent;
}

/** Evidence of nodes, decided about: verified, appraised, recorded, and only then answered. */
export class Attesting {
  readonly #deps: FleetDeps;
  readonly #desk: ChallengeDesk;
  readonly #pools: Pools;
  /** Challenges that are being answered: the same again costs no verification. */
  readonly #answering = new Set<string>();
  readonly #met = new Set<string>();

  constructor(deps: FleetDeps, desk: ChallengeDesk, pools: Pools) {
    this.#deps = deps;
    this.#desk = desk;
    this.#pools = pools;
  }

  async challenge(id: string): Promise<IssuedChallenge> {
    const node = await this.#open(id);
    const issued = await this.#desk.issue(this.#terms(node.id));
    const { nonceTtl } = this.#pools.serving(node.pool).times;
    const { now } = this.#deps;
    return { ...issued, expiresAt: Math.min(issued.expiresAt, now() + nonceTtl) };
  }

  /** What a node sent in. */
  attest(id: string, attestation: Attestation): Promise<AttestationAnswer> {
    return this.#attest(id, attestation, 'node');
  }

  async #attest(
    id: string,
    { nonce, bundle }: Attestation,
    by: Shown['by'],
  ): Promise<AttestationAnswer> {
    const node = await this.#open(id);
    const terms = this.#terms(id);
    const madeAt = await this.#desk.check(nonce, terms);
    const { nonceTtl } = this.#pools.serving(node.pool).times;
    const age = this.#deps.now() - madeAt;
    if (age > nonceTtl) {
      const detail = `was made ${Math.ceil(age / 1000)} s ago, and the policy wants it answered within ${nonceTtl / 1000} s`;
      throw new Fault('usage', 'nonce', detail);
    }
    const { challengeTtl, clockSkew } = this.#deps.times;
    const digest = createHash('sha256').update(nonce).digest('hex');
    if (this.#answering.has(digest)) throw answered();
    this.#answering.add(digest);
    try {
      const spend = { digest, until: madeAt + challengeTtl + 2 * clockSkew };
      const { purpose } = terms;
      return await this.#decide(id, { bundle, nonce, purpose, evidenceAt: madeAt, by, spend });
    } finally {
      this.#answering.delete(digest);
    }
  }

  /** Asks a node at its endpoint; what it answers is decided about like what it sends in. */
  async call(id: string): Promise<AttestationAnswer> {
    const { endpoint } = await this.#open(id);
    if (endpoint === undefined) {
      throw new Fault('usage', 'node.endpoint', 'it has none: it comes by itself');
    }
    const { nonce, purpose } = await this.challenge(id);
    const bundle = await this.#deps.caller.call(endpoint, { nonce, purpose });
    return this.#attest(id, { nonce, bundle }, 'anybody');
  }

  /**
   * The evidence of its admission once more, by the policy and the endorsements of now.
   *
   * @returns undefined where that evidence is too old to count, or forgotten.
   */
  async again(id: string): Promise<AttestationAnswer | undefined> {
    const { standing, pool } = await this.#open(id);
    if (standing.state !== 'admitted') return undefined;
    const { decision, evidenceAt } = standing.admission;
    if (evidenceAt + this.#pools.serving(pool).times.resultTtl <= this.#deps.now())
      return undefined;
    const past = await this.#deps.past.evidenceOf(decision);
    return past && this.#decide(id, { ...past, evidenceAt, by: 'node' });
  }

  /** @throws Fault `missing`, or `conflict` for one that was put out. */
  async #open(id: string): Promise<FleetNode> {
    const node = await this.#deps.store.node(id);
    if (node === undefined) throw new Fault('missing', `nodes[${id}]`, 'there is no such node');
    const { standing } = node;
    if (standing.state === 'revoked' || standing.state === 'quarantined') {
      throw new Fault('conflict', `nodes[${id}]`, `is ${standing.state}: ${standing.code}`);
    }
    return node;
  }

  #terms(node: string): ChallengeTerms {
    const { gateway } = this.#deps;
    return { gateway, purpose: `admission:${gateway}`, node };
  }

  async #decide(id: string, shown: Shown): Promise<AttestationAnswer> {
    const { appraiser, now, observe } = this.#deps;
    let known:
      | { readonly policy: string; readonly appraised: Appraised; readonly at: number }
      | undefined;
    for (let attempt = 1; ; attempt++) {
      const node = await this.#open(id);
      const pool = this.#pools.serving(node.pool);
      // The policy of the moment of the decision counts, not that of the request.
      if (known?.policy !== pool.stored.digest) {
        const at = now();
        const { bundle, nonce, purpose } = shown;
        const expected = { nonce, purpose };
        const appraised = await appraiser.appraise({ bundle, expected, policy: pool.used, at });
        known = { policy: pool.stored.digest, appraised, at };
        const { verdict, reasons } = appraised.appraisal;
        observe?.decided({
          verdict,
          codes: reasons.map(({ code }) => code),
          cpu: node.declared.cpu,
          ms: now() - at,
        });
        if (this.#pools.serving(node.pool).stored.digest !== known.policy) continue;
      }
      try {
        return await this.#putDown(node, pool, known.appraised, shown, known.at);
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
        if (error.at === 'spent') throw answered(error);
        if (attempt === MOST_ATTEMPTS) throw error;
        if (error.at.startsWith('pools[')) await this.#pools.load();
      }
    }
  }

  async #putDown(
    node: FleetNode,
    pool: ServingPool,
    { input, verified, appraisal, result }: Appraised,
    shown: Shown,
    decidedAt: number,
  ): Promise<AttestationAnswer> {
    const { store, ledger, randomBytes, times, tokens, hardwareKey } = this.#deps;
    const now = this.#deps.now();
    const moment: Moment = { now, leafId: () => toHex(randomBytes(16)) };
    const hardware = hardwareNames(hardwareKey, hardwareIds(verified));
    const outcome = judge(
      node,
      {
        appraisal,
        verified,
        hardware,
        owners: await store.ownersOf(hardware),
        evidenceAt: shown.evidenceAt,
        resultTtl: Math.min(pool.times.resultTtl, times.admissionMost),
        identity: pool.identity,
      },
      now,
    );
    const id = moment.leafId();
    const salt = randomBytes(SALT_SIZE);
    const about = { appraisal, bundle: shown.bundle, decision: id, node: node.id };
    const token =
      outcome.is === 'admitted'
        ? await tokens.token({ ...about, issuedAt: decidedAt, until: outcome.until })
        : undefined;
    const captured = captureDecision({
      id,
      time: now,
      engine: ledger.engine,
      salt,
      input,
      verified,
      result,
      decided: { policy: pool.used, appraisal },
      ...(token !== undefined && { ear: utf8(token) }),
    });
    const { verdict, authentic, codes } = captured.leaf;
    const decision: LastDecision = {
      id,
      at: decidedAt,
      verdict,
      authentic,
      codes,
      evidenceAt: shown.evidenceAt,
      policy: pool.stored.digest,
    };
    const step = this.#step(
      node,
      pool,
      { outcome, decision, appraisal, hardware, shown, salt },
      moment,
    );
    await this.#meet(appraisal, now);
    const blobs = [{ digest: captured.record, bytes: captured.manifest }, ...captured.blobs];
    const entry: NewEntry = {
      id,
      entry: captured.entry,
      record: {
        at: now,
        manifest: captured.record,
        uses: blobs.map(({ digest }) => digest),
      },
      blobs,
    };
    const [receipt] = await ledger.append(
      [entry, ...step.leaves.map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) }))],
      {
        node: { expected: node.version, next: step.next },
        decision: { id, node: node.id },
        under: {
          pool: pool.name,
          digest: pool.stored.digest,
          revocations: pool.stored.revocations.length,
        },
        ...(shown.spend && { spend: shown.spend }),
        events: step.events,
      },
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

  #step(
    node: FleetNode,
    pool: ServingPool,
    made: {
      readonly outcome: Outcome;
      readonly decision: LastDecision;
      readonly appraisal: Appraisal;
      readonly hardware: readonly string[];
      readonly shown: Shown;
      readonly salt: Uint8Array;
    },
    moment: Moment,
  ): Step {
    const { outcome, decision, appraisal, hardware, shown, salt } = made;
    const { random, times } = this.#deps;
    const look = { now: moment.now, random: random() };
    const resultTtl = Math.min(pool.times.resultTtl, times.admissionMost);
    if (outcome.is === 'admitted') {
      const keyset = appraisal.binding?.keyset;
      const { evidenceAt } = shown;
      const admission: Admission = {
        id: moment.leafId(),
        decision: decision.id,
        until: outcome.until,
        evidenceAt,
        policy: appraisal.policy.digest,
        ...(appraisal.policy.referenceSet !== undefined && {
          referenceSet: appraisal.policy.referenceSet,
        }),
        ...(keyset && { keyset: toHex(keyset.sha384) }),
      };
      const dueAt = Math.ceil(lookAtAdmitted(node, admission, { ...pool.times, resultTtl }, look));
      const binding = keyset && { salted: saltedKeyset(salt, keyset.sha384) };
      return admitted(
        node,
        { admission, hardware, decision, dueAt, ...(binding && { keyset: binding }) },
        moment,
      );
    }
    const again = Math.ceil(lookAgain(node, times, pool.times.reattestGrace, look));
    const { reasons } = outcome;
    // Evidence that proves nothing, shown by nobody knows whom, speaks against no machine.
    const isNobodys =
      shown.by === 'anybody' && outcome.is === 'refused' && isUnproven(appraisal, outcome);
    if (outcome.is === 'refused' && !isNobodys) {
      const { misbehaviour } = outcome;
      return refused(
        node,
        {
          decision,
          reasons,
          ...(misbehaviour !== undefined && { misbehaviour }),
          ...(node.endpoint !== undefined && { dueAt: again }),
        },
        moment,
      );
    }
    // One that comes by itself does so; what it has runs out by itself, and somebody has to look.
    const comes = node.endpoint === undefined && node.standing.state !== 'admitted';
    return leftOpen(node, { decision, reasons, ...(!comes && { dueAt: again }) }, moment);
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

/** Not authentic, or about another challenge: whoever stands between could have sent it. */
function isUnproven({ authentic }: Appraisal, outcome: Outcome & { is: 'refused' }): boolean {
  return !authentic || outcome.misbehaviour?.startsWith('evidence.') === true;
}

const VERDICT_OF = { admitted: 'accept', refused: 'reject', open: 'indeterminate' } as const;

function answered(cause?: Fault): Fault {
  const detail = 'was answered before: each challenge is good for one answer';
  return new Fault('usage', 'nonce', detail, cause && { cause });
}
