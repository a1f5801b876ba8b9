import { hash } from 'node:crypto';
import { malformed } from '../core/fault.ts';
import { columnsOf, SUMMED, type SummedTable } from './columns.ts';
import type { Row, Value } from './driver.ts';

/**
 * SHA-256 in hex over table, names and values of a row. A value is its length in bytes, a colon
 * and its bytes; NULL is left out, so that a later column changes no sum of before.
 */
export function rowSum(table: SummedTable, row: Row): string {
  const parts: Uint8Array[] = [];
  let text = `${table}\n`;
  for (const name of NAMES.get(table) ?? []) {
    const value = row[name];
    if (value === null || value === undefined) continue;
    if (value instanceof Uint8Array) {
      parts.push(Buffer.from(`${text}${name}=${value.length}:`), value);
      text = '\n';
    } else {
      const written = `${value}`;
      text += `${name}=${Buffer.byteLength(written)}:${written}\n`;
    }
  }
  if (parts.length === 0) return hash('sha256', text, 'hex');
  return hash('sha256', Buffer.concat([...parts, Buffer.from(text)]), 'hex');
}

const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(SUMMED).map(([table, { summed }]) => [table, Object.keys(summed)]),
);

export function withSum(table: SummedTable, row: Row): Row {
  return { ...row, sum: rowSum(table, row) };
}

/** @throws Fault `malformed` at `<table>[<key>]` for a row that is not as its sum says. */
export function checked(table: SummedTable, row: Row): Row {
  if (row['sum'] !== rowSum(table, row)) throw malformed(placeOf(table, row), NOT_AS_SUMMED);
  return row;
}

export const NOT_AS_SUMMED = 'is not what its sum says was stored';

/** Table and key, e.g. `tiles[0,17]`. */
export function placeOf(table: SummedTable, row: Row): string {
  return `${table}[${columnsOf(table)
    .key.map((name) => row[name])
    .join()}]`;
}

/** Covers which blobs a record uses, whatever their order. */
export function usesSum(digests: readonly string[]): string {
  return hash('sha256', [...digests].sort().join('\n'), 'hex');
}

/** @throws Fault `internal` where a column is not of this kind: a query of ours that is wrong. */
export function textOf(value: Value | undefined): string {
  if (typeof value !== 'string') throw wrongKind(value, 'text');
  return value;
}

/** @throws Fault `malformed` for what is no safe integer: no column of ours holds such a value. */
export function integerOf(value: Value | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrongKind(value, 'integer');
  return value;
}

export function bytesOf(value: Value | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongKind(value, 'bytes');
  return value;
}

function wrongKind(value: Value | undefined, want: string) {
  return malformed('store', `a column holds ${typeof value} where ${want} was stored`);
}
