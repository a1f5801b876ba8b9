import { expect } from 'vitest';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { type SnpVerification, verifySnp } from '../../../src/evidence/snp/verifier.ts';
import type { SnpFault } from '../../../src/simulator/snp/faults/fault.ts';
import {
  type SnpFaultName,
  type SnpVariantName,
  snpCase,
} from '../../../src/simulator/snp/faults/table.ts';
import { SNP_PRODUCTS, type SnpProduct } from '../../../src/simulator/snp/product.ts';
import { simulateSnp } from '../../../src/simulator/snp/simulate.ts';

export const PRODUCTS = Object.keys(SNP_PRODUCTS) as SnpProduct[];

/** Every case with every product of which it makes sense. */
export function casesOf<Name extends SnpFaultName | SnpVariantName>(
  faults: Readonly<Record<Name, SnpFault>>,
): (readonly [SnpProduct, Name])[] {
  const names = Object.keys(faults) as Name[];
  return names.flatMap((name) =>
    (snpCase(name).products ?? PRODUCTS).map((product) => [product, name] as const),
  );
}

export async function verified(
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

export function answers({ checks }: SnpVerification, outcome: string): string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

/** A fault trips its own checks and no other. */
export async function expectFault(product: SnpProduct, name: SnpFaultName): Promise<void> {
  const { fails = [], unresolved = [], skipped = [] } = snpCase(name);
  const verification = await verified(product, name);
  expect(answers(verification, 'fail').sort()).toEqual([...fails].sort());
  expect(answers(verification, 'unresolved').sort()).toEqual([...unresolved].sort());
  expect(answers(verification, 'skipped').sort()).toEqual([...skipped].sort());
  expect(verification.verdict).toBe(fails.length > 0 ? 'reject' : 'indeterminate');
}

/** What is merely out of the ordinary is accepted. */
export async function expectVariant(product: SnpProduct, name: SnpVariantName): Promise<void> {
  const verification = await verified(product, name);
  expect([answers(verification, 'fail'), answers(verification, 'unresolved')]).toEqual([[], []]);
  const { skipped = [] } = snpCase(name);
  expect(answers(verification, 'skipped').sort()).toEqual([...skipped]);
  // That there is no chip to compare with is nobody's leave.
  const waived = verification.checks.filter((check) => 'waived' in check && check.waived);
  expect(waived.map(({ id }) => id).sort()).toEqual(skipped.filter((id) => id !== 'snp.vek.hwid'));
  expect(verification.verdict).toBe('accept');
}
