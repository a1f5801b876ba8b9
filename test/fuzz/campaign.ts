import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TdxVerification, TdxVerifier } from '../../src/evidence/tdx/verifier.ts';
import { COST_LIMIT, costRatio, leastCost } from './cost.ts';
import type { Covered } from './covered.ts';
import { type Effort, SEED } from './effort.ts';
import { type Evidence, evidenceJson, inputOf, sizeOf } from './evidence.ts';
import type { Mutator } from './mutators/mutator.ts';
import type { Proven } from './proven.ts';
import { Random } from './random.ts';
import { isPlainJson, problemsOf } from './well-formed.ts';
import type { World } from './world.ts';

export interface Campaign {
  readonly name: string;
  readonly effort: Effort;
  readonly mutators: readonly Mutator[];
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
  readonly verdicts: Readonly<Record<TdxVerification['verdict'], number>>;
  /** Inputs by mutator, those with several changes under each. */
  readonly tried: ReadonlyMap<string, number>;
  /** Inputs whose cost was looked at more closely. */
  readonly suspects: number;
  /** The dearest of them: how many honest ones it costs, and what was done to it. */
  readonly dearest: { readonly ratio: number; readonly mutators: string };
}

/** What is known of honest evidence; costly to make, so made once for all campaigns of a file. */
export interface Oracles {
  readonly world: World;
  readonly covered: Covered;
  readonly proven: Proven;
}

/**
 * Several changes together multiply to megabytes, which cost what megabytes cost: that this
 * grows no faster than they do is asked in growth.long.test.ts.
 */
const LARGEST = 256 * 1024;
const HONEST_EVERY = 64;
const FRESH_EVERY = 16;
/** Few enough that platforms and collateral are forgotten all the time. */
const MEMORY = 24;

/** One campaign against one verifier, which remembers what it has seen. */
export function runCampaign(campaign: Campaign, oracles: Oracles): Tally {
  return new Run(campaign, oracles).all();
}

class Run {
  readonly #campaign: Campaign;
  readonly #world: World;
  readonly #covered: Covered;
  readonly #proven: Proven;
  readonly #shared: TdxVerifier;
  readonly #tried = new Map<string, number>();
  readonly #verdicts = { accept: 0, reject: 0, indeterminate: 0 };
  #suspects = 0;
  #dearest: Tally['dearest'] = { ratio: 0, mutators: 'none' };
  /** Milliseconds by kind of log, the largest part of the cost; they fall as the code gets warm. */
  readonly #usual = new Map<string, number>();

  constructor(campaign: Campaign, { world, covered, proven }: Oracles) {
    this.#campaign = campaign;
    this.#world = world;
    this.#covered = covered;
    this.#proven = proven;
    this.#shared = new TdxVerifier(world.anchors, MEMORY);
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
    const evidence = this.#campaign.honest(new Random(SEED, index), this.#world);
    const { verdict, checks } = this.#shared.verify(inputOf(evidence));
    if (verdict !== 'accept') {
      const open = checks.filter(({ outcome }) => outcome !== 'pass');
      this.#fail(index, [], evidence, `honest evidence: ${verdict}, ${JSON.stringify(open)}`);
    }
    const usual = leastCost(2, this.#prepared(evidence, evidence));
    this.#usual.set(kindOf(evidence), Math.min(this.#usualFor(evidence), usual));
  }

  #usualFor(honest: Evidence): number {
    return this.#usual.get(kindOf(honest)) ?? Infinity;
  }

