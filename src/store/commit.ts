import { equalBytes } from '../core/bytes/equal.ts';
import { Fault } from '../core/fault.ts';
import type { FleetChange } from '../gateway/fleet/store.ts';
import type { Batch, LogHead, NewRecord, NextState } from '../ledger/store.ts';
import { addBlobs, blobIds } from './archive.ts';
import { checkNext } from './batch-shape.ts';
import { headSize, readCheckpoint } from './checkpoints.ts';
import type { Sql } from './driver.ts';
import { applyChange } from './fleet/change.ts';
import { requireLease } from './lease.ts';
import { rowSum, usesSum, withSum } from './row-sum.ts';
import type { Sealer } from './seal.ts';

/**
 * Writes one batch: to be run in one transaction, alone among writers, and thrown away as a whole
 * when it throws.
 */
export async function writeBatch(
  sql: Sql,
  sealer: Sealer | undefined,
  batch: Batch<FleetChange>,
  next: () => NextState | Promise<NextState>,
): Promise<{ readonly wanted: boolean }> {
  const { wanted } = await requireLease(sql, batch.fence);
  const size = await headSize(sql);
  if ((size ?? 0) !== batch.base) {
    throw new Fault(
      'conflict',
      'checkpoints',
      `the log has ${size ?? 0} leaves, not ${batch.base}`,
    );
  }
  await writeLeaves(sql, batch);
  if (batch.blobs.length > 0) {
    if (sealer === undefined) throw new Fault('usage', 'archiveKey', 'is needed to archive blobs');
    await addBlobs(sql, sealer, batch.blobs);
  }
  if (batch.records.length > 0) await writeRecords(sql, batch);
  for (const change of batch.companions) await applyChange(sql, change);
  // Last of all: it is made while the rest is written.
  await writeState(sql, batch, await next(), size);
  return { wanted };
}

async function writeLeaves(sql: Sql, { base, leaves }: Batch<FleetChange>): Promise<void> {
  const rows = leaves.map(({ id, entry, hash }, i) =>
    withSum('leaves', { idx: base + i, id, entry, hash }),
  );
  if (rows.length > 0) await sql.insert('leaves', rows);
}

/** @param size that was signed last. */
async function writeState(
  sql: Sql,
  batch: Batch<FleetChange>,
  next: NextState,
  size: number | undefined,
): Promise<void> {
  checkNext(batch, next);
  const tiles = next.tiles.map(({ level, index, hashes }) =>
    withSum('tiles', { level, idx: index, hashes }),
  );
  if (tiles.length > 0) await sql.insert('tiles', tiles);
  const { head } = next;
  await (size === head.size ? signAgain(sql, head) : sql.insert('checkpoints', [headRow(head)]));
}

/** The same tree signed anew, by one more key for one; never another tree. */
async function signAgain(sql: Sql, head: LogHead): Promise<void> {
  const before = await readCheckpoint(sql, head.size);
  if (before === undefined || !equalBytes(before.root, head.root)) {
    throw new Fault(
      'conflict',
      `checkpoints[${head.size}]`,
      'another root of this size was signed',
    );
  }
  const { note, sum } = headRow(head);
  await sql.run('UPDATE checkpoints SET note = ?, sum = ? WHERE size = ?', note, sum, head.size);
}

function headRow({ size, root, checkpoint }: LogHead) {
  const row = { size, root, note: checkpoint };
  return { ...row, sum: rowSum('checkpoints', row) };
}

async function writeRecords(
  sql: Sql,
  { base, leaves, records }: Batch<FleetChange>,
): Promise<void> {
  const indexes = new Map(leaves.map(({ id }, i) => [id, base + i]));
  const ids = await blobIds(
    sql,
    records.flatMap(({ uses }) => uses),
  );
  await sql.insert(
    'records',
    records.map((record) => recordRow(record, numberOf(indexes, record.id))),
  );
  const uses = records.flatMap((record) =>
    [...new Set(record.uses)].map((digest) => ({
      record: numberOf(indexes, record.id),
      blob: numberOf(ids, digest),
    })),
  );
  await sql.insert('uses', uses);
}

function numberOf(numbers: ReadonlyMap<string, number>, name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new Fault('internal', 'store', `no number for ${name}`);
  return number;
}

function recordRow({ at, manifest, uses }: NewRecord, idx: number) {
  return withSum('records', {
    idx,
    moment: at,
    manifest,
    uses_sum: usesSum([...new Set(uses)]),
    forgotten: null,
    reason: null,
  });
}
