import type { Bed } from './store-beds.ts';

/** A value as SQL of the database that the bed is of. */
export function literal(value: unknown, bed: Bed): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value).toString('hex');
    return 'file' in bed.place ? `X'${hex}'` : `'\\x${hex}'`;
  }
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : `${value}`;
}
