import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appraise } from '../../../../src/appraisal/appraise/appraise.ts';
import { compilePolicy } from '../../../../src/appraisal/appraise/compiled-policy.ts';
import type { Appraisable } from '../../../../src/appraisal/appraise/subject.ts';
import { diffPolicies } from '../../../../src/appraisal/policy/diff/diff-policies.ts';
import type { Policy } from '../../../../src/appraisal/policy/schema/policy.ts';
import type { TdxRules } from '../../../../src/appraisal/policy/schema/tdx.ts';
import { evidenceOfMany, fullMachines } from '../../../support/appraisables.ts';
import { fullSnpPolicy, fullTdxPolicy } from '../../../support/full-policies.ts';
import { challenged, type Editable, policyFor, wholeMachine } from '../../../support/policy.ts';
import { asPolicy, eachVariantOf, variantsOf } from '../../../support/policy-variants.ts';

export const { tdx, snp } = await fullMachines();
const alone = challenged(await wholeMachine({ gpus: 0, switches: 0 }));
const evidence = evidenceOfMany(tdx, snp, [alone]);
const NOW = Date.parse(tdx.at);
const INSTANTS = ['2025-06-01', '2026-06-01', '2026-12-31', '2100-01-01'].map((day) =>
  Date.parse(`${day}T00:00:00Z`),
);

const REVOKED = {
  state: 'revoked',
  revokedAt: '2026-01-01T00:00:00Z',
  reason: 'a leaked key',
} as const;

/** Each of them accepts some of the evidence. */
export const bases: readonly Policy[] = [
  fullTdxPolicy(tdx),
  fullSnpPolicy(snp),
  policyFor(tdx),
  policyFor(snp),
  policyFor(alone),
  // A set that is revoked refuses what another one lets in.
  policyFor(tdx, ({ spec }) => {
    const cpu = spec.evidence.cpu as Editable<TdxRules>;
    const [own] = cpu.referenceSets;
    if (own === undefined) return;
    cpu.referenceSets = [
      { ...own, mrTd: { skip: 'any firmware, for a test' } },
      { ...own, id: 'bad', mrTd: '2'.repeat(96), lifecycle: REVOKED },
    ];
  }),
];

/** Which of the evidence a policy accepts; that which it was made for at each of the instants. */
export const acceptedBy = (() => {
  const known = new WeakMap<Policy, readonly boolean[]>();
  return (policy: Policy): readonly boolean[] => {
    const before = known.get(policy);
    if (before) return before;
    const compiled = compilePolicy({ policy, canonical: new Uint8Array(), digest: 'sha256:' });
    const accepts = (one: Appraisable, now: number) =>
      appraise(one, compiled, now).verdict === 'accept';
    const accepted = [
      ...evidence.map((one) => accepts(one, NOW)),
      ...[tdx, snp].flatMap((one) => INSTANTS.map((now) => accepts(one, now))),
    ];
    known.set(policy, accepted);
    return accepted;
  };
})();

/** @returns whether the policies decide differently about any of the evidence. */
function checkPromise(before: Policy, after: Policy): boolean {
  const [old, fresh] = [acceptedBy(before), acceptedBy(after)];
  const admitted = fresh.filter((accepted, i) => accepted && !old[i]).length;
  const refused = old.filter((accepted, i) => accepted && !fresh[i]).length;
  if (admitted + refused === 0) return false;
  const changes = diffPolicies(before, after);
  const may = (direction: string) =>
    changes.some(({ effect }) => effect === direction || effect === 'both');
  const said = JSON.stringify(changes);
  if (admitted > 0) expect(may('widens'), `admits ${admitted}: ${said}`).toBe(true);
  if (refused > 0) expect(may('narrows'), `refuses ${refused}: ${said}`).toBe(true);
  return true;
}

/**
 * What a comparison does not tell of changes nothing about who is let in.
 *
 * @param every so many single changes one is tried.
 * @param runs of several changes at once.
 */
export function describePromise({ every, runs }: { every: number; runs: number }): void {
  describe('diffPolicies', () => {
    it('keeps its promise for every single change, both ways', { timeout: 600_000 }, () => {
      let telling = 0;
      for (const base of bases) {
        for (const { value } of eachVariantOf(base).filter((_, i) => i % every === 0)) {
          const after = asPolicy(value);
          if (after === undefined) continue;
          if (checkPromise(base, after)) telling++;
          checkPromise(after, base);
        }
      }
      expect(telling).toBeGreaterThan(300 / every);
    });

    it('keeps its promise for several changes at once', { timeout: 600_000 }, () => {
      const step = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
      const steps = fc.array(step, { maxLength: 2 });
      const plans = fc.record({ base: fc.constantFrom(...bases), before: steps, after: steps });
      fc.assert(
        fc.property(plans, ({ base, before, after }) => {
          checkPromise(walkFrom(base, before), walkFrom(base, after));
        }),
        { numRuns: runs },
      );
    });
  });
}

const variantCache = new Map<Policy, readonly unknown[]>();

/** A policy after so many changes at random; those that make none are left out. */
function walkFrom(base: Policy, walk: readonly number[]): Policy {
  let policy = base;
  for (const step of walk) {
    let values = variantCache.get(policy);
    if (values === undefined) {
      values = variantsOf(policy).map(({ value }) => value);
      if (bases.includes(policy)) variantCache.set(policy, values);
    }
    const next = asPolicy(values[Math.floor(step * values.length)]);
    if (next) policy = next;
  }
  return policy;
}
