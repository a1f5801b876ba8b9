import type { Candidate, Candidates } from '../protocol/session/candidates.ts';
import { asPosternError, atStage } from './at-stage.ts';
import { askCandidates, pickByWeight } from './candidates.ts';
import { PosternError } from './errors.ts';
import { notYetFound } from './found.ts';
import type { Credential } from './gateway.ts';
import type { Target } from './postern.ts';
import { verifyMachine } from './verify-machine.ts';
import type { Proposal, VerifiedMachine, VerifyingDeps } from './verifying.ts';
import type { NodeView } from './view.ts';

/** How long a gateway's proposals are gone by: one that is revoked is proposed no more. */
const PROPOSED_FOR = 30_000;
/** Machines that are looked at before one request fails. */
const MOST_LOOKS = 3;
/** Of its life, the part at the end in which a machine is verified anew beside its use. */
const LAST_PART = 1 / 4;
/**
 * Milliseconds: a machine has new keys in force a moment after the gateway has proposed them. Each
 * time it is asked for evidence anew.
 */
const AGAIN_AFTER = [0, 100, 400] as const;
/** Views that are kept, for machines that come and go. */
const MOST_VIEWS = 64;

export interface MachinesDeps extends VerifyingDeps {
  readonly region: string | undefined;
  readonly pause: (ms: number) => Promise<void>;
}

/** The machines of a gateway, as far as they were verified: each look is shared and kept a while. */
export class Machines {
  readonly #deps: MachinesDeps;
  readonly #proposed = new Map<string, { readonly at: number; readonly said: Candidates }>();
  readonly #verified = new Map<string, VerifiedMachine>();
  readonly #looks = new Map<string, Promise<VerifiedMachine>>();
  readonly #views = new Map<string, NodeView>();

  constructor(deps: MachinesDeps) {
    this.#deps = deps;
  }

  /** Looked at so far, the last one first. */
  views(): readonly NodeView[] {
    const now = this.#deps.now();
    const views = [...this.#views.values()].map((view) =>
      view.until !== undefined && view.until <= now && view.state === 'verified'
        ? { ...view, state: 'expired' as const }
        : view,
    );
    return views.toReversed();
  }

