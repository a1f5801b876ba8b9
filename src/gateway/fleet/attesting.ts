import { createHash } from 'node:crypto';
import { Fault } from '../../core/fault.ts';
import type { ChallengeTerms } from './challenge.ts';
import type { ChallengeDesk } from './challenge-desk.ts';
import type { FleetDeps } from './deps.ts';
import { patience } from './next-look.ts';
import type { FleetNode } from './node.ts';
import type { ServingPool } from './pool.ts';
import type { Pools } from './pools.ts';
import { type Found, Recording, type Shown } from './recording.ts';
import type { Attestation, AttestationAnswer, IssuedChallenge } from './service.ts';

/** Somebody else changed the node, or took its hardware, while it was decided about. */
const MOST_ATTEMPTS = 4;

/** Evidence of nodes, decided about: verified, appraised, recorded, and only then answered. */
export class Attesting {
  readonly #deps: FleetDeps;
  readonly #desk: ChallengeDesk;
  readonly #pools: Pools;
  readonly #recording: Recording;
  /** Challenges that are being answered: the same again costs no verification. */
  readonly #answering = new Set<string>();

  constructor(deps: FleetDeps, desk: ChallengeDesk, pools: Pools) {
    this.#deps = deps;
    this.#desk = desk;
    this.#pools = pools;
    this.#recording = new Recording(deps);
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
    if (by === 'node') this.#wantPatience(node);
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
    return past && this.#decide(id, { ...past, evidenceAt, by: 'node', before: decision });
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

  /** Each attempt costs a verification, and a place in the archive for good. */
  #wantPatience({ id, pool, failures, last }: FleetNode): void {
    const { times, now } = this.#deps;
    // Another policy decides by now: what it says of the machine nobody knows yet.
    if (last === undefined || last.policy !== this.#pools.serving(pool).stored.digest) return;
    // Whoever answers at its endpoint must not keep it from showing itself.
    if (last.by === 'anybody') return;
    const from = last.at + patience(failures, last.verdict, times);
    if (now() >= from) return;
    const detail = `came to nothing ${failures} times: come again in ${Math.ceil((from - now()) / 1000)} s`;
    throw new Fault('too-soon', `nodes[${id}].failures`, detail);
  }

  #terms(node: string): ChallengeTerms {
    const { gateway } = this.#deps;
    return { gateway, purpose: `admission:${gateway}`, node };
  }

  async #decide(id: string, shown: Shown): Promise<AttestationAnswer> {
    let known: (Found & { readonly policy: string }) | undefined;
    for (let attempt = 1; ; attempt++) {
      const node = await this.#open(id);
      wantRestsOn(node, shown.before);
      // The policy of the moment of the decision counts, not that of the request.
      const pool = this.#pools.serving(node.pool);
      const policy = pool.stored.digest;
      if (known?.policy !== policy) {
        known = { policy, ...(await this.#appraise(node, pool, shown)) };
        if (this.#pools.serving(node.pool).stored.digest !== policy) continue;
      }
      try {
        return await this.#recording.put(node, pool, shown, known);
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
        if (error.at === 'spent') throw answered(error);
        if (attempt >= MOST_ATTEMPTS) throw error;
        if (error.at.startsWith('pools[')) await this.#pools.load();
      }
    }
  }

  async #appraise({ declared }: FleetNode, pool: ServingPool, shown: Shown): Promise<Found> {
    const { appraiser, now, observe } = this.#deps;
    const at = now();
    const { bundle, nonce, purpose } = shown;
    const expected = { nonce, purpose };
    const appraised = await appraiser.appraise({ bundle, expected, policy: pool.used, at });
    const { verdict, reasons } = appraised.appraisal;
    const codes = reasons.map(({ code }) => code);
    observe?.decided({ verdict, codes, cpu: declared.cpu, ms: now() - at });
    return { appraised, at };
  }
}

/** What was let in by newer evidence, or put out since, is not decided about by older. */
function wantRestsOn({ id, standing }: FleetNode, decision: string | undefined): void {
  if (decision === undefined) return;
  if (standing.state === 'admitted' && standing.admission.decision === decision) return;
  throw new Fault('conflict', `nodes[${id}]`, 'was decided about anew meanwhile');
}

function answered(cause?: Fault): Fault {
  const detail = 'was answered before: each challenge is good for one answer';
  return new Fault('usage', 'nonce', detail, cause && { cause });
}
