import { describe, expect, it } from 'vitest';
import { diffPolicies } from '../../../../src/appraisal/policy/diff/diff-policies.ts';
import {
  fullSnpPolicy,
  fullTdxPolicy,
  otherSnpPolicy,
  otherTdxPolicy,
  skippedPolicy,
} from '../../../support/full-policies.ts';
import { asPolicy, changeablePaths, variantsOf } from '../../../support/policy-variants.ts';
import { acceptedBy, bases, describePromise, snp, tdx } from './promise-cases.ts';

/** Together they have every member in each of its forms; no machine need meet them. */
const everything = [
  ...bases,
  otherTdxPolicy(tdx),
  otherSnpPolicy(snp),
  skippedPolicy(fullTdxPolicy(tdx)),
  skippedPolicy(fullSnpPolicy(snp)),
];

/** `spec.x["id"].y` and `spec.x[].y` both as `spec.x.y`. */
const plain = (path: string) => path.replaceAll(/\[[^\]]*\]/g, '').replaceAll(/\.\*$/g, '');

describe('diffPolicies', () => {
  it.each(bases.map((base, i) => [i, base] as const))(
    'finds nothing in policy %i itself',
    (_i, base) => {
      expect(acceptedBy(base)).toContain(true);
      expect(diffPolicies(base, structuredClone(base))).toEqual([]);
    },
  );

  it('tells of every member of the schema that changes, at its place', { timeout: 240_000 }, () => {
    const varied = new Set<string>();
    for (const base of everything) {
      for (const { path, value } of variantsOf(base)) {
        const after = asPolicy(value);
        if (after === undefined) continue;
        const changes = diffPolicies(base, after);
        const related = changes.some((change) => {
          const [told, there] = [plain(change.path), plain(path)];
          return told.startsWith(there) || there.startsWith(told);
        });
        expect(related, `${path}: ${JSON.stringify(changes)}`).toBe(true);
        varied.add(path);
      }
    }
    const left = [...changeablePaths()].filter((path) => !varied.has(path));
    expect(left).toEqual([]);
  });
});

describePromise({ every: 4, runs: 100 });
