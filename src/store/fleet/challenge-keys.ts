import { Fault, malformed } from '../../core/fault.ts';
import type { ChallengeKey } from '../../gateway/fleet/store.ts';
import type { Row, Sql } from '../driver.ts';
import { bytesOf, checked, integerOf, placeOf, textOf, withSum } from '../row-sum.ts';
import type { Sealer } from '../seal.ts';
import { closed, hex, instant, wantShape } from '../shape.ts';

const KEY_BYTES = 32;

const heading = closed<Omit<ChallengeKey, 'key'>>({ id: hex(8), madeAt: instant });

/** Newest first. @throws Fault `malformed` for one that does not open under the archive key. */
export async function challengeKeys(sql: Sql, sealer: Sealer): Promise<readonly ChallengeKey[]> {
  const rows = await sql.all('SELECT * FROM challenge_keys ORDER BY made DESC, id');
  return rows.map((row) => keyOf(row, sealer));
}

/** See the port. */
export async function rotateChallengeKey(
  sql: Sql,
  sealer: Sealer,
  { id, key, madeAt }: ChallengeKey,
  unlessSince: number,
  dropBefore: number,
): Promise<void> {
  await sql.run('DELETE FROM challenge_keys WHERE made < ?', dropBefore);
  const young = 'SELECT id FROM challenge_keys WHERE made >= ? LIMIT 1';
  if ((await sql.all(young, unlessSince)).length > 0) return;
  const at = `challenge_keys[${id}]`;
  const same = await sql.all('SELECT id FROM challenge_keys WHERE id = ?', id);
  if (same.length > 0) throw new Fault('conflict', at, 'this id is taken');
  const row = { id, sealed: sealer.seal(labelOf(id), key), made: madeAt };
  await sql.insert('challenge_keys', [withSum('challenge_keys', row)]);
}

/** @throws Fault `usage` at the member that is not as a key has it. */
export function checkChallengeKey({ id, key, madeAt }: ChallengeKey): void {
  wantShape(heading, { id, madeAt }, 'key', 'usage');
  if (key.length !== KEY_BYTES) {
    throw new Fault('usage', 'key.key', `is ${key.length} bytes, not ${KEY_BYTES}`);
  }
}

function keyOf(row: Row, sealer: Sealer): ChallengeKey {
  checked('challenge_keys', row);
  const at = placeOf('challenge_keys', row);
  const known = { id: textOf(row['id']), madeAt: integerOf(row['made']) };
  wantShape(heading, known, at, 'malformed');
  const key = sealer.unseal(labelOf(known.id), bytesOf(row['sealed']), at);
  if (key.length !== KEY_BYTES) throw malformed(at, `holds ${key.length} bytes, not ${KEY_BYTES}`);
  return { ...known, key };
}

/** No blob has such a name: neither passes for the other. */
function labelOf(id: string): string {
  return `challenge-key:${id}`;
}
