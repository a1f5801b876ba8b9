import { parseJson } from '../../core/encoding/json.ts';
import { Fault, malformed } from '../../core/fault.ts';
import {
  type Credential,
  type KeyQuotas,
  type Proof,
  ROLES,
} from '../../gateway/identity/credential.ts';
import type { Row, Sql } from '../driver.ts';
import { checked, placeOf, textOf, withSum } from '../row-sum.ts';
import {
  closed,
  hex,
  instant,
  oneBy,
  optional,
  ordinal,
  type Shape,
  wantShape,
  word,
  words,
} from '../shape.ts';
import { isStorable } from '../storable.ts';

const publicKeyProof = closed<Extract<Proof, { readonly kind: 'ed25519' | 'sr25519' }>>({
  kind: words,
  publicKey: hex(32),
});

type Previous = NonNullable<Extract<Proof, { readonly kind: 'api-key' }>['previous']>;

const tokens: Shape = (value, at) => (value === 'unlimited' ? undefined : ordinal(value, at));

const credentialShape = closed<Credential>({
  id: hex(8),
  version: ordinal,
  name: words,
  role: word(ROLES),
  proof: oneBy('kind', {
    'api-key': closed<Extract<Proof, { readonly kind: 'api-key' }>>({
      kind: words,
      sha256: hex(32),
      previous: optional(closed<Previous>({ sha256: hex(32), until: instant })),
    }),
    ed25519: publicKeyProof,
    sr25519: publicKeyProof,
  }),
  pool: optional(words),
  quotas: optional(
    closed<KeyQuotas>({
      requests: optional(ordinal),
      streams: optional(ordinal),
      tokens: optional(tokens),
      evidence: optional(ordinal),
    }),
  ),
  createdAt: instant,
  expiresAt: optional(instant),
  revokedAt: optional(instant),
  usedAt: optional(instant),
});

export async function credential(sql: Sql, id: string): Promise<Credential | undefined> {
  if (!isStorable(id)) return undefined;
  const [row] = await sql.all('SELECT * FROM credentials WHERE id = ?', id);
  return row && credentialOf(row);
}

export async function credentialByKey(
  sql: Sql,
  publicKey: string,
): Promise<Credential | undefined> {
  if (!isStorable(publicKey)) return undefined;
  const [row] = await sql.all(
    'SELECT * FROM credentials WHERE proof = ? AND revoked IS NULL',
    keyProof(publicKey),
  );
  return row && credentialOf(row);
}

/** Oldest first. */
export async function credentials(sql: Sql): Promise<readonly Credential[]> {
  return (await sql.all('SELECT * FROM credentials ORDER BY created, id')).map(credentialOf);
}

export async function addCredential(sql: Sql, added: Credential): Promise<void> {
  const [same] = await sql.all('SELECT id FROM credentials WHERE id = ?', added.id);
  if (same) throw new Fault('conflict', `credentials[${added.id}]`, 'this id is taken');
  await wantFree(sql, added);
  await sql.insert('credentials', [rowOf(added)]);
}

/** Of two who change it at once the second has read what is no longer so. */
export async function replaceCredential(sql: Sql, next: Credential): Promise<void> {
  const at = `credentials[${next.id}]`;
  const before = await credential(sql, next.id);
  if (before === undefined) throw new Fault('conflict', at, 'is not there');
  if (before.version !== next.version - 1) {
    const detail = `is of version ${before.version} by now, not ${next.version - 1}`;
    throw new Fault('conflict', at, detail);
  }
  await wantFree(sql, next);
  await rewrite(sql, withUse(next, before.usedAt));
}

/** Later only, and no change of what it is: whoever is about to change it has nothing to read again. */
export async function noteUse(sql: Sql, id: string, at: number): Promise<void> {
  const before = await credential(sql, id);
  if (before === undefined || (before.usedAt ?? -1) >= at) return;
  await rewrite(sql, withUse(before, at));
}

async function rewrite(sql: Sql, next: Credential): Promise<void> {
  await sql.run('DELETE FROM credentials WHERE id = ?', next.id);
  await sql.insert('credentials', [rowOf(next)]);
}

function withUse({ usedAt: _, ...rest }: Credential, usedAt: number | undefined): Credential {
  return usedAt === undefined ? rest : { ...rest, usedAt };
}

/** @throws Fault `usage` at the member that is not as a credential has it. */
export function checkCredential(given: Credential): void {
  wantShape(credentialShape, given, 'credential', 'usage');
}

/** @throws Fault `malformed` for a row that is not as its sum, its document and its columns say. */
export function credentialOf(row: Row): Credential {
  checked('credentials', row);
  const at = placeOf('credentials', row);
  const { value } = parseJson(textOf(row['doc']), at);
  wantShape(credentialShape, value, at, 'malformed');
  const found = value as unknown as Credential;
  for (const [column, want] of Object.entries(columnsOf(found))) {
    if (row[column] === want) continue;
    throw malformed(`${at}.${column}`, 'is not what the document of the credential says');
  }
  return found;
}

async function wantFree(sql: Sql, { id, name, proof, revokedAt }: Credential): Promise<void> {
  if (revokedAt !== undefined) return;
  const others = 'SELECT id FROM credentials WHERE revoked IS NULL AND id <> ?';
  for (const [column, value, at] of [
    ['name', name, 'credentials.name'],
    ['proof', proofText(proof), 'credentials.key'],
  ] as const) {
    const [other] = await sql.all(`${others} AND ${column} = ?`, id, value);
    if (other) throw new Fault('conflict', at, `credential ${textOf(other['id'])} has it`);
  }
}

function rowOf(one: Credential): Row {
  return withSum('credentials', { ...columnsOf(one), doc: JSON.stringify(one) });
}

function columnsOf({ id, name, proof, createdAt, revokedAt }: Credential): Row {
  return { id, name, proof: proofText(proof), created: createdAt, revoked: revokedAt ?? null };
}

function proofText(proof: Proof): string {
  return proof.kind === 'api-key' ? `api-key:${proof.sha256}` : keyProof(proof.publicKey);
}

/** Whatever the algorithm: one key is one caller. */
function keyProof(publicKey: string): string {
  return `public-key:${publicKey}`;
}
