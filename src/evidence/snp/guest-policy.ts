import { bit, bitMask, namedBits, otherBits } from './bits.ts';

/** POLICY, bit by bit (SEV-SNP ABI specification, "Guest policy"); bits 15:0 are the ABI version. */
export const GUEST_POLICY_BITS = {
  smt: 16,
  migrateMa: 18,
  debug: 19,
  singleSocket: 20,
  cxlAllow: 21,
  memAes256Xts: 22,
  raplDis: 23,
  ciphertextHidingDram: 24,
  pageSwapDisable: 25,
} as const;

export type GuestPolicyBit = keyof typeof GUEST_POLICY_BITS;

/** Reserved, and must be one. */
export const MUST_BE_ONE = 17;
const KNOWN = bitMask([
  ...Array.from({ length: 16 }, (_, position) => position),
  MUST_BE_ONE,
  ...Object.values(GUEST_POLICY_BITS),
]);

export interface GuestPolicy {
  /** Lowest version of the ABI that the guest accepts. */
  readonly abiMajor: number;
  readonly abiMinor: number;
  readonly flags: Readonly<Record<GuestPolicyBit, boolean>>;
  readonly bit17: boolean;
  /** Set, and in no version of the specification that this release knows. */
  readonly unknown: readonly number[];
}

export function guestPolicy(policy: bigint): GuestPolicy {
  return {
    abiMajor: Number((policy >> 8n) & 0xffn),
    abiMinor: Number(policy & 0xffn),
    flags: namedBits(policy, GUEST_POLICY_BITS),
    bit17: bit(policy, MUST_BE_ONE),
    unknown: unknownPolicyBits(policy),
  };
}

/** Set, and in no version of the specification that this release knows. */
export function unknownPolicyBits(policy: bigint): readonly number[] {
  return otherBits(policy, KNOWN);
}
