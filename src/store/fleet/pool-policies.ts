import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, type FaultCode } from '../../core/fault.ts';
import type { FleetChange, PendingPolicy, PoolPolicy } from '../../gateway/fleet/store.ts';
import type { Row, Sql } from '../driver.ts';
import { bytesOf, checked, integerOf, placeOf, textOf, withSum } from '../row-sum.ts';
import {
  anyText,
  bytes,
  closed,
  digest,
  instant,
  list,
  optional,
  ordinal,
  wantShape,
  words,
} from '../shape.ts';
import { isStorable } from '../storable.ts';

const poolPolicyShape = closed<PoolPolicy>({
  pool: words,
  name: words,
  revision: ordinal,
  digest,
  file: bytes,
  revocations: list(bytes),
  activatedAt: instant,
  pending: optional(closed<PendingPolicy>({ digest, file: bytes, seenAt: instant, from: instant })),
});

const base64Texts = list(anyText);

export async function poolPolicy(sql: Sql, pool: string): Promise<PoolPolicy | undefined> {
  if (!isStorable(pool)) return undefined;
  const [row] = await sql.all('SELECT * FROM pool_policies WHERE pool = ?', pool);
  return row && poolPolicyOf(row);
}

/** By name of the pool. */
export async function poolPolicies(sql: Sql): Promise<readonly PoolPolicy[]> {
  const policies = (await sql.all('SELECT * FROM pool_policies')).map(poolPolicyOf);
  // Not by the database: each has an order of texts of its own.
  return policies.sort((a, b) => (a.pool < b.pool ? -1 : 1));
}

/** @throws Fault `conflict` at `pools[<name>]` where another policy decides by now. */
export async function wantPolicy(
  sql: Sql,
  { pool, digest: want, revocations }: NonNullable<FleetChange['under']>,
): Promise<void> {
  const stored = await poolPolicy(sql, pool);
  const now = stored?.digest;
  const more = (stored?.revocations.length ?? 0) - (revocations ?? Number.MAX_SAFE_INTEGER);
  if (now === want && more <= 0) return;
  if (now === want) {
    throw new Fault('conflict', `pools[${pool}]`, `${more} more may revoke what decides by now`);
  }
  throw new Fault(
    'conflict',
    `pools[${pool}]`,
    `${now ?? 'no policy'} decides by now, not ${want}`,
  );
}

/** What was handed in to revoke stays, whoever has read the row before it came. */
export async function writePoolPolicy(
  sql: Sql,
  { expected, next: given }: NonNullable<FleetChange['policy']>,
): Promise<void> {
  const before = await poolPolicy(sql, given.pool);
  if (before?.digest !== expected) {
    const has = before === undefined ? 'has no policy' : `has ${before.digest} by now`;
    throw new Fault('conflict', `pools[${given.pool}]`, `${has}, not ${expected ?? 'none'}`);
  }
  const next = { ...given, revocations: distinct(before?.revocations ?? [], given.revocations) };
  if (before) await sql.run('DELETE FROM pool_policies WHERE pool = ?', next.pool);
  await sql.insert('pool_policies', [rowOf(next)]);
}

function distinct(...lists: readonly (readonly Uint8Array[])[]): readonly Uint8Array[] {
  return [...new Map(lists.flat().map((bytes) => [toBase64(bytes), bytes])).values()];
}

/** @throws Fault of the code at the member that is not as a policy of a pool has it. */
export function wantPoolPolicy(policy: PoolPolicy, at: string, code: FaultCode): void {
  wantShape(poolPolicyShape, policy, at, code);
}

/** @throws Fault `malformed` for a row that is not as its sum says, or holds no policy. */
export function poolPolicyOf(row: Row): PoolPolicy {
  checked('pool_policies', row);
  const at = placeOf('pool_policies', row);
  const policy = {
    pool: textOf(row['pool']),
    name: textOf(row['name']),
    revision: integerOf(row['revision']),
    digest: textOf(row['digest']),
    file: bytesOf(row['file']),
    revocations: revocationsIn(textOf(row['revocations']), `${at}.revocations`),
    activatedAt: integerOf(row['activated']),
    ...pendingIn(row['pending'] ?? null, `${at}.pending`),
  };
  wantPoolPolicy(policy, at, 'malformed');
  return policy;
}

function rowOf(policy: PoolPolicy): Row {
  const { pool, name, revision, digest, file, revocations, activatedAt, pending } = policy;
  return withSum('pool_policies', {
    pool,
    name,
    revision,
    digest,
    file,
    revocations: JSON.stringify(revocations.map(toBase64)),
    activated: activatedAt,
    pending: pending ? JSON.stringify({ ...pending, file: toBase64(pending.file) }) : null,
  });
}

/** What waits to decide, where something does; of a text that holds none the shape says so. */
function pendingIn(value: Row[string] | null, at: string) {
  if (value === null || value === undefined) return {};
  const shape = new JsonShape(parseJson(textOf(value), at).value, at);
  return {
    pending: {
      digest: shape.string('digest'),
      file: fromBase64(shape.string('file'), `${at}.file`),
      seenAt: shape.integer('seenAt', Number.MAX_SAFE_INTEGER),
      from: shape.integer('from', Number.MAX_SAFE_INTEGER),
    },
  };
}

function revocationsIn(text: string, at: string): readonly Uint8Array[] {
  const { value } = parseJson(text, at);
  wantShape(base64Texts, value, at, 'malformed');
  return (value as readonly string[]).map((one, i) => fromBase64(one, `${at}[${i}]`));
}
