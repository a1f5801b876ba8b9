import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verification } from '../../src/evidence/verification.ts';
import { COST_LIMIT, costRatio, leastCost } from './cost.ts';
import { type Effort, SEED } from './effort.ts';
import { evidenceJson } from './evidence-json.ts';
import type { Mutator } from './mutators/mutator.ts';
import { Random } from './random.ts';
import type { Subject } from './subject.ts';
import { isPlainJson } from './well-formed.ts';

export interface Campaign<Evidence, World> {
  readonly name: string;
  readonly effort: Effort;
  readonly mutators: readonly Mutator<Evidence, World>[];
  /** Honest evidence to begin with; must be accepted as it is. */
  readonly honest: (random: Random, world: World) => Evidence;
  /**
   * What an input is compared with in cost: an honest one of a platform already known, or
   * one of which nothing is remembered. Other collateral is always something new.
   */
  readonly against: 'known platform' | 'nothing known';
}

/** What a campaign has seen: a campaign that saw nothing has shown nothing. */
export interface Tally {
  readonly inputs: number;
  readonly verdicts: Readonly<Record<Verification['verdict'], number>>;
  /** Inputs by mutator, those with several changes under each. */
  readonly tried: ReadonlyMap<string, number>;
  /** Inputs whose cost was looked at more closely. */
  readonly suspects: number;
  /** The dearest of them: how many honest ones it costs, and what was done to it. */
  readonly dearest: { readonly ratio: number; readonly mutators: string };
}

const HONEST_EVERY = 64;
const FRESH_EVERY = 16;
/** Few enough that platforms and collateral are forgotten all the time. */
const MEMORY = 24;

/** One campaign against one verifier, which remembers what it has seen. */
export function runCampaign<Evidence, World>(
  campaign: Campaign<Evidence, World>,
  subject: Subject<Evidence, World>,
): Tally {
  return new Run(campaign, subject).all();
}

class Run<Evidence, World> {
  readonly #campaign: Campaign<Evidence, World>;
  readonly #subject: Subject<Evidence, World>;
  readonly #shared: (evidence: Evidence) => Verification;
  readonly #tried = new Map<string, number>();
  readonly #verdicts = { accept: 0, reject: 0, indeterminate: 0 };
  #suspects = 0;
  #dearest: Tally['dearest'] = { ratio: 0, mutators: 'none' };
  /** Milliseconds by kind of evidence; they fall as the code gets warm. */
  readonly #usual = new Map<string, number>();

  constructor(campaign: Campaign<Evidence, World>, subject: Subject<Evidence, World>) {
    this.#campaign = campaign;
    this.#subject = subject;
    this.#shared = subject.verifier(MEMORY);
    for (const { name } of campaign.mutators) this.#tried.set(name, 0);
  }

  all(): Tally {
    const { seconds, inputs } = this.#campaign.effort;
    const start = performance.now();
    let index = 0;
    for (; index < inputs || performance.now() - start < seconds * 1_000; index++) {
      if (index % HONEST_EVERY === 0) this.#honest(index);
      this.#one(index);
    }
    return {
      inputs: index,
      verdicts: this.#verdicts,
      tried: this.#tried,
      suspects: this.#suspects,
      dearest: this.#dearest,
    };
  }

  /** Whatever else was seen, honest evidence stays accepted. */
  #honest(index: number): void {
    const evidence = this.#campaign.honest(new Random(SEED, index), this.#subject.world);
    const { verdict, checks } = this.#shared(evidence);
    if (verdict !== 'accept') {
      const open = checks.filter(({ outcome }) => outcome !== 'pass');
      this.#fail(index, [], evidence, `honest evidence: ${verdict}, ${JSON.stringify(open)}`);
    }
    const usual = leastCost(2, this.#prepared(evidence, evidence));
    const kind = this.#subject.kindOf(evidence);
    this.#usual.set(kind, Math.min(this.#usualFor(evidence), usual));
  }

