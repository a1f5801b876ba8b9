import { bitMask, namedBits, otherBits } from './bits.ts';

/**
 * PLATFORM_INFO, bit by bit (SEV-SNP ABI specification). Bit 6 is set on genuine Turin
 * machines; no document of AMD's that we have read names it, its users call it as here.
 */
export const PLATFORM_INFO_BITS = {
  smtEn: 0,
  tsmeEn: 1,
  eccEn: 2,
  raplDis: 3,
  ciphertextHidingDramEn: 4,
  aliasCheckComplete: 5,
  iommuWriteSafe: 6,
  tioEn: 7,
} as const;

export type PlatformInfoBit = keyof typeof PLATFORM_INFO_BITS;

const KNOWN = bitMask(Object.values(PLATFORM_INFO_BITS));

export function platformInfoFlags(info: bigint): Readonly<Record<PlatformInfoBit, boolean>> {
  return namedBits(info, PLATFORM_INFO_BITS);
}

/** Set, and in no version of the specification that this release knows. */
export function unknownPlatformInfoBits(info: bigint): readonly number[] {
  return otherBits(info, KNOWN);
}
