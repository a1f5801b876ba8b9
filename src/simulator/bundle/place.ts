import { deriveBytes } from '../keys.ts';
import type { SnpPlan } from '../snp/plan.ts';
import { SNP_PRODUCTS } from '../snp/product.ts';
import type { TdxPlan } from '../tdx/plan.ts';

/** Another processor of the same world: the same vendor and software, its own identity. */
export function placeTdx({ seed, certificates: { pck } }: TdxPlan, machine: string): void {
  if (pck.sgx === undefined) return;
  pck.sgx.ppid = deriveBytes(seed, `ppid of ${machine}`, 16);
  pck.sgx.platformInstanceId = deriveBytes(seed, `platform instance id of ${machine}`, 16);
}

/** The same of a chip of AMD's; a VLEK is no chip's. */
export function placeSnp(
  { seed, product, certificates: { vcek }, report }: SnpPlan,
  machine: string,
): void {
  const { hwidLength } = SNP_PRODUCTS[product];
  const chipId = new Uint8Array(64);
  chipId.set(deriveBytes(seed, `chip id of ${machine}`, hwidLength));
  vcek.vek.hwID = chipId.slice(0, hwidLength);
  report.chipId = chipId;
}
