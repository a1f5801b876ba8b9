import { describe, expect, it } from 'vitest';
import { explainPolicy } from '../../../../src/appraisal/policy/explain/explain-policy.ts';
import type { Policy } from '../../../../src/appraisal/policy/schema/policy.ts';
import type { TdxRules } from '../../../../src/appraisal/policy/schema/tdx.ts';
import {
  fullSnpPolicy,
  fullTdxPolicy,
  otherSnpPolicy,
  otherTdxPolicy,
  skippedPolicy,
} from '../../../support/full-policies.ts';
import { challenged, type Editable, policyFor, wholeMachine } from '../../../support/policy.ts';
import { asPolicy, changeablePaths, variantsOf } from '../../../support/policy-variants.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));
const policies = [
  fullTdxPolicy(tdx),
  fullSnpPolicy(snp),
  otherTdxPolicy(tdx),
  otherSnpPolicy(snp),
  skippedPolicy(fullTdxPolicy(tdx)),
  skippedPolicy(fullSnpPolicy(snp)),
];

/** How many there are is told; what each of them is decides nothing. */
const UNTOLD = /recordedEvents/;

function textOf(policy: Policy): string {
  return explainPolicy(policy)
    .map(({ heading, lines }) => [heading, ...lines].join('\n'))
    .join('\n\n');
}

function under(policy: Policy, heading: string): readonly string[] {
  return explainPolicy(policy).find((section) => section.heading === heading)?.lines ?? [];
}

describe('explainPolicy', () => {
  it('tells of every member of the schema', () => {
    const told = new Set<string>();
    for (const policy of policies) {
      const text = textOf(policy);
      for (const { path, value } of variantsOf(policy)) {
        const other = asPolicy(value);
        if (other === undefined) continue;
        if (textOf(other) !== text) told.add(path);
        else if (!UNTOLD.test(path)) expect(orderless(other), path).toBe(orderless(policy));
      }
    }
    const left = [...changeablePaths()].filter((path) => !told.has(path) && !UNTOLD.test(path));
    expect(left).toEqual([]);
  });

  it('has every skip with its reason under one heading', () => {
    const policy = skippedPolicy(fullTdxPolicy(tdx));
    const reasons = new Set(
      [...JSON.stringify(policy).matchAll(/"skip":"([^"]*)"/g)].map(([, reason]) => reason),
    );
    const lines = under(policy, 'Not checked');
    expect(reasons.size).toBeGreaterThan(0);
    for (const reason of reasons) {
      expect(lines.some((line) => line.endsWith(`: ${reason}`))).toBe(true);
    }
  });

  it('has every exception with its end', () => {
    expect(under(fullTdxPolicy(tdx), 'Exceptions')).toEqual([
      'INTEL-SA-00001 until 2027-01-01T00:00:00Z: for a reason that a test has.',
      'INTEL-SA-00002 until 2026-07-01T00:00:00Z: for a reason that a test has.',
      'the policy itself until 2027-01-01T00:00:00Z, its sunset.',
      'story until 2026-12-01T00:00:00Z, its sunset.',
    ]);
  });

  it('says that nobody gets in where no set admits anybody', () => {
    const policy = policyFor(tdx, ({ spec }) => {
      for (const set of (spec.evidence.cpu as Editable<TdxRules>).referenceSets) {
        set.lifecycle = { state: 'draft' };
      }
    });
    expect(under(policy, 'Who gets in')[0]).toBe(
      'Intel TDX machines, and none of them: no reference set admits any.',
    );
  });

  it('shows values in full where they are asked for', () => {
    const policy = policyFor(tdx);
    const [set] = (policy.spec.evidence.cpu as TdxRules).referenceSets;
    const full = JSON.stringify(explainPolicy(policy, 'full'));
    expect(full).toContain(`MRTD ${JSON.stringify(set?.mrTd).slice(1, -1)}`);
    expect(full).not.toContain('…');
    expect(textOf(policy)).not.toContain(set?.mrTd);
  });

  it('fits a screen for a policy of one set', () => {
    expect(textOf(policyFor(tdx)).split('\n').length).toBeLessThan(64);
  });
});

/** Lists in whatever order, and nothing that goes without saying: what means the same may be told in the same words. */
function orderless(value: unknown): string {
  const sorted = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map((item) => JSON.stringify(sorted(item))).sort();
    if (typeof part !== 'object' || part === null) return part;
    const ofTd = 'septVeDisable' in part;
    const members = Object.entries(part).filter(
      ([name, item]) => !(ofTd && ['icssd', 'tpa'].includes(name) && item === 'forbid'),
    );
    return Object.fromEntries(members.map(([name, item]) => [name, sorted(item)]));
  };
  return JSON.stringify(sorted(value));
}
