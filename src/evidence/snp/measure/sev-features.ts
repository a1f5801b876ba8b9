/**
 * SEV_FEATURES, the field of the VMSA that says what protects a vCPU: bit by bit (AMD64
 * Architecture Programmer's Manual volume 2, "VMSA layout").
 */
export const SEV_FEATURES = {
  snpActive: 0,
  vTom: 1,
  reflectVc: 2,
  restrictedInjection: 3,
  alternateInjection: 4,
  debugSwap: 5,
  preventHostIbs: 6,
  btbIsolation: 7,
  vmplSss: 8,
  secureTsc: 9,
  vmgexitParameter: 10,
  ibsVirtualization: 12,
  vmsaRegProt: 14,
  smtProtection: 15,
} as const;

/** SNPActive alone: what KVM sets when nothing else is asked of it. */
export const DEFAULT_SEV_FEATURES = 0x1n;

/** With DebugSwap, which Linux 6.6 and 6.7 set of their own accord on hosts that have it. */
export const SEV_FEATURES_WITH_DEBUG_SWAP = 0x21n;

/** The names of the bits that are set; one without a name reads `bit11`. */
export function sevFeatureNames(features: bigint): readonly string[] {
  const names: string[] = [];
  for (let position = 0; position < 64; position++) {
    if (((features >> BigInt(position)) & 1n) === 0n) continue;
    const known = Object.entries(SEV_FEATURES).find(([, bit]) => bit === position);
    names.push(known?.[0] ?? `bit${position}`);
  }
  return names;
}
