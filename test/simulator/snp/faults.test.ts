import { describe, expect, it } from 'vitest';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { SNP_CHECKS, type SnpCheckId } from '../../../src/evidence/snp/checks.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { type SnpVerification, verifySnp } from '../../../src/evidence/snp/verifier.ts';
import type { SnpFault } from '../../../src/simulator/snp/faults/fault.ts';
import {
  SNP_FAULTS,
  type SnpFaultName,
  type SnpVariantName,
  snpCase,
} from '../../../src/simulator/snp/faults/table.ts';
import { SNP_VARIANTS } from '../../../src/simulator/snp/faults/variants.ts';
import { SNP_PRODUCTS, type SnpProduct } from '../../../src/simulator/snp/product.ts';
import { simulateSnp } from '../../../src/simulator/snp/simulate.ts';

const PRODUCTS = Object.keys(SNP_PRODUCTS) as SnpProduct[];

/** Every case with every product of which it makes sense. */
function casesOf<Name extends SnpFaultName | SnpVariantName>(
  faults: Readonly<Record<Name, SnpFault>>,
): (readonly [SnpProduct, Name])[] {
  const names = Object.keys(faults) as Name[];
  return names.flatMap((name) =>
    (snpCase(name).products ?? PRODUCTS).map((product) => [product, name] as const),
  );
}

async function verified(
  product: SnpProduct,
  fault: SnpFaultName | SnpVariantName,
  vendor: readonly TrustAnchor[] = [],
): Promise<SnpVerification> {
  const made = await simulateSnp({ product, fault });
  const { report, extendedReport = report, vek, chain, crl, root, at, questions } = made;
  return verifySnp({
    report: extendedReport,
    ...(vek && { vek }),
    chain,
    ...(crl && { crl }),
    at: snpClocksAt(at),
    anchors: vendor.length > 0 ? vendor : [anchorFromCertificate(root, 'root')],
    ...questions,
  });
}

function answers({ checks }: SnpVerification, outcome: string): string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

describe('each fault trips its own checks and no other', () => {
  it.each(casesOf(SNP_FAULTS))('%s %s', async (product, name) => {
    const { fails = [], unresolved = [], skipped = [] } = snpCase(name);
    const verification = await verified(product, name);
    expect(answers(verification, 'fail').sort()).toEqual([...fails].sort());
    expect(answers(verification, 'unresolved').sort()).toEqual([...unresolved].sort());
    expect(answers(verification, 'skipped').sort()).toEqual([...skipped].sort());
    expect(verification.verdict).toBe(fails.length > 0 ? 'reject' : 'indeterminate');
  });
});

describe('what is merely out of the ordinary is accepted', () => {
  it.each(casesOf(SNP_VARIANTS))('%s %s', async (product, name) => {
    const verification = await verified(product, name);
    expect([answers(verification, 'fail'), answers(verification, 'unresolved')]).toEqual([[], []]);
    expect(answers(verification, 'skipped').sort()).toEqual([...(snpCase(name).skipped ?? [])]);
    expect(verification.verdict).toBe('accept');
  });
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
