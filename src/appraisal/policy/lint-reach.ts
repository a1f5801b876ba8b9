import { isSkipped, type ReferenceSet, registersOf } from './said-values.ts';
import type { SnpRules } from './schema/snp.ts';
import type { TdxRules } from './schema/tdx.ts';

type Report = (path: string, problem: string) => void;
/** Texts of what each register must be, made once; {@link ANY} where it is skipped. */
type Rules = readonly (readonly [name: string, rule: string])[];

const PATH = 'spec.evidence.cpu.referenceSets';

/** Sets that let nobody in whom another does not let in anyway: what they say was meant to count. */
export function lintReach({ referenceSets }: TdxRules | SnpRules, report: Report): void {
  const all = referenceSets.map((set, i) => ({ path: `${PATH}[${i}]`, set, rules: rulesOf(set) }));
  // Only a set with a skip covers others, and few have one that the others have not.
  const wide = all.filter(
    ({ set, rules }) => admits(set) && rules.some(([, rule]) => rule === ANY),
  );
  for (const { path, set, rules } of all) {
    if (set.lifecycle.state === 'revoked') continue;
    const over = wide.find((other) => other.set !== set && covers(other.rules, rules));
    if (over) report(path, `decides nothing: ${over.path} skips what tells them apart`);
  }
}

function admits({ lifecycle }: { readonly lifecycle: { readonly state: string } }): boolean {
  return lifecycle.state === 'active' || lifecycle.state === 'deprecated';
}

const ANY = '';

function rulesOf(set: ReferenceSet): Rules {
  return Object.entries(registersOf(set))
    .map(([name, rule]) => [name, isSkipped(rule) ? ANY : JSON.stringify(rule)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Sets of one kind have the same registers: the schema lets none of them be absent. */
function covers(wide: Rules, narrow: Rules): boolean {
  return wide.every(([, rule], i) => rule === ANY || rule === narrow[i]?.[1]);
}