  #one(index: number): void {
    const random = new Random(SEED, index);
    const honest = this.#campaign.honest(random, this.#world);
    const { evidence, applied } = this.#mutated(random, honest);
    const copy = held(evidence);
    const start = performance.now();
    const { result, text } = unlessThrown(
      () => answer(this.#shared, copy),
      (what) => this.#fail(index, applied, evidence, `thrown: ${what}`),
    );
    const elapsed = performance.now() - start;
    this.#verdicts[result.verdict]++;
    const problems = [
      ...problemsOf(result),
      ...this.#verdictProblems(result, evidence, applied),
      ...(elapsed > COST_LIMIT * this.#usualFor(honest)
        ? this.#costProblems(honest, evidence, applied)
        : []),
      ...(index % FRESH_EVERY === 0 ? this.#memoryProblems(result, text, evidence) : []),
    ];
    if (problems.length > 0) this.#fail(index, applied, evidence, problems.join('; '));
  }

  #mutated(random: Random, honest: Evidence): { evidence: Evidence; applied: Mutator[] } {
    const applied: Mutator[] = [];
    let evidence = honest;
    const wanted = random.oneIn(4) ? random.between(2, 3) : 1;
    for (let tries = 0; applied.length < wanted && tries < 40; tries++) {
      const mutator = random.pick(this.#campaign.mutators);
      const changed = this.#changed(mutator, random, evidence, applied);
      if (changed === undefined || sizeOf(changed) > LARGEST) continue;
      evidence = changed;
      applied.push(mutator);
      this.#tried.set(mutator.name, (this.#tried.get(mutator.name) ?? 0) + 1);
    }
    return { evidence, applied };
  }

  /** Made for honest evidence: in damaged evidence a mutator may find nothing to hold on to. */
  #changed(
    mutator: Mutator,
    random: Random,
    evidence: Evidence,
    before: readonly Mutator[],
  ): Evidence | undefined {
    try {
      return mutator.apply(random, evidence, this.#world);
    } catch (error) {
      const damaged = error instanceof RangeError || error instanceof SyntaxError;
      if (damaged && before.length > 0) return undefined;
      throw error;
    }
  }

  #verdictProblems(
    { verdict, checks, claims }: TdxVerification,
    evidence: Evidence,
    applied: readonly Mutator[],
  ): string[] {
    if (verdict !== 'accept') {
      if (!applied.every(({ effect }) => effect === 'harmless')) return [];
      const open = checks.filter(({ outcome }) => outcome !== 'pass');
      return [`nothing that counts is changed, yet: ${verdict}, ${JSON.stringify(open)}`];
    }
    const [only, ...more] = applied;
    if (only?.effect === 'refused' && more.length === 0) return ['accepted, though ambiguous'];
    if (!this.#covered.asHonest(evidence)) return ['ACCEPTED WITH A CHANGE OF WHAT IS COVERED'];
    return this.#proven.problemsOf(claims);
  }

  #costProblems(honest: Evidence, evidence: Evidence, applied: readonly Mutator[]): string[] {
    this.#suspects++;
    const ratio = costRatio(this.#prepared(honest, honest), this.#prepared(honest, evidence));
    if (ratio > this.#dearest.ratio) this.#dearest = { ratio, mutators: namesOf(applied) };
    return ratio > COST_LIMIT ? [`costs ${ratio.toFixed(1)} times the honest one`] : [];
  }

  /** The same state before each measurement: what is remembered would make the second cheaper. */
  #prepared(honest: Evidence, evidence: Evidence): () => () => unknown {
    return () => {
      const verifier = new TdxVerifier(this.#world.anchors, MEMORY);
      if (this.#campaign.against === 'known platform') verifier.verify(inputOf(honest));
      return () => shown(verifier.verify(inputOf(evidence)));
    };
  }

  #memoryProblems(result: TdxVerification, text: string, evidence: Evidence): string[] {
    const fresh = new TdxVerifier(this.#world.anchors, 1).verify(inputOf(evidence));
    const problems = shown(fresh) === text ? [] : ['a verifier without memory answers otherwise'];
    const { claims, checks, tcb = null } = result;
    if (!isPlainJson(claims) || !isPlainJson(checks) || !isPlainJson(tcb)) {
      problems.push('the answer is no plain JSON');
    }
    return problems;
  }

  #fail(index: number, applied: readonly Mutator[], evidence: Evidence, what: string): never {
    const file = join(mkdtempSync(join(tmpdir(), 'postern-fuzz-')), 'input.json');
    writeFileSync(file, evidenceJson(evidence));
    throw new Error(
      `${this.#campaign.name}, POSTERN_FUZZ_SEED=${SEED}, input ${index}, changed by ${namesOf(applied)}: ${what}. Input in ${file}`,
    );
  }
}

function kindOf({ log }: Evidence): string {
  return log === undefined ? 'no log' : `${log.log.length} ${log.expected?.length ?? 0}`;
}

function namesOf(applied: readonly Mutator[]): string {
  return applied.map(({ name }) => `"${name}"`).join(' and ') || 'nothing';
}

function answer(verifier: TdxVerifier, evidence: Evidence) {
  const result = verifier.verify(inputOf(evidence));
  return { result, text: shown(result) };
}

function unlessThrown<T>(act: () => T, otherwise: (what: string) => never): T {
  try {
    return act();
  } catch (error) {
    return otherwise(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** What a report prints: everything but the parsed quote. */
function shown(result: TdxVerification): string {
  const { quote: _quote, ...printed } = result;
  return JSON.stringify(printed);
}

const buffer = new Uint8Array(1 << 20);

/**
 * The quote at the same place of one large buffer each time, other bytes all around it: a
 * verifier that remembers a view instead of what it saw would be found out.
 */
function held(evidence: Evidence): Evidence {
  const { quote } = evidence;
  if (quote.length > buffer.length - 32) return evidence;
  buffer.fill(0x30, 0, quote.length + 32);
  buffer.set(quote, 13);
  return { ...evidence, quote: buffer.subarray(13, 13 + quote.length) };
}
