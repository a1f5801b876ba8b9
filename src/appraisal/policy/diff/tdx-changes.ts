import { type AdvisoryException, type TdxRules, wantedAttributes } from '../schema/tdx.ts';
import type { Report } from './change.ts';
import {
  compareAlternatives,
  compareDemands,
  compareFloors,
  comparePresence,
  compareRules,
  keyed,
  type Pair,
  same,
} from './compare.ts';
import { compareSets } from './set-changes.ts';

type Floors = Exclude<TdxRules['tdxModule']['floors'], { skip: string }>;

export function compareTdx(report: Report, path: string, [before, after]: Pair<TdxRules>): void {
  compareSets(report, `${path}.referenceSets`, [before.referenceSets, after.referenceSets]);
  compareAttributes(report, `${path}.attributes`, [before, after]);
  compareXfam(report, `${path}.xfam`, [before.xfam, after.xfam]);
  compareModules(report, `${path}.tdxModule`, [before.tdxModule, after.tdxModule]);
  comparePlatforms(report, `${path}.platform`, [before.platform, after.platform]);
  compareTcb(report, `${path}.tcb`, [before.tcb, after.tcb]);
}

function compareAttributes(report: Report, path: string, [before, after]: Pair<TdxRules>): void {
  const [old, fresh] = [wantedAttributes(before), wantedAttributes(after)];
  for (const name of Object.keys(old) as (keyof typeof old)[]) {
    const said = [before, after].map(({ attributes }) => attributes[name] ?? 'not said');
    if (old[name] !== fresh[name])
      comparePresence(report, `${path}.${name}`, [old[name], fresh[name]]);
    else if (said[0] !== said[1]) report(`${path}.${name}`, 'neutral', said.join(' → '));
  }
}

function compareXfam(report: Report, path: string, pair: Pair<TdxRules['xfam']>): void {
  compareRules<Exclude<TdxRules['xfam'], { skip: string }>>(report, path, pair, (rules) => {
    const [before, after] = rules;
    if ('forbidBits' in before && 'forbidBits' in after) {
      const nameOf = (bit: number) => `the forbidden bit ${bit}`;
      compareDemands(report, path, [before.forbidBits, after.forbidBits], { nameOf });
    } else if (!same(rules)) report(path, 'both', 'other CPU features are wanted');
  });
}

function compareModules(
  report: Report,
  path: string,
  [before, after]: Pair<TdxRules['tdxModule']>,
): void {
  const at = `${path}.floors`;
  compareRules<Floors>(report, at, [before.floors, after.floors], (pair) => {
    const { added, removed, kept } = keyed(pair, ({ major }) => `${major}`);
    for (const { major, minIsvSvn } of added) {
      report(at, 'widens', `adds major version ${major} from ISV SVN ${minIsvSvn}`);
    }
    for (const { major } of removed) report(at, 'narrows', `removes major version ${major}`);
    for (const [old, fresh] of kept) {
      compareFloors(report, `${at}["${old.major}"]`, [old.minIsvSvn, fresh.minIsvSvn]);
    }
    if (added.length + removed.length === 0 && kept.every(same) && !same(pair)) {
      report(at, 'neutral', 'are in another order');
    }
  });
  compareRules<readonly string[]>(report, `${path}.mrSeam`, [before.mrSeam, after.mrSeam], (pair) =>
    compareAlternatives(report, `${path}.mrSeam`, pair),
  );
}

function comparePlatforms(
  report: Report,
  path: string,
  [before, after]: Pair<TdxRules['platform']>,
): void {
  compareRules<readonly string[]>(report, `${path}.fmspc`, [before.fmspc, after.fmspc], (pair) =>
    compareAlternatives(report, `${path}.fmspc`, pair),
  );
  for (const name of ['smt', 'dynamicPlatform', 'cachedKeys'] as const) {
    comparePresence(report, `${path}.${name}`, [before[name], after[name]]);
  }
}

function compareTcb(report: Report, path: string, [before, after]: Pair<TdxRules['tcb']>): void {
  compareAlternatives(report, `${path}.accept`, [before.accept, after.accept]);
  compareAdvisories(report, `${path}.advisories`, [before.advisories, after.advisories]);
  const at = `${path}.minEvaluationDataNumber`;
  const numbers = [before.minEvaluationDataNumber, after.minEvaluationDataNumber] as const;
  compareRules<number>(report, at, numbers, (pair) => compareFloors(report, at, pair));
}

function compareAdvisories(
  report: Report,
  path: string,
  pair: Pair<readonly AdvisoryException[]>,
): void {
  const { added, removed, kept } = keyed(pair, ({ id }) => id);
  for (const { id, until } of added) report(path, 'widens', `excepts ${id} until ${until}`);
  for (const { id } of removed) report(path, 'narrows', `no longer excepts ${id}`);
  for (const [before, after] of kept) {
    const at = `${path}["${after.id}"]`;
    if (before.until !== after.until) {
      const effect = after.until > before.until ? 'widens' : 'narrows';
      report(at, effect, `until ${before.until} → until ${after.until}`);
    }
    if (before.reason !== after.reason) {
      report(at, 'neutral', `for another reason: ${after.reason}`);
    }
  }
  if (added.length + removed.length === 0 && kept.every(same) && !same(pair)) {
    report(path, 'neutral', 'are in another order');
  }
}
