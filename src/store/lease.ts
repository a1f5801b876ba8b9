import { Fault, malformed } from '../core/fault.ts';
import type { Fence, LeaseAnswer, LeasePurpose, LeaseState } from '../ledger/store.ts';
import type { Row, Sql, Value } from './driver.ts';
import { wantNotRestored } from './restored.ts';
import { checked, integerOf, textOf, withSum } from './row-sum.ts';

/** The lease's row. No clock in it: who may write is a matter of tokens, not of time. */
interface Lease {
  /** Undefined: nobody has it. */
  readonly holder: string | undefined;
  /** Of the one that has it, or had it last. */
  readonly token: number;
  readonly beat: number;
  readonly wanted: boolean;
}

/** The row of a new database. */
export async function createLease(sql: Sql): Promise<void> {
  const row = rowOf({ holder: undefined, token: 0, beat: 0, wanted: false });
  await sql.insert('lease', [withSum('lease', row)]);
}

export async function takeLease(
  sql: Sql,
  holder: string,
  purpose: LeasePurpose = 'write',
): Promise<LeaseAnswer> {
  if (purpose === 'write') await wantNotRestored(sql);
  const lease = await readLease(sql);
  const by = heldBy(lease);
  if (by === undefined) return grant(sql, holder, lease);
  if (!lease.wanted) await writeLease(sql, { ...lease, wanted: true });
  return { taken: false, by };
}

export async function seizeLease(
  sql: Sql,
  holder: string,
  seen: LeaseState,
  purpose: LeasePurpose = 'write',
): Promise<LeaseAnswer> {
  if (purpose === 'write') await wantNotRestored(sql);
  const lease = await readLease(sql);
  const by = heldBy(lease);
  if (by !== undefined && !isSame(by, seen)) return { taken: false, by };
  return grant(sql, holder, lease);
}

export async function beat(sql: Sql, fence: Fence): Promise<{ readonly wanted: boolean }> {
  const lease = await requireLease(sql, fence);
  await writeLease(sql, { ...lease, beat: lease.beat + 1 });
  return { wanted: lease.wanted };
}

export async function releaseLease(sql: Sql, fence: Fence): Promise<void> {
  const lease = await readLease(sql);
  if (!isHeld(lease, fence)) return;
  await writeLease(sql, { ...lease, holder: undefined, wanted: false });
}

/** Whoever has it has lost it: what they still try is refused. */
export async function takeLeaseAway(sql: Sql): Promise<void> {
  await writeLease(sql, { ...(await readLease(sql)), holder: undefined, wanted: false });
}

/** @throws Fault `conflict` at `lease` where it is not, or no longer, the fence's. */
export async function requireLease(sql: Sql, fence: Fence): Promise<Lease> {
  const lease = await readLease(sql);
  if (isHeld(lease, fence)) return lease;
  const now = lease.holder === undefined ? 'nobody has it' : `${lease.holder} has it`;
  const detail = `is not ${fence.holder}'s under token ${fence.token}: ${now}, token ${lease.token}`;
  throw new Fault('conflict', 'lease', detail);
}

async function readLease(sql: Sql): Promise<Lease> {
  const [row] = await sql.all('SELECT * FROM lease WHERE id = 1');
  if (row === undefined) throw malformed('lease', 'its row is missing');
  checked('lease', row);
  return {
    holder: row['holder'] === null ? undefined : textOf(row['holder']),
    token: integerOf(row['token']),
    beat: integerOf(row['beat']),
    wanted: row['wanted'] === 1,
  };
}

async function grant(sql: Sql, holder: string, { token }: Lease): Promise<LeaseAnswer> {
  const fence = { holder, token: token + 1 };
  await writeLease(sql, { ...fence, beat: 0, wanted: false });
  return { taken: true, fence };
}

async function writeLease(sql: Sql, lease: Lease): Promise<void> {
  const { holder, token, beat: count, wanted, sum } = withSum('lease', rowOf(lease));
  await sql.run(
    'UPDATE lease SET holder = ?, token = ?, beat = ?, wanted = ?, sum = ? WHERE id = 1',
    ...[holder, token, count, wanted, sum].map((value): Value => value ?? null),
  );
}

function rowOf({ holder, token, beat: count, wanted }: Lease): Row {
  return { id: 1, holder: holder ?? null, token, beat: count, wanted: wanted ? 1 : 0 };
}

function heldBy({ holder, token, beat: count }: Lease): LeaseState | undefined {
  return holder === undefined ? undefined : { holder, token, beat: count };
}

function isHeld(lease: Lease, fence: Fence): boolean {
  return lease.holder === fence.holder && lease.token === fence.token;
}

function isSame(a: LeaseState, b: LeaseState): boolean {
  return a.holder === b.holder && a.token === b.token && a.beat === b.beat;
}
