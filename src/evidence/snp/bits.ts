/** Positions of the bits by name. */
type BitTable = Readonly<Record<string, number>>;

/** Every named bit of a 64-bit field, and whether it is set. */
export function namedBits<Table extends BitTable>(
  value: bigint,
  table: Table,
): { readonly [Name in keyof Table]: boolean } {
  const entries = Object.entries(table).map(([name, position]) => [name, bit(value, position)]);
  return Object.fromEntries(entries);
}

/** A field in which these bits and no others are set. */
export function bitMask(positions: Iterable<number>): bigint {
  let mask = 0n;
  for (const position of positions) mask |= 1n << BigInt(position);
  return mask;
}

/** Positions that are set and not in the mask `known`, lowest first. */
export function otherBits(value: bigint, known: bigint): readonly number[] {
  const found: number[] = [];
  let left = value & ~known;
  for (let position = 0; left > 0n; position++, left >>= 1n) {
    if ((left & 1n) === 1n) found.push(position);
  }
  return found;
}

export function bit(value: bigint, position: number): boolean {
  return ((value >> BigInt(position)) & 1n) === 1n;
}
