import type { Check, Verdict } from '../../evidence/verdict.ts';
import type { Claims, TcbSummary } from '../../evidence/verification.ts';
import { type Expectation, sameJson } from './manifest.ts';

/** What a runner found out about one case. */
export interface Outcome {
  readonly verdict: Verdict;
  /** Undefined where nothing is signed. */
  readonly authentic?: boolean;
  readonly tcb?: TcbSummary;
  readonly checks: readonly Check[];
  readonly claims: Claims;
  /** What a line for people says besides. */
  readonly summary?: string;
}

export function idsOf(outcome: Outcome, answer: Check['outcome']): readonly string[] {
  // A machine has the same question for each of its devices.
  return [
    ...new Set(outcome.checks.filter((check) => check.outcome === answer).map(({ id }) => id)),
  ];
}

/** Each difference from what the manifest expects, one sentence; none means that it conforms. */
export function differences(outcome: Outcome, expect: Expectation): readonly string[] {
  return [
    ...verdictDifferences(outcome, expect),
    ...tcbDifferences(outcome, expect),
    ...fieldDifferences(outcome, expect),
    ...idDifferences('failed', expect.failed, idsOf(outcome, 'fail')),
    ...idDifferences('unresolved', expect.unresolved, idsOf(outcome, 'unresolved')),
  ];
}

function verdictDifferences(
  { verdict, authentic }: Outcome,
  expect: Expectation,
): readonly string[] {
  const fits = fittingVerdicts(expect);
  const genuine = expect.authentic ?? (mustBeGenuine(expect) ? true : undefined);
  return [
    ...(fits.includes(verdict) ? [] : [`verdict: want ${fits.join(' or ')}, got ${verdict}`]),
    ...(genuine !== undefined && authentic !== undefined && authentic !== genuine
      ? [`authentic: want ${genuine}, got ${authentic}`]
      : []),
  ];
}

function fittingVerdicts({ verdict, scope }: Expectation): readonly Verdict[] {
  switch (verdict) {
    case 'accept':
      // Only a part of the evidence is given: the rest can't have been answered.
      return scope === undefined ? ['accept'] : ['indeterminate'];
    case 'reject':
      // An endorsement that is missing or out of date leaves the question open, and admits nobody.
      return ['reject', 'indeterminate'];
    case 'indeterminate':
      return ['indeterminate'];
    case 'accept-or-reject-by-policy':
      // Or open, where it turns on an endorsement that is out of date.
      return ['accept', 'reject', 'indeterminate'];
    default:
      return ['accept'];
  }
}

function mustBeGenuine({ verdict, scope }: Expectation): boolean {
  // What is only to be parsed comes without anything to judge it by.
  if (scope === 'parse-only') return false;
  return verdict === 'accept' || verdict === 'accept-or-reject-by-policy';
}

function fieldDifferences({ claims }: Outcome, { fields }: Expectation): readonly string[] {
  // A manifest may ask for "constructor": what every object inherits is no claim.
  return Object.entries(fields)
    .map(
      ([name, want]) =>
        [name, want, Object.hasOwn(claims, name) ? claims[name] : undefined] as const,
    )
    .filter(([, want, got]) => !sameJson(got, want))
    .map(([name, want, got]) => `${name}: want ${show(want)}, got ${show(got)}`);
}

function tcbDifferences({ tcb }: Outcome, expect: Expectation): readonly string[] {
  // Intel's library says a status of what it reads; what we refuse unread has none.
  if (tcb === undefined && expect.level === 'reject-recommended') return [];
  const got: Readonly<Record<string, unknown>> = {
    tcbStatus: tcb?.status,
    platformStatus: tcb?.components?.['platform'],
    moduleStatus: tcb?.components?.['module'],
    qeStatus: tcb?.components?.['qe'],
    advisories: tcb && [...tcb.advisories].sort(),
  };
  return Object.entries(expect.tcb)
    .map(([name, want]) => [name, Array.isArray(want) ? [...want].sort() : want] as const)
    .filter(([name, want]) => JSON.stringify(got[name]) !== JSON.stringify(want))
    .map(([name, want]) => `${name}: want ${show(want)}, got ${show(got[name])}`);
}

function idDifferences(
  what: string,
  want: readonly string[] | undefined,
  got: readonly string[],
): readonly string[] {
  if (want === undefined || [...want].sort().join() === [...got].sort().join()) return [];
  return [`${what}: want ${want.join(', ') || 'none'}, got ${got.join(', ') || 'none'}`];
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
