import { describe, expect, it } from 'vitest';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { SNP_CHECKS, type SnpCheckId } from '../../../src/evidence/snp/checks.ts';
import type { SnpFault } from '../../../src/simulator/snp/faults/fault.ts';
import {
  SNP_FAULTS,
  type SnpFaultName,
  type SnpVariantName,
} from '../../../src/simulator/snp/faults/table.ts';
import { SNP_VARIANTS } from '../../../src/simulator/snp/faults/variants.ts';
import type { SnpProduct } from '../../../src/simulator/snp/product.ts';
import { answers, casesOf, expectFault, expectVariant, PRODUCTS, verified } from './faulty.ts';

/** Each case of one product, in turns: of every product, the long tests. */
function inTurns<Name extends SnpFaultName | SnpVariantName>(
  cases: readonly (readonly [SnpProduct, Name])[],
): readonly (readonly [SnpProduct, Name])[] {
  return [...Map.groupBy(cases, ([, name]) => name).values()].flatMap((some, i) => {
    const one = some[i % some.length];
    return one ? [one] : [];
  });
}

describe('each fault trips its own checks and no other', () => {
  it.each(inTurns(casesOf(SNP_FAULTS)))('%s %s', expectFault);
});

describe('what is merely out of the ordinary is accepted', () => {
  it.each(inTurns(casesOf(SNP_VARIANTS)))('%s %s', expectVariant);
});

/** With the root among what is handed over, with a table that brings it, and without it. */
const UNDER_AMD: readonly (SnpVariantName | SnpFaultName)[] = [
  'valid_v5',
  'vlek_v5',
  'chain_with_root',
  'table_vcek',
  'hierarchy_forged',
];

describe('under AMD’s roots nothing of the simulator is authentic', () => {
  it.each(PRODUCTS.flatMap((product) => UNDER_AMD.map((name) => [product, name] as const)))(
    '%s %s',
    async (product, name) => {
      const verification = await verified(product, name, AMD_ROOTS);
      expect([verification.verdict, verification.authentic]).toEqual(['reject', false]);
      expect(answers(verification, 'fail')).toContain('snp.vek.root');
    },
  );
});

/** Asked of a clock before there is any evidence. */
const NOT_OF_EVIDENCE: readonly SnpCheckId[] = ['snp.clock'];

/** A list that can't be relied upon leaves the revocation open as well. */
const NEVER_ALONE: readonly SnpCheckId[] = ['snp.crl.signature', 'snp.crl.validity'];

it('has a fault for every check that trips that check alone', () => {
  const faults: readonly SnpFault[] = Object.values(SNP_FAULTS);
  const alone = new Set(
    faults.flatMap(({ fails = [], unresolved = [] }) => {
      const wrong = [...fails, ...unresolved];
      return wrong.length === 1 ? wrong : [];
    }),
  );
  const ids = (Object.keys(SNP_CHECKS) as SnpCheckId[]).filter(
    (id) => !NOT_OF_EVIDENCE.includes(id),
  );
  expect(ids.filter((id) => !alone.has(id))).toEqual(NEVER_ALONE);
});

it('has no fault without a consequence', () => {
  const faults = Object.entries<SnpFault>(SNP_FAULTS);
  const idle = faults.filter(([, { fails, unresolved }]) => !fails?.length && !unresolved?.length);
  expect(idle).toEqual([]);
  expect(faults.length).toBeGreaterThan(200);
});
