import type { Value } from './driver.ts';

/** PostgreSQL takes no more than 65,535 values in one statement; far fewer are as quick. */
const MOST_VALUES = 4096;

/** SQL of this store as PostgreSQL speaks it. */
export function toPostgres(sql: string): string {
  let nth = 0;
  return sql
    .replaceAll(/\bINTEGER\b/g, 'BIGINT')
    .replaceAll(/\bBLOB\b/g, 'BYTEA')
    .replaceAll(/\) STRICT$/g, ')')
    .replaceAll('?', () => `$${++nth}`);
}

/** How many rows of so many columns one statement inserts. */
export function rowsAtOnce(columns: number): number {
  return Math.max(1, Math.floor(MOST_VALUES / columns));
}

export function insertOf(table: string, columns: readonly string[], rows: number): string {
  const marks = `(${columns.map(() => '?').join(', ')})`;
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array(rows).fill(marks).join(', ')}`;
}

const BIGINT = 20;
const BYTEA = 17;

/**
 * A value from the text in which PostgreSQL sends it. An integer beyond the safe ones comes out
 * as another one, which no sum of a row agrees with.
 */
export function parserOf(type: number): (text: string) => Value {
  if (type === BIGINT) return Number;
  if (type === BYTEA) return bytesFrom;
  return String;
}

/** `\x` and hex. With a buffer of its own: it goes to another thread. */
function bytesFrom(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}
