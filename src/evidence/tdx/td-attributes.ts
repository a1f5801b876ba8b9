/**
 * TDATTRIBUTES, bit by bit (Intel TDX Module ABI specification, "ATTRIBUTES").
 * Bits 7:0 are the group TUD: a TD with any of them set is to be treated as untrusted.
 */
export const TD_ATTRIBUTE_BITS = {
  debug: 0,
  hgsPlusProf: 4,
  perfProf: 5,
  pmtProf: 6,
  icssd: 16,
  lass: 27,
  septVeDisable: 28,
  migratable: 29,
  pks: 30,
  kl: 31,
  tpa: 62,
  perfmon: 63,
} as const;

export type TdAttributeName = keyof typeof TD_ATTRIBUTE_BITS;

/** @param bytes 8 bytes, little-endian. */
export function tdAttribute(bytes: Uint8Array, name: TdAttributeName): boolean {
  return bit(bytes, TD_ATTRIBUTE_BITS[name]);
}

const DEFINED: ReadonlySet<number> = new Set(Object.values(TD_ATTRIBUTE_BITS));

/** Bits that are set and must not be: reserved ones, and every TUD bit other than DEBUG. */
export function refusedTdAttributeBits(bytes: Uint8Array): number[] {
  const refused: number[] = [];
  for (let position = 1; position < 64; position++) {
    const untrusted = position < 8;
    if (bit(bytes, position) && (untrusted || !DEFINED.has(position))) refused.push(position);
  }
  return refused;
}

function bit(bytes: Uint8Array, position: number): boolean {
  return (((bytes[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
}
