import { Fault } from '../core/fault.ts';
import { signaturesIn } from '../ledger/note/signed-note.ts';
import type { LogHead } from '../ledger/store.ts';
import type { Row, Sql } from './driver.ts';
import { bytesOf, checked, integerOf, textOf, withSum } from './row-sum.ts';

/** Undefined: nothing was ever signed. */
export async function headSize(sql: Sql): Promise<number | undefined> {
  const [row] = await sql.all('SELECT size FROM checkpoints ORDER BY size DESC LIMIT 1');
  return row && integerOf(row['size']);
}

export async function readHead(sql: Sql): Promise<LogHead | undefined> {
  const [row] = await sql.all('SELECT * FROM checkpoints ORDER BY size DESC LIMIT 1');
  return row && headOf(row);
}

export async function readCheckpoint(sql: Sql, size: number): Promise<LogHead | undefined> {
  const [row] = await sql.all('SELECT * FROM checkpoints WHERE size = ?', size);
  return row && headOf(row);
}

export async function readCheckpoints(
  sql: Sql,
  from: number,
  count: number,
): Promise<readonly LogHead[]> {
  const select = 'SELECT * FROM checkpoints WHERE size >= ? ORDER BY size LIMIT ?';
  return (await sql.all(select, from, count)).map(headOf);
}

function headOf(row: Row): LogHead {
  checked('checkpoints', row);
  return {
    size: integerOf(row['size']),
    root: bytesOf(row['root']),
    checkpoint: bytesOf(row['note']),
  };
}

export async function addCosignatures(
  sql: Sql,
  size: number,
  lines: readonly string[],
): Promise<void> {
  if ((await readCheckpoint(sql, size)) === undefined) {
    throw new Fault('conflict', `checkpoints[${size}]`, 'no such state was ever signed');
  }
  const known = await cosignatures(sql, size);
  const signers = known.map(signerOf);
  const fresh = new Map<number, string>();
  for (const line of lines) {
    const signer = signerOf(line);
    if (!signers.includes(signer)) signers.push(signer);
    fresh.set(signers.indexOf(signer), line);
  }
  const changed = [...fresh].filter(([nth, line]) => known[nth] !== line);
  if (changed.length === 0) return;
  for (const [nth] of changed) {
    await sql.run('DELETE FROM cosignatures WHERE size = ? AND nth = ?', size, nth);
  }
  const rows = changed.map(([nth, line]) => withSum('cosignatures', { size, nth, line }));
  await sql.insert('cosignatures', rows);
}

function signerOf(line: string): string {
  const [signature] = signaturesIn([line]);
  if (signature === undefined) throw new Fault('internal', 'line', 'has no signature');
  return `${signature.id} ${signature.name}`;
}

export async function cosignedSizes(sql: Sql, count: number): Promise<readonly number[]> {
  const select = 'SELECT DISTINCT size FROM cosignatures ORDER BY size DESC LIMIT ?';
  return (await sql.all(select, count)).map((row) => integerOf(row['size']));
}

export async function cosignatures(sql: Sql, size: number): Promise<readonly string[]> {
  const rows = await sql.all('SELECT * FROM cosignatures WHERE size = ? ORDER BY nth', size);
  return rows.map((row) => textOf(checked('cosignatures', row)['line']));
}
