import { timingSafeEqual } from 'node:crypto';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { hmacSha256 } from '../../core/crypto/hmac.ts';
import type { ChallengeKey } from './store.ts';

/** Whom a challenge is for, and for what; a challenge serves no other purpose. */
export interface ChallengeTerms {
  /** Public origin of the gateways that share the database. */
  readonly gateway: string;
  readonly purpose: string;
  /** Id of the node, or the public key of one that has none yet. */
  readonly node: string;
}

/**
 * A challenge carries its own proof that a gateway of this database made it, so that nothing is
 * kept about those that never come back:
 *
 *     offset  size  field
 *     0       10    random
 *     10      6     milliseconds since the epoch, big-endian
 *     16      16    HMAC-SHA-256(key, LP("postern/challenge/v1") ‖ LP(gateway) ‖ LP(purpose)
 *                     ‖ LP(node) ‖ LP(random ‖ time)), its first 16 bytes
 *
 * To whoever has no key it is 32 bytes of which 6 tell the time.
 */
const RANDOM = 10;
const HEAD = 16;
const SIZE = 32;

export const CHALLENGE_RANDOM_SIZE = RANDOM;

/** @param random 10 unpredictable bytes. */
export function makeChallenge(
  { key }: ChallengeKey,
  terms: ChallengeTerms,
  now: number,
  random: Uint8Array,
): Uint8Array {
  const head = new Uint8Array(HEAD);
  head.set(random.subarray(0, RANDOM));
  const view = new DataView(head.buffer);
  view.setUint16(RANDOM, Math.floor(now / 2 ** 32));
  view.setUint32(RANDOM + 2, now % 2 ** 32);
  return concatBytes(head, macOf(key, terms, head));
}

export type ChallengeFinding =
  | { readonly is: 'good'; readonly madeAt: number }
  /** Made by nobody here, or for somebody or something else. */
  | { readonly is: 'foreign' }
  | { readonly is: 'stale'; readonly age: number }
  | { readonly is: 'early'; readonly by: number };

export interface ChallengeTimes {
  /** For how long it may be answered, in milliseconds. */
  readonly ttl: number;
  /** By how much the clocks of two gateways may differ. */
  readonly skew: number;
}

/** @param keys any of which may have made it. */
export function judgeChallenge(
  keys: readonly ChallengeKey[],
  nonce: Uint8Array,
  terms: ChallengeTerms,
  now: number,
  { ttl, skew }: ChallengeTimes,
): ChallengeFinding {
  if (nonce.length !== SIZE) return { is: 'foreign' };
  const head = nonce.subarray(0, HEAD);
  const mac = nonce.subarray(HEAD);
  if (!keys.some(({ key }) => timingSafeEqual(macOf(key, terms, head), mac)))
    return { is: 'foreign' };
  const view = new DataView(head.buffer, head.byteOffset, HEAD);
  const madeAt = view.getUint16(RANDOM) * 2 ** 32 + view.getUint32(RANDOM + 2);
  if (madeAt > now + skew) return { is: 'early', by: madeAt - now };
  return now - madeAt > ttl ? { is: 'stale', age: now - madeAt } : { is: 'good', madeAt };
}

function macOf(key: Uint8Array, { gateway, purpose, node }: ChallengeTerms, head: Uint8Array) {
  const label = utf8('postern/challenge/v1');
  const text = lengthPrefixed(label, utf8(gateway), utf8(purpose), utf8(node), head);
  return hmacSha256(key, text).subarray(0, SIZE - HEAD);
}
