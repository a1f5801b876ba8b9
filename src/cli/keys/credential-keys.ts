import type { ListedCredential } from '../../gateway/identity/listed-credential.ts';
import type { KeyRow } from './key-row.ts';

const DAY = 86_400_000;
const OLD = 180 * DAY;
const UNUSED = 90 * DAY;
const SOON = 14 * DAY;

/** What a credential looks like among the keys, and what had better be done about it. */
export function credentialRow(credential: ListedCredential, now: number): KeyRow {
  const { id, name, role, pool, quotas, proof, state, createdAt, expiresAt, usedAt } = credential;
  return {
    id,
    kind: proof.kind,
    role: pool === undefined ? role : `${role} of ${pool}`,
    name,
    ...(quotas !== undefined && { quotas }),
    madeAt: createdAt,
    ...(usedAt !== undefined && { usedAt }),
    ...(expiresAt !== undefined && { until: expiresAt }),
    state,
    advice: state === 'in-force' ? adviceOn(credential, now) : [],
  };
}

function adviceOn(
  { proof, createdAt, expiresAt, usedAt }: ListedCredential,
  now: number,
): string[] {
  const advice: string[] = [];
  const idle = now - (usedAt ?? createdAt);
  if (idle > UNUSED) advice.push(`was not used for ${Math.floor(idle / DAY)} days: revoke it?`);
  if (expiresAt !== undefined && expiresAt - now < SOON) advice.push('ends soon: rotate it');
  if (expiresAt === undefined && now - createdAt > OLD) {
    advice.push('never ends, and is older than 180 days: rotate it, with --expires');
  }
  if (proof.kind === 'api-key' && proof.previousUntil !== undefined) {
    advice.push(`the key before it is good until ${new Date(proof.previousUntil).toISOString()}`);
  }
  return advice;
}
