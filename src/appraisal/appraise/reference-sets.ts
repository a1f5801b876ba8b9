import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import type { CheckedEventLog } from '../../evidence/tdx/event-log/check.ts';
import type { NearestSet } from './appraisal.ts';
import type { PolicyCheckId } from './checks.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { CompiledSet, WantedRegister } from './compiled-set.ts';
import { lifecycleStanding, type Standing } from './lifecycle.ts';
import type { RegisterValues } from './registers.ts';
import { answerToStory, firstDeparture, provenEvents, rtmrOf, tellsOf } from './story.ts';

type Checks = CheckList<PolicyCheckId>;

/** What the evidence has, to be held against reference sets. */
export interface Measured {
  readonly values: RegisterValues;
  readonly log: CheckedEventLog | undefined;
}

export interface FoundSet {
  /** The set that the evidence is of, every register. */
  readonly matched?: { readonly set: CompiledSet; readonly standing: Standing };
  readonly nearest?: NearestSet;
}

/**
 * Finds the one set that the machine is, whole: registers of two sets never add up to one. Of
 * several that fit, one that is revoked goes before all others, and one in force before the rest.
 */
export function matchReferenceSet(
  checks: Checks,
  { sets, index }: Pick<CompiledPolicy, 'sets' | 'index'>,
  measured: Measured,
  now: number,
): FoundSet {
  const candidates = index
    .candidates(measured.values)
    .map((set) => ({ set, fit: fitOf(set, measured) }));
  const fitting = candidates
    .filter(({ fit }) => fit === 'equal')
    .map(({ set }) => ({ set, standing: lifecycleStanding(set.lifecycle, now) }))
    .toSorted((a, b) => rank(a) - rank(b));
  const [matched] = fitting;
  if (matched === undefined) return nearestSet(checks, sets, measured);
  const hidden = candidates.find(({ set, fit }) => fit === 'unknown' && isRevoked(set))?.set;
  const { set, standing } = matched;
  for (const register of set.registers) {
    if ('skip' in register) checks.skipped(register.id, register.skip);
    else checks.pass(register.id);
  }
  const id = 'policy.reference_set.lifecycle';
  if (hidden === undefined || standing.outcome !== 'pass') {
    answerStanding(checks, id, `reference set ${set.id}`, standing);
  } else {
    checks.unresolved(
      id,
      `reference set ${hidden.id}, which is revoked, can’t be told from it without an event log that replays`,
    );
  }
  return { matched };
}

/** Whoever leaves out the log leaves open whether the machine is the one that was revoked. */
function fitOf(set: CompiledSet, measured: Measured): 'equal' | 'unknown' | 'other' {
  const answerOf = isRevoked(set) ? revokedAnswerTo : answerTo;
  let fit: 'equal' | 'unknown' = 'equal';
  for (const register of set.registers) {
    const answer = answerOf(register, measured);
    if (typeof answer === 'object') return 'other';
    if (answer === 'unknown') fit = 'unknown';
  }
  return fit;
}

function isRevoked({ lifecycle }: CompiledSet): boolean {
  return lifecycle.state === 'revoked';
}

/** Of software that was revoked it is enough that it was measured. */
function revokedAnswerTo(register: WantedRegister, measured: Measured): Answer {
  const answer = answerTo(register, measured);
  if (answer === 'equal' || !('story' in register)) return answer;
  const index = rtmrOf(register.name);
  const events = index === undefined ? undefined : provenEvents(measured.log, index);
  return events && tellsOf(events, register.story) ? 'equal' : answer;
}

/** Whoever is revoked is revoked, though another set may say the same of the machine. */
function rank({ set, standing }: { set: CompiledSet; standing: Standing }): number {
  if (isRevoked(set)) return 0;
  return { pass: 1, unresolved: 2, fail: 3 }[standing.outcome];
}

export function answerStanding(
  checks: Checks,
  id: 'policy.reference_set.lifecycle' | 'policy.lifecycle',
  what: string,
  standing: Standing,
): void {
  if (standing.outcome === 'pass') checks.pass(id);
  else if (standing.outcome === 'fail')
    checks.fail(id, { want: `${what} in force`, got: standing.says });
  else checks.unresolved(id, `${what} ${standing.says}`);
}

type Answer = 'equal' | 'unknown' | Mismatch;

/** `unknown`: the log that could tell is not there, or does not replay. */
function answerTo(register: WantedRegister, { values, log }: Measured): Answer {
  if ('skip' in register) return 'equal';
  const value = values[register.name];
  if ('least' in register) {
    if (typeof value === 'number' && value >= register.least) return 'equal';
    return { want: `at least ${register.least}`, got: `${value ?? 'none'}` };
  }
  if (!(value instanceof Uint8Array)) return { want: textOf(register), got: 'no such register' };
  if ('exact' in register) {
    if (equalBytes(register.exact, value)) return 'equal';
    return { want: toHex(register.exact), got: toHex(value) };
  }
  const index = rtmrOf(register.name);
  const events = index === undefined ? undefined : provenEvents(log, index);
  if (events === undefined) return 'unknown';
  return answerToStory(events, register.story);
}

function textOf(register: WantedRegister): string {
  return 'exact' in register ? toHex(register.exact) : register.name;
}

function nearestSet(checks: Checks, sets: readonly CompiledSet[], measured: Measured): FoundSet {
  let best: { set: CompiledSet; answers: readonly Answer[]; equal: number } | undefined;
  for (const set of sets) {
    const answers = set.registers.map((one) => answerTo(one, measured));
    const equal = answers.filter((answer) => answer === 'equal').length;
    if (best === undefined || equal > best.equal) best = { set, answers, equal };
  }
  if (best === undefined) return {};
  const { set, answers } = best;
  const differs: string[] = [];
  let departs: string | undefined;
  for (const [i, register] of set.registers.entries()) {
    const answer = answers[i];
    if ('skip' in register) checks.skipped(register.id, register.skip);
    else if (answer === 'equal') checks.pass(register.id);
    else if (typeof answer === 'object') {
      differs.push(register.name);
      const departure = departureIn(set, register.name, measured.log);
      departs ??= departure;
      const more = departure === undefined ? '' : `; ${departure}`;
      checks.fail(register.id, answer, { because: `nearest reference set ${set.id}${more}` });
    } else {
      checks.unresolved(
        register.id,
        `reference set ${set.id} knows it by its events, and there is no event log that replays to it and shows the name of each`,
      );
    }
  }
  // A register of it has been refused or left open above: nothing is let pass here.
  checks.skipped('policy.reference_set.lifecycle', 'the machine is of no reference set');
  const compared = set.registers.filter((register) => !('skip' in register)).length;
  const skipped = set.registers.length - compared;
  return {
    nearest: {
      id: set.id,
      equal: best.equal - skipped,
      compared,
      differs,
      ...(departs !== undefined && { departs }),
    },
  };
}

function departureIn(
  { recordedEvents }: CompiledSet,
  name: string,
  log: CheckedEventLog | undefined,
): string | undefined {
  const index = rtmrOf(name);
  if (index === undefined) return undefined;
  const recorded = recordedEvents?.[`rtmr${index}`];
  const events = provenEvents(log, index);
  return recorded && events ? firstDeparture(name, events, recorded) : undefined;
}
