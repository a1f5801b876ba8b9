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

/** Positions that are set and not in `known`, lowest first. */
export function otherBits(value: bigint, known: ReadonlySet<number>): readonly number[] {
  const found: number[] = [];
  for (let position = 0; position < 64; position++) {
    if (bit(value, position) && !known.has(position)) found.push(position);
  }
  return found;
}

export function bit(value: bigint, position: number): boolean {
  return ((value >> BigInt(position)) & 1n) === 1n;
}
