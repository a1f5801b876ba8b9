import { digestOf } from '../appraisal/policy/signing/canonical-document.ts';
import { Fault, malformed } from '../core/fault.ts';
import type { NewBlob, StoreFault } from '../ledger/store.ts';
import type { Driver, Sql } from './driver.ts';
import { allIn } from './many.ts';
import { bytesOf, checked, integerOf, textOf, withSum } from './row-sum.ts';
import type { Sealer } from './seal.ts';

const KEY_ROW = 'archive-key';

/** What is sealed under it. */
const SEALED = [
  ['blobs', 'blobs'],
  ['challenge_keys', 'challenge keys'],
] as const;

/**
 * Holds an archive key against the one that the store was made with; the first one ever given is
 * that.
 *
 * @throws Fault `conflict` at the store for another one, `malformed` where it is not known which
 *   key the blobs that are there are sealed under.
 */
export async function requireArchiveKey(driver: Driver, sealer: Sealer): Promise<void> {
  const isKnown = await driver.alone((sql) => isArchiveKey(sql, driver.place, sealer));
  if (isKnown) return;
  await driver.writing(async (sql) => {
    // Somebody else may have been quicker, with this key or another.
    if (await isArchiveKey(sql, driver.place, sealer)) return;
    const lost = await keyFault(sql);
    if (lost !== undefined) throw malformed(lost.at, lost.problem);
    await sql.insert('meta', [withSum('meta', { name: KEY_ROW, value: sealer.keyId })]);
  });
}

/** Nothing is sealed before the key's row is there. */
export async function keyFault(sql: Sql): Promise<StoreFault | undefined> {
  for (const [table, what] of SEALED) {
    const sealed = await sql.all(
      `SELECT id FROM ${table} WHERE NOT EXISTS (SELECT name FROM meta WHERE name = ?) LIMIT 1`,
      KEY_ROW,
    );
    if (sealed.length > 0) {
      return { at: `meta[${KEY_ROW}]`, problem: `is missing, and there are ${what}` };
    }
  }
  return undefined;
}

/** @returns false where no key is known. */
async function isArchiveKey(sql: Sql, place: string, { keyId }: Sealer): Promise<boolean> {
  const [row] = await sql.all('SELECT * FROM meta WHERE name = ?', KEY_ROW);
  if (row === undefined) return false;
  if (textOf(checked('meta', row)['value']) === keyId) return true;
  throw new Fault('conflict', place, 'its archive is sealed under another key than this one');
}

/** Seals what is not there yet. @throws Fault `usage` for bytes of another digest. */
export async function addBlobs(sql: Sql, sealer: Sealer, blobs: readonly NewBlob[]): Promise<void> {
  const fresh = new Map(blobs.map(({ digest, bytes }) => [digest, bytes]));
  for (const digest of await knownBlobs(sql, [...fresh.keys()])) fresh.delete(digest);
  if (fresh.size === 0) return;
  const [last] = await sql.all('SELECT max(id) AS id FROM blobs');
  let id = integerOf(last?.['id'] ?? 0);
  for (const [digest, bytes] of fresh) {
    if (digestOf(bytes) !== digest) {
      throw new Fault('usage', `blobs[${digest}]`, 'is not the digest of the bytes');
    }
    const row = { id: ++id, digest, sealed: sealer.seal(digest, bytes) };
    await sql.insert('blobs', [withSum('blobs', row)]);
  }
}

/** Number of each blob by digest. @throws Fault `conflict` at the first that is not archived. */
export async function blobIds(
  sql: Sql,
  digests: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(digests)];
  const rows = await allIn(sql, 'SELECT id, digest FROM blobs WHERE digest IN', wanted);
  const ids = new Map(rows.map((row) => [textOf(row['digest']), integerOf(row['id'])]));
  const missing = wanted.find((digest) => !ids.has(digest));
  if (missing !== undefined) {
    throw new Fault('conflict', `blobs[${missing}]`, 'is used, but neither archived nor handed in');
  }
  return ids;
}

export async function knownBlobs(sql: Sql, digests: readonly string[]): Promise<readonly string[]> {
  const rows = await allIn(sql, 'SELECT digest FROM blobs WHERE digest IN', digests);
  const known = new Set(rows.map(({ digest }) => textOf(digest)));
  return digests.filter((digest) => known.has(digest));
}

export async function sealedBlob(sql: Sql, digest: string): Promise<Uint8Array | undefined> {
  const [row] = await sql.all('SELECT * FROM blobs WHERE digest = ?', digest);
  return row && bytesOf(checked('blobs', row)['sealed']);
}

export async function blobDigests(
  sql: Sql,
  after: string | undefined,
  count: number,
): Promise<readonly string[]> {
  const rows = await sql.all(
    'SELECT digest FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?',
    after ?? '',
    count,
  );
  return rows.map(({ digest }) => textOf(digest));
}
