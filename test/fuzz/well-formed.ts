import type { Check, CheckId } from '../../src/evidence/verdict.ts';
import type { Verification } from '../../src/evidence/verification.ts';

/** What is wrong with an answer in itself, whatever it is about; nothing if all is right. */
export function problemsOfForm(
  { checks, verdict }: Verification,
  known: Readonly<Record<string, unknown>>,
): string[] {
  const problems = checks.flatMap(problemsOfCheck);
  const unknown = checks.filter(({ id }) => !Object.hasOwn(known, id));
  problems.push(...unknown.map(({ id }) => `unknown check ${id}`));
  const failed = checks.some(({ outcome }) => outcome === 'fail');
  if ((verdict === 'reject') !== failed) problems.push(`${verdict} with failed checks: ${failed}`);
  return problems;
}

/** Recomputed from the words of the contract: every one asked, and each answer one of these. */
export function passes(
  checks: readonly Check[],
  wanted: Iterable<CheckId>,
  good: readonly Check['outcome'][] = ['pass'],
): boolean {
  const answers = new Map<CheckId, boolean>();
  for (const { id, outcome } of checks) {
    answers.set(id, good.includes(outcome) && answers.get(id) !== false);
  }
  return [...wanted].every((id) => answers.get(id) === true);
}

function problemsOfCheck(check: Check): string[] {
  const { id, path, outcome } = check;
  const problems: string[] = [];
  if (typeof path !== 'string' || path === '') problems.push(`${id} without a place`);
  if (outcome === 'fail' && (!isText(check.want) || !isText(check.got))) {
    problems.push(`${id} fails without want and got`);
  }
  if ((outcome === 'unresolved' || outcome === 'skipped') && !isText(check.because)) {
    problems.push(`${id} is ${outcome} without a reason`);
  }
  return problems;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** JSON keeps all of it: no undefined, no NaN, no bigint, no bytes, nothing with a prototype. */
export function isPlainJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isPlainJson);
  const plain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return plain && Object.values(value).every(isPlainJson);
}
