import { importEd25519 } from '#crypto';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { importSr25519 } from '../../core/crypto/sr25519.ts';
import { Fault } from '../../core/fault.ts';
import { apiKeyDigest, SECRET_SIZE, writeApiKey } from './api-key.ts';
import {
  type Credential,
  isInForce,
  type KeyQuotas,
  type PublicKeyProof,
  type Role,
} from './credential.ts';
import { wantQuotas } from './key-quotas.ts';
import type { IdentityStore } from './store.ts';

export interface CredentialDeps {
  readonly store: IdentityStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** What somebody wants a credential for. */
export interface CredentialRequest {
  readonly name: string;
  readonly role: Role;
  /** For role `node`, which has to say it; for no other. */
  readonly pool?: string;
  /** For role `client` only. */
  readonly quotas?: KeyQuotas;
  /** Milliseconds since the epoch; without it, it is good until it is revoked. */
  readonly expiresAt?: number;
}

/** A key just made: its text is shown this once, and kept nowhere. */
export interface IssuedApiKey {
  readonly credential: Credential;
  readonly text: string;
}

export interface Rotation {
  /** How long the text of before stays good, in milliseconds; 0: it ends now. */
  readonly overlap: number;
  /** When the credential ends from now on, in milliseconds since the epoch; without it, as before. */
  readonly expiresAt?: number;
}

/** Who signs requests with a key of their own. */
const ROLES_WITH_PUBLIC_KEYS: ReadonlySet<Role> = new Set(['validator', 'auditor', 'admin']);

/** The longest that an API key stays good beside the one that replaced it: 30 days. */
export const LONGEST_OVERLAP = 30 * 24 * 60 * 60 * 1000;

/** @throws Fault `usage` at `credential.<member>`, `conflict` where the name is taken. */
export async function createApiKey(
  request: CredentialRequest,
  deps: CredentialDeps,
): Promise<IssuedApiKey> {
  const common = newCredential(request, deps);
  const text = writeApiKey(request.role, common.id, deps.randomBytes(SECRET_SIZE));
  const credential: Credential = {
    ...common,
    proof: { kind: 'api-key', sha256: apiKeyDigest(text) },
  };
  await deps.store.addCredential(credential);
  return { credential, text };
}

/** @throws Fault `usage` at `credential.<member>`, `conflict` where the name or the key is taken. */
export async function addPublicKey(
  request: CredentialRequest,
  proof: PublicKeyProof,
  deps: CredentialDeps,
): Promise<Credential> {
  if (!ROLES_WITH_PUBLIC_KEYS.has(request.role)) {
    throw usage(
      'role',
      `a ${request.role} has an API key; validators, auditors and admins may sign`,
    );
  }
  if (!isUsable(proof)) throw usage('key', `is no usable ${proof.kind} key in lower-case hex`);
  const credential: Credential = { ...newCredential(request, deps), proof };
  await deps.store.addCredential(credential);
  return credential;
}

/**
 * Gives an API key another text. What an earlier rotation left good beside it ends.
 *
 * @throws Fault `missing` or `conflict` at `credentials[<id>]`, `usage` at `credential.<member>`.
 */
export async function rotateApiKey(
  id: string,
  { overlap, expiresAt }: Rotation,
  { store, now, randomBytes }: CredentialDeps,
): Promise<IssuedApiKey> {
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > LONGEST_OVERLAP) {
    throw usage('overlap', `want 0 to ${LONGEST_OVERLAP} ms`);
  }
  const at = now();
  wantFuture(expiresAt, at);
  const old = await wanted(id, store);
  if (!isInForce(old, at)) throw conflict(id, 'is revoked or has expired: create another one');
  if (old.proof.kind !== 'api-key') throw conflict(id, 'is a public key: add the next one instead');
  const text = writeApiKey(old.role, id, randomBytes(SECRET_SIZE));
  // The old text never lasts longer than it was made for, however long the new one does.
  const until = Math.min(at + overlap, old.expiresAt ?? Number.POSITIVE_INFINITY);
  const credential: Credential = {
    ...old,
    ...(expiresAt !== undefined && { expiresAt }),
    proof: {
      kind: 'api-key',
      sha256: apiKeyDigest(text),
      ...(overlap > 0 && { previous: { sha256: old.proof.sha256, until } }),
    },
    version: old.version + 1,
  };
  await store.replaceCredential(credential);
  return { credential, text };
}

/**
 * Ends it now and for good, of an API key the text of before as well; of one that is revoked
 * already nothing changes.
 *
 * @throws Fault `missing` at `credentials[<id>]`, `conflict` where it was changed meanwhile.
 */
export async function revokeCredential(
  id: string,
  { store, now }: Pick<CredentialDeps, 'store' | 'now'>,
): Promise<Credential> {
  const old = await wanted(id, store);
  if (old.revokedAt !== undefined) return old;
  const credential: Credential = { ...old, revokedAt: now(), version: old.version + 1 };
  await store.replaceCredential(credential);
  return credential;
}

function newCredential(
  { name, role, pool, quotas, expiresAt }: CredentialRequest,
  { now, randomBytes }: CredentialDeps,
): Omit<Credential, 'proof'> {
  const createdAt = now();
  if (!NAME.test(name)) throw usage('name', `want ${NAME_RULE}`);
  if (role === 'node' && pool === undefined) throw usage('pool', 'a node’s key is for one pool');
  if (role !== 'node' && pool !== undefined) throw usage('pool', 'is for keys of role node only');
  if (pool !== undefined && !NAME.test(pool)) throw usage('pool', `want ${NAME_RULE}`);
  if (quotas !== undefined) wantQuotas(quotas, role);
  wantFuture(expiresAt, createdAt);
  return {
    id: toHex(randomBytes(8)),
    name,
    role,
    ...(pool !== undefined && { pool }),
    ...(quotas !== undefined && { quotas }),
    createdAt,
    ...(expiresAt !== undefined && { expiresAt }),
    version: 1,
  };
}

/** It stands in lists, in logs and in reasons. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._@:/-]{0,63}$/;
const NAME_RULE = '1 to 64 letters, digits, spaces and ._@:/- , a letter or digit in front';

function isUsable({ kind, publicKey }: PublicKeyProof): boolean {
  if (!/^[0-9a-f]{64}$/.test(publicKey)) return false;
  const bytes = fromHex(publicKey, 'credential.key', 32);
  return (kind === 'sr25519' ? importSr25519(bytes) : importEd25519(bytes)) !== undefined;
}

function wantFuture(expiresAt: number | undefined, now: number): void {
  if (expiresAt === undefined) return;
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= now) {
    throw usage('expiresAt', 'want a time in the future, in milliseconds since the epoch');
  }
}

async function wanted(id: string, store: IdentityStore): Promise<Credential> {
  const credential = await store.credential(id);
  if (credential === undefined) throw new Fault('missing', `credentials[${id}]`, 'is not there');
  return credential;
}

function usage(member: string, detail: string): Fault {
  return new Fault('usage', `credential.${member}`, detail);
}

function conflict(id: string, detail: string): Fault {
  return new Fault('conflict', `credentials[${id}]`, detail);
}