  #usualFor(honest: Evidence): number {
    return this.#usual.get(this.#subject.kindOf(honest)) ?? Infinity;
  }

  #one(index: number): void {
    const random = new Random(SEED, index);
    const { honest, evidence, applied } = this.#mutated(random, index);
    const copy = this.#subject.held(evidence);
    const start = performance.now();
    const { result, text } = unlessThrown(
      () => answer(this.#shared, copy),
      (what) => this.#fail(index, applied, evidence, `thrown: ${what}`),
    );
    const elapsed = performance.now() - start;
    this.#verdicts[result.verdict]++;
    const problems = [
      ...this.#subject.problemsOf(result, evidence),
      ...verdictProblems(result, applied),
      ...(elapsed > COST_LIMIT * this.#usualFor(honest)
        ? this.#costProblems(honest, evidence, applied)
        : []),
      ...(index % FRESH_EVERY === 0 ? this.#memoryProblems(result, text, evidence) : []),
    ];
    if (problems.length > 0) this.#fail(index, applied, evidence, problems.join('; '));
  }

  /**
   * Each mutator is first in its turn: none is left to chance. The order moves on by one each
   * time round, so that every mutator also comes to the inputs that are looked at more closely.
   */
  #mutated(random: Random, index: number) {
    const { mutators } = this.#campaign;
    const turn = index + Math.floor(index / mutators.length);
    const inTurn = mutators[turn % mutators.length];
    const applied: Mutator<Evidence, World>[] = [];
    let honest = this.#campaign.honest(random, this.#subject.world);
    let evidence = honest;
    const wanted = random.oneIn(4) ? random.between(2, 3) : 1;
    for (let tries = 0; applied.length < wanted && tries < 40; tries++) {
      const first = applied.length === 0 && tries < 10 ? inTurn : undefined;
      const mutator = first ?? random.pick(mutators);
      const changed = this.#changed(mutator, random, evidence, applied);
      if (changed !== undefined && this.#subject.sizeOf(changed) <= this.#subject.largest) {
        evidence = changed;
        applied.push(mutator);
        this.#tried.set(mutator.name, (this.#tried.get(mutator.name) ?? 0) + 1);
      } else if (applied.length === 0) {
        // Other evidence may have what this one changes.
        honest = this.#campaign.honest(random, this.#subject.world);
        evidence = honest;
      }
    }
    return { honest, evidence, applied };
  }

  /** Made for honest evidence: in damaged evidence a mutator may find nothing to hold on to. */
  #changed(
    mutator: Mutator<Evidence, World>,
    random: Random,
    evidence: Evidence,
    before: readonly Mutator<Evidence, World>[],
  ): Evidence | undefined {
    try {
      return mutator.apply(random, evidence, this.#subject.world);
    } catch (error) {
      const damaged = error instanceof RangeError || error instanceof SyntaxError;
      if (damaged && before.length > 0) return undefined;
      throw error;
    }
  }

  #costProblems(honest: Evidence, evidence: Evidence, applied: readonly Named[]): string[] {
    this.#suspects++;
    const ratio = costRatio(this.#prepared(honest, honest), this.#prepared(honest, evidence));
    if (ratio > this.#dearest.ratio) this.#dearest = { ratio, mutators: namesOf(applied) };
    return ratio > COST_LIMIT ? [`costs ${ratio.toFixed(1)} times the honest one`] : [];
  }

  /** The same state before each measurement: what is remembered would make the second cheaper. */
  #prepared(honest: Evidence, evidence: Evidence): () => () => unknown {
    return () => {
      const verify = this.#subject.verifier(MEMORY);
      if (this.#campaign.against === 'known platform') verify(honest);
      return () => JSON.stringify(verify(evidence));
    };
  }

  #memoryProblems(result: Verification, text: string, evidence: Evidence): string[] {
    const fresh = JSON.stringify(this.#subject.verifier(1)(evidence));
    const problems = fresh === text ? [] : ['a verifier without memory answers otherwise'];
    const { claims, checks, tcb = null } = result;
    if (!isPlainJson(claims) || !isPlainJson(checks) || !isPlainJson(tcb)) {
      problems.push('the answer is no plain JSON');
    }
    return problems;
  }

  #fail(index: number, applied: readonly Named[], evidence: Evidence, what: string): never {
    const file = join(mkdtempSync(join(tmpdir(), 'postern-fuzz-')), 'input.json');
    writeFileSync(file, evidenceJson(evidence));
    throw new Error(
      `${this.#campaign.name}, POSTERN_FUZZ_SEED=${SEED}, input ${index}, changed by ${namesOf(applied)}: ${what}. Input in ${file}`,
    );
  }
}

type Named = Pick<Mutator<never, never>, 'name' | 'effect'>;

/** What the changes themselves say of the verdict, whatever they did. */
function verdictProblems({ verdict, checks }: Verification, applied: readonly Named[]): string[] {
  const [only, ...more] = applied;
  if (verdict === 'accept') {
    const ambiguous = only?.effect === 'refused' && more.length === 0;
    return ambiguous ? ['accepted, though ambiguous'] : [];
  }
  if (!applied.every(({ effect }) => effect === 'harmless')) return [];
  const open = checks.filter(({ outcome }) => outcome !== 'pass');
  return [`nothing that counts is changed, yet: ${verdict}, ${JSON.stringify(open)}`];
}

function namesOf(applied: readonly Named[]): string {
  return applied.map(({ name }) => `"${name}"`).join(' and ') || 'nothing';
}

function answer<Evidence>(verify: (evidence: Evidence) => Verification, evidence: Evidence) {
  const result = verify(evidence);
  return { result, text: JSON.stringify(result) };
}

function unlessThrown<T>(act: () => T, otherwise: (what: string) => never): T {
  try {
    return act();
  } catch (error) {
    return otherwise(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
