import type { Policy } from '../schema/policy.ts';
import { compareAssertions, compareFreshness } from './answer-changes.ts';
import type { PolicyChange, Report } from './change.ts';
import { type Pair, same, textOf } from './compare.ts';
import {
  compareComposites,
  compareGpus,
  comparePieces,
  compareSwitches,
  compareVtpms,
} from './device-changes.ts';
import { compareLifecycles } from './lifecycle-changes.ts';
import { compareSnp } from './snp-changes.ts';
import {
  compareBindings,
  compareDeployments,
  compareLogs,
  compareWorkloads,
} from './software-changes.ts';
import { compareTdx } from './tdx-changes.ts';

/**
 * What one policy lets in that the other does not, member by member.
 *
 * Without a `widens` or `both` among the changes, no evidence that `before` does not accept is
 * accepted by `after`; without a `narrows` or `both`, none that `before` accepts is refused. What
 * this comparison does not know is `both`. Two policies that mean the same have no changes.
 *
 * @param before as `readPolicy` gives it; so `after`.
 */
export function diffPolicies(before: Policy, after: Policy): readonly PolicyChange[] {
  const changes: PolicyChange[] = [];
  const report: Report = (path, effect, text) => {
    changes.push({ path, effect, text });
  };
  compareMetadata(report, [before.metadata, after.metadata]);
  compareSpecs(report, [before.spec, after.spec]);
  reportTheRest(report, [before, after], changes);
  return changes;
}

/** Whose it is and what it is called; only the lifecycle admits or refuses anybody. */
function compareMetadata(report: Report, [before, after]: Pair<Policy['metadata']>): void {
  compareLifecycles(report, 'metadata.lifecycle', [before.lifecycle, after.lifecycle]);
  for (const name of ['name', 'revision', 'previous', 'owners', 'description', 'labels'] as const) {
    const [old, fresh] = [before[name], after[name]];
    if (same([old, fresh])) continue;
    report(`metadata.${name}`, 'neutral', `${textOf(old) || 'none'} → ${textOf(fresh) || 'none'}`);
  }
}

function compareSpecs(report: Report, [before, after]: Pair<Policy['spec']>): void {
  if (before.role !== after.role) {
    // Whoever admits machines may give roles different tasks.
    report('spec.role', 'both', `${before.role} → ${after.role}`);
  }
  const [old, fresh] = [before.evidence, after.evidence];
  compareCpus(report, 'spec.evidence.cpu', [old.cpu, fresh.cpu]);
  comparePieces(report, 'spec.evidence.gpu', [old.gpu, fresh.gpu], compareGpus);
  comparePieces(report, 'spec.evidence.nvswitch', [old.nvswitch, fresh.nvswitch], compareSwitches);
  comparePieces(report, 'spec.evidence.vtpm', [old.vtpm, fresh.vtpm], compareVtpms);
  compareComposites(report, 'spec.composite', [before.composite, after.composite]);
  compareBindings(report, 'spec.bindings', [before.bindings, after.bindings]);
  compareWorkloads(report, 'spec.workload', [before.workload, after.workload]);
  compareDeployments(report, 'spec.deployment', [before.deployment, after.deployment]);
  compareLogs(report, 'spec.logHygiene', [before.logHygiene, after.logHygiene]);
  compareFreshness(report, 'spec.freshness', [before.freshness, after.freshness]);
  compareAssertions(report, 'spec.assertions', [before.assertions, after.assertions]);
}

function compareCpus(
  report: Report,
  path: string,
  [before, after]: Pair<Policy['spec']['evidence']['cpu']>,
): void {
  if (before.type === 'intel-tdx' && after.type === 'intel-tdx') {
    compareTdx(report, path, [before, after]);
  } else if (before.type === 'amd-sev-snp' && after.type === 'amd-sev-snp') {
    compareSnp(report, path, [before, after]);
  } else report(path, 'both', `${before.type} → ${after.type}: other machines altogether`);
}

/** A member that no rule above speaks of must not change in silence. */
function reportTheRest(
  report: Report,
  pair: Pair<unknown>,
  changes: readonly PolicyChange[],
): void {
  const told = changes.map(({ path }) => path);
  for (const path of differing(pair, '')) {
    const known = told.some((one) => isWithin(one, path) || isWithin(path, one));
    if (!known) report(path, 'both', 'differs, and nobody knows what comes of it');
  }
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || (inner.startsWith(outer) && '.['.includes(inner.charAt(outer.length)));
}

/** Paths of members that differ; a list is one. */
function differing([before, after]: Pair<unknown>, path: string): readonly string[] {
  if (before === after) return [];
  if (!isObject(before) || !isObject(after)) return same([before, after]) ? [] : [path];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    differing([before[name], after[name]], path === '' ? name : `${path}.${name}`),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
