import type { Bindings, Deployment, LogHygiene, Workload } from '../schema/whole.ts';
import type { Report } from './change.ts';
import {
  compareAlternatives,
  compareDemands,
  compareRules,
  nothing,
  type Pair,
} from './compare.ts';

/** Skipped altogether, or part by part. */
export function compareBindings(
  report: Report,
  path: string,
  pair: Pair<Bindings | { skip: string }>,
): void {
  compareRules<Bindings>(report, path, pair, (rules) => compareParts(report, path, rules));
}

function compareParts(report: Report, path: string, [before, after]: Pair<Bindings>): void {
  compareAlternatives(report, `${path}.recipes`, [before.recipes, after.recipes]);
  compareRules<readonly string[]>(report, `${path}.keys`, [before.keys, after.keys], (pair) =>
    compareDemands(report, `${path}.keys`, pair),
  );
  compareRules<readonly string[]>(
    report,
    `${path}.purposes`,
    [before.purposes, after.purposes],
    (pair) => compareAlternatives(report, `${path}.purposes`, pair),
  );
  const challenges = [before.challenge, after.challenge] as const;
  compareRules<'require'>(report, `${path}.challenge`, challenges, nothing);
}

export function compareWorkloads(
  report: Report,
  path: string,
  [before, after]: Pair<Workload>,
): void {
  for (const name of ['agentConfigSha256', 'weightsSha256'] as const) {
    compareRules<readonly string[]>(
      report,
      `${path}.${name}`,
      [before[name], after[name]],
      (pair) => compareAlternatives(report, `${path}.${name}`, pair),
    );
  }
}

type Own = Exclude<Deployment, { skip: string }>;

export function compareDeployments(report: Report, path: string, pair: Pair<Deployment>): void {
  compareRules<Own>(report, path, pair, ([before, after]) => {
    if ('chipIds' in before && 'chipIds' in after) {
      compareAlternatives(report, `${path}.chipIds`, [before.chipIds, after.chipIds]);
    } else if ('platformInstanceIds' in before && 'platformInstanceIds' in after) {
      const ids = [before.platformInstanceIds, after.platformInstanceIds] as const;
      compareAlternatives(report, `${path}.platformInstanceIds`, ids);
    } else if ('register' in before && 'register' in after) {
      if (before.register !== after.register) {
        report(`${path}.register`, 'both', `${before.register} → ${after.register}`);
      }
      if (before.holds !== after.holds) {
        report(`${path}.holds`, 'neutral', `is said to hold: ${after.holds}`);
      }
    } else report(path, 'both', `${ownText(before)} → ${ownText(after)}`);
  });
}

function ownText(own: Own): string {
  if ('chipIds' in own) return `${own.chipIds.length} chips`;
  if ('platformInstanceIds' in own) return `${own.platformInstanceIds.length} platform instances`;
  return own.register;
}

type CommandLine = Exclude<LogHygiene['commandLine'], { skip: string }>;
type Events = Exclude<LogHygiene['events'], { skip: string }>;

export function compareLogs(report: Report, path: string, [before, after]: Pair<LogHygiene>): void {
  const line = `${path}.commandLine`;
  compareRules<CommandLine>(
    report,
    line,
    [before.commandLine, after.commandLine],
    ([old, fresh]) => {
      const forbidden = [old.forbid, fresh.forbid] as const;
      compareDemands(report, `${line}.forbid`, forbidden, { nameOf: quoted });
      const required = [old.require, fresh.require] as const;
      compareDemands(report, `${line}.require`, required, { nameOf: quoted });
      if (old.text !== fresh.text) {
        report(`${line}.text`, 'both', `${shown(old.text)} → ${shown(fresh.text)}`);
      }
    },
  );
  const events = `${path}.events`;
  compareRules<Events>(report, events, [before.events, after.events], ([old, fresh]) =>
    compareDemands(report, `${events}.forbid`, [old.forbid, fresh.forbid], { nameOf: quoted }),
  );
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function shown(text: string | undefined): string {
  return text === undefined ? 'no command line of its own' : quoted(text);
}
