import { createHash, timingSafeEqual } from 'node:crypto';
import { toBase64Url } from '../../core/encoding/base64url.ts';
import { malformed } from '../../core/fault.ts';
import { type ApiKeyProof, ROLES, type Role } from './credential.ts';

/** Random bytes in a key, beside its id. */
export const SECRET_SIZE = 32;

/** `postern_<role>_<id>_<secret>`: scanners of source code know it by its beginning. */
const FORM = new RegExp(`^postern_(?:${ROLES.join('|')})_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$`);

/**
 * The text of an API key. What it says of role and id is for people and for looking it up: only
 * the whole of it shows anything.
 *
 * @param id of its credential.
 * @param secret 32 random bytes.
 */
export function writeApiKey(role: Role, id: string, secret: Uint8Array): string {
  if (secret.length !== SECRET_SIZE) throw malformed('secret', `want ${SECRET_SIZE} bytes`);
  return `postern_${role}_${id}_${toBase64Url(secret)}`;
}

/**
 * @param text attacker-controlled; no part of it is in any message.
 * @returns the id that it says to be of.
 */
export function readApiKeyId(text: string, at: string): string {
  const [, id] = FORM.exec(text) ?? [];
  if (id === undefined) throw malformed(at, 'want a key such as postern_client_<id>_<secret>');
  return id;
}

/** SHA-256 of the text, lower-case hex. */
export function apiKeyDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Compared with where there is no key: nothing has this digest that anybody could find. */
const NOTHING = '0'.repeat(64);

/**
 * Whether a text is the key, or the one before it for as long as that is good. It takes the same
 * time whatever the answer, and whether or not there is anything to compare it with.
 *
 * @param now milliseconds since the epoch.
 */
export function isApiKey(text: string, proof: ApiKeyProof | undefined, now: number): boolean {
  const digest = Buffer.from(apiKeyDigest(text));
  const { sha256 = NOTHING, previous } = proof ?? {};
  const current = timingSafeEqual(digest, Buffer.from(sha256));
  const former = timingSafeEqual(digest, Buffer.from(previous?.sha256 ?? NOTHING));
  return current || (former && previous !== undefined && now < previous.until);
}
