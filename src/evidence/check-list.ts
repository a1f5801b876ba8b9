import { bounded, Fault } from '../core/fault.ts';
import { isMismatch, type Mismatch } from '../core/mismatch.ts';
import type { Check, CheckId } from './verdict.ts';

/** What a parser wants that refused its input; what it got instead is the parser's own sentence. */
export const WELL_FORMED = 'well-formed input';

/** The plain passes of each table of questions by id, frozen like every answer. */
const PASSED = new WeakMap<object, Map<CheckId, Check>>();

/** Collects answers in the order in which the questions were asked. */
export class CheckList<Id extends CheckId> {
  readonly #paths: Readonly<Record<Id, { readonly path: string }>>;
  readonly #checks: Check[] = [];
  readonly #passes: Map<CheckId, Check>;

  /** @param questions the closed table of ids, each with the place it is usually about. */
  constructor(questions: Readonly<Record<Id, { readonly path: string }>>) {
    this.#paths = questions;
    this.#passes = PASSED.get(questions) ?? new Map();
    PASSED.set(questions, this.#passes);
  }

  get all(): readonly Check[] {
    return this.#checks;
  }

  /** Answers that were found earlier. */
  add(checks: readonly Check[]): void {
    this.#checks.push(...checks);
  }

  /** Frozen: a verifier that remembers an answer gives the same object to many. */
  #push(check: Check): void {
    this.#checks.push(Object.freeze(check));
  }

  pass(id: Id, because?: string): void {
    if (because === undefined) this.#checks.push(this.#passed(id));
    else this.#push({ id, path: this.#paths[id].path, outcome: 'pass', because });
  }

  /** Nearly all answers are these, and there is one a question. */
  #passed(id: Id): Check {
    const known = this.#passes.get(id);
    if (known) return known;
    const check: Check = Object.freeze({ id, path: this.#paths[id].path, outcome: 'pass' });
    this.#passes.set(id, check);
    return check;
  }

  fail(id: Id, mismatch: Mismatch, more: { because?: string; path?: string } = {}): void {
    const { path } = this.#paths[id];
    const [want, got] = [bounded(mismatch.want), bounded(mismatch.got)];
    const because = more.because === undefined ? {} : { because: bounded(more.because) };
    this.#push({ id, path, outcome: 'fail', want, got, ...more, ...because });
  }

  unresolved(id: Id, because: string, path = this.#paths[id].path): void {
    this.#push({ id, path, outcome: 'unresolved', because: bounded(because) });
  }

  /** Makes no sense of this evidence, or a policy does not ask it. */
  skipped(id: Id, because: string): void {
    this.#push({
      id,
      path: this.#paths[id].path,
      outcome: 'skipped',
      because: bounded(because),
    });
  }

  /** Let pass by the caller's leave: what was found is not as it should be, and stays visible. */
  waived(id: Id, because: string): void {
    const { path } = this.#paths[id];
    this.#push({ id, path, outcome: 'skipped', because: bounded(because), waived: true });
  }

  /** `pass` without a mismatch, `fail` with one. */
  answer(id: Id, mismatch: Mismatch | undefined, because?: string): void {
    if (mismatch === undefined) this.pass(id);
    else this.fail(id, mismatch, because === undefined ? {} : { because });
  }

  /**
   * Reads something untrusted: what the parser refuses becomes a failed check.
   *
   * @returns undefined after a refusal. A bug of ours is not caught.
   */
  read<T extends object>(
    id: Id,
    parse: () => T | Mismatch,
    more: { because?: string } = {},
  ): T | undefined {
    const value = this.open(id, parse, more);
    if (value !== undefined) this.pass(id);
    return value;
  }

  /** The same for what is yet to be judged: no answer is given to what was read well. */
  open<T extends object>(
    id: Id,
    parse: () => T | Mismatch,
    more: { because?: string } = {},
  ): T | undefined {
    try {
      const value = parse();
      if (!isMismatch(value)) return value;
      this.fail(id, value, more);
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      this.fail(id, { want: WELL_FORMED, got: error.detail }, { ...more, path: error.at });
    }
    return undefined;
  }
}