  /** Pools that machines were proposed of. */
  pools(): readonly string[] {
    return [...new Set([...this.#proposed.values()].map(({ said }) => said.pool))];
  }

  /**
   * A machine to seal for, by the gateway's weights among those that are verified already; where none
   * is, one is verified.
   *
   * @param without nodes that are not wanted.
   * @throws PosternError of the first that failed, where all that were tried did.
   */
  async pick(
    target: Target,
    credential: Credential,
    without: ReadonlySet<string> = new Set(),
  ): Promise<VerifiedMachine> {
    const { pool, wanted } = await this.#proposeWithout(target, credential, without);
    const known = wanted.filter(({ node }) => this.#alive(node) !== undefined);
    const chosen = pickByWeight(known, this.#chance());
    const machine = chosen && this.#alive(chosen.node);
    if (chosen === undefined || machine === undefined)
      return this.#first(target, { pool, wanted }, credential);
    this.#renew({ pool, candidate: chosen, credential }, machine);
    return inPool(machine, pool);
  }

  /** Its keys are not those that its evidence said: nothing more is sealed with them. */
  drop({ node, keyset }: VerifiedMachine): void {
    if (this.#verified.get(node)?.keyset === keyset) this.#verified.delete(node);
    this.#proposed.clear();
  }

  /** Where those of a while ago are all unwanted, there may be others by now. */
  async #proposeWithout(target: Target, credential: Credential, without: ReadonlySet<string>) {
    const isWanted = ({ node }: Candidate) => !without.has(node);
    let said = await this.#propose(target, credential);
    if (without.size > 0 && !said.candidates.some(isWanted)) {
      this.#proposed.delete(JSON.stringify(target));
      said = await this.#propose(target, credential);
    }
    return { pool: said.pool, wanted: said.candidates.filter(isWanted) };
  }

  async #propose(target: Target, credential: Credential): Promise<Candidates> {
    const { gateway, region, now, log } = this.#deps;
    const key = JSON.stringify(target);
    const before = this.#proposed.get(key);
    const at = now();
    // A clock that was turned back makes nobody's time longer.
    if (before && before.at <= at && at - before.at < PROPOSED_FOR) return before.said;
    const said = await atStage('candidates', 'the candidates', {}, () =>
      askCandidates(gateway, target, region, credential),
    );
    if (said.candidates.length === 0) {
      throw new PosternError('candidates.none', `nobody serves ${key} at the moment`);
    }
    const { origin } = said.ledger;
    if (log && origin !== log.trust.origin) {
      const want = log.trust.origin;
      throw new PosternError('candidates.ledger', `want machines in ${want}, got ${origin}`);
    }
    this.#proposed.set(key, { at: now(), said });
    return said;
  }

  async #first(
    target: Target,
    { pool, wanted }: { readonly pool: string; readonly wanted: readonly Candidate[] },
    credential: Credential,
  ): Promise<VerifiedMachine> {
    const failures: unknown[] = [];
    let left = wanted;
    while (failures.length < MOST_LOOKS) {
      const candidate = pickByWeight(left, this.#chance());
      if (candidate === undefined) break;
      try {
        return inPool(await this.#look({ pool, candidate, credential }, target), pool);
      } catch (error) {
        failures.push(error);
        left = left.filter(({ node }) => node !== candidate.node);
      }
    }
    const [first] = failures;
    if (first !== undefined) throw first;
    throw new PosternError('candidates.none', 'none is left of the machines that were proposed');
  }

  /** One look at a machine at a time, whoever waits for it. */
  #look(proposal: Proposal, target: Target): Promise<VerifiedMachine> {
    const { node } = proposal.candidate;
    const under = this.#looks.get(node);
    if (under) return under;
    const look = this.#lookAgain(proposal, target).finally(() => this.#looks.delete(node));
    this.#looks.set(node, look);
    return look;
  }

  /** A machine that made new keys between proposal and evidence is proposed anew, a few times. */
  async #lookAgain(
    proposal: Proposal,
    target: Target,
    [pause, ...pauses]: readonly number[] = AGAIN_AFTER,
  ): Promise<VerifiedMachine> {
    try {
      return await this.#verify(proposal);
    } catch (error) {
      const isRotated = error instanceof PosternError && error.code === 'ledger.rotated';
      if (!isRotated || pause === undefined) throw error;
      if (pause > 0) await this.#deps.pause(pause);
      this.#proposed.delete(JSON.stringify(target));
      const { pool, candidates } = await this.#propose(target, proposal.credential);
      const again = candidates.find(({ node }) => node === proposal.candidate.node);
      if (again === undefined) throw error;
      return this.#lookAgain({ ...proposal, pool, candidate: again }, target, pauses);
    }
  }

  async #verify(proposal: Proposal): Promise<VerifiedMachine> {
    const found = notYetFound(proposal, this.#deps);
    const { node } = found;
    try {
      const machine = await verifyMachine(this.#deps, proposal, found);
      this.#verified.set(node, machine);
      this.#show(machine.view);
      return machine;
    } catch (error) {
      const said = asPosternError('evidence', `the verification of ${node}`, { node }, error);
      if (said instanceof PosternError) {
        this.#show({ ...found, state: 'failed', error: said });
        this.#heed(said, node);
      }
      throw said;
    }
  }

  /** What was found before stands until it ends, unless this says otherwise: what is open does not. */
  #heed({ code, checks }: PosternError, node: string): void {
    // Of a log that says two things nobody knows what it showed of any machine.
    if (code === 'ledger.fork') this.#verified.clear();
    else if (code === 'appraisal.reject' || checks.some(({ outcome }) => outcome === 'fail')) {
      this.#verified.delete(node);
    }
  }

  #show(view: NodeView): void {
    this.#views.delete(view.node);
    this.#views.set(view.node, view);
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= MOST_VIEWS) break;
      this.#views.delete(oldest);
    }
  }

  #alive(node: string): VerifiedMachine | undefined {
    const machine = this.#verified.get(node);
    const now = this.#deps.now();
    return machine && machine.view.checkedAt <= now && now < machine.until ? machine : undefined;
  }

  /** Before its time is over, so that no request has to wait; who fails is tried again by the next. */
  #renew(proposal: Proposal, { until, view }: VerifiedMachine): void {
    const left = until - this.#deps.now();
    if (left > (until - view.checkedAt) * LAST_PART) return;
    this.#look(proposal, { pool: proposal.pool }).catch(() => undefined);
  }

  /** At least 0 and below 1. */
  #chance(): number {
    const [a = 0, b = 0, c = 0] = this.#deps.randomBytes(3);
    return (a * 65_536 + b * 256 + c) / 2 ** 24;
  }
}

/** A machine may be in several pools: it is asked for in the one that it was chosen from. */
function inPool(machine: VerifiedMachine, pool: string): VerifiedMachine {
  return machine.pool === pool ? machine : { ...machine, pool };
}
