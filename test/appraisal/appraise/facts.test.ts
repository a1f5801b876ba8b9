import { expect, it } from 'vitest';
import { factsOf } from '../../../src/appraisal/appraise/facts.ts';
import { subjectOf } from '../../../src/appraisal/appraise/subject.ts';
import { type Known, knownFacts } from '../../../src/appraisal/policy/cel/known-facts.ts';
import { fullMachines } from '../../support/appraisables.ts';

/** Members by their paths, e.g. `cpu.attributes.debug`; `[]` stands for any item. */
function pathsOf(fact: unknown, path: string): readonly string[] {
  if (Array.isArray(fact)) return [...new Set(fact.flatMap((item) => pathsOf(item, `${path}[]`)))];
  if (typeof fact !== 'object' || fact === null) return [path];
  return Object.entries(fact).flatMap(([name, member]) => pathsOf(member, `${path}.${name}`));
}

function knownPaths(known: Known, path: string): readonly string[] {
  if (known === 'value') return [path];
  if ('items' in known) return knownPaths(known.items, `${path}[]`);
  return Object.entries(known.members).flatMap(([name, member]) =>
    knownPaths(member, `${path}.${name}`),
  );
}

const { tdx, snp } = await fullMachines();

it.each([
  // The simulator’s platform is up to date, and so has no advisories.
  { cpu: 'intel-tdx' as const, whole: tdx, absent: ['cpu.advisories[]'] },
  // Only Turin has FMC.
  {
    cpu: 'amd-sev-snp' as const,
    whole: snp,
    absent: ['reported', 'committed', 'launch', 'current'].map((of) => `cpu.${of}Tcb.fmc`),
  },
])('lint knows every fact of $cpu, and no others', ({ cpu, whole, absent }) => {
  const facts = factsOf(subjectOf(whole), 0);
  for (const [root, known] of Object.entries(knownFacts(cpu))) {
    const paths = pathsOf(facts[root as keyof typeof facts], root);
    const wanted = knownPaths(known, root).filter((path) => !absent.includes(path));
    expect(paths.toSorted()).toEqual(wanted.toSorted());
  }
});
