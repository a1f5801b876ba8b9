import { CERTIFICATE_TABLE_FAULTS } from './certificate-table.ts';
import { CHAIN_FAULTS } from './chain.ts';
import { CRL_FAULTS } from './crl.ts';
import type { SnpFault } from './fault.ts';
import { GUEST_FAULTS } from './guest.ts';
import { PRODUCT_FAULTS } from './product.ts';
import { REPORT_FAULTS } from './report.ts';
import { ROOT_FAULTS } from './root.ts';
import { SIGNATURE_FAULTS } from './signature.ts';
import { STRAY_CERTIFICATE_FAULTS } from './stray-certificates.ts';
import { TCB_FAULTS } from './tcb.ts';
import { SNP_VARIANTS } from './variants.ts';
import { VEK_FAULTS } from './vek.ts';
import { VEK_EXTENSION_FAULTS } from './vek-extensions.ts';

/** Everything that can be wrong, each in one way only. */
export const SNP_FAULTS = {
  ...REPORT_FAULTS,
  ...SIGNATURE_FAULTS,
  ...GUEST_FAULTS,
  ...TCB_FAULTS,
  ...VEK_FAULTS,
  ...VEK_EXTENSION_FAULTS,
  ...CHAIN_FAULTS,
  ...STRAY_CERTIFICATE_FAULTS,
  ...ROOT_FAULTS,
  ...PRODUCT_FAULTS,
  ...CRL_FAULTS,
  ...CERTIFICATE_TABLE_FAULTS,
};

export type SnpFaultName = keyof typeof SNP_FAULTS;
export type SnpVariantName = keyof typeof SNP_VARIANTS;

/** A fault or a variant by its name. */
export function snpCase(name: SnpFaultName | SnpVariantName): SnpFault {
  const all: Readonly<Record<string, SnpFault>> = { ...SNP_FAULTS, ...SNP_VARIANTS };
  const found = all[name];
  if (found === undefined) throw new RangeError(`no such SNP fault: ${name}`);
  return found;
}
