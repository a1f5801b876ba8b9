import Type from 'typebox';
import { closed, hex, text } from '../appraisal/policy/schema/values.ts';
import { formatTime, parseUtcTimestamp } from '../core/encoding/time.ts';

/*
 * What is on the wire: names in camelCase; nonces, keys, signatures, ids and digests in lower-case
 * hex, since people read and compare them; files in base64 (RFC 4648 section 4, with padding).
 */

/** Of a node, a decision, an admission or an override: 16 random bytes. */
export const Id = hex(16);
export const Nonce = hex(32);
export const PublicKey = hex(32);

export const Digest = Type.String({
  pattern: '^sha256:[0-9a-f]{64}$',
  description: 'sha256: and 64 lower-case hex digits',
});

const TIME = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{3})?Z$';
/** RFC 3339, in UTC, to the second or the millisecond. */
export const Time = Type.String({
  pattern: TIME,
  description: 'a time like 2026-01-31T00:00:00Z',
});

export const PoolName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
  description: 'the name of a pool: 1 to 64 of a-z, 0-9, dot, dash and underscore',
});

/** Why somebody did something, for people and for good. */
export const ReasonText = text(8, 500);

/** A file as it is. */
export function base64File(largest: number) {
  return Type.String({
    maxLength: Math.ceil(largest / 3) * 4,
    pattern: '^[A-Za-z0-9+/]*={0,2}$',
    description: `base64 with padding, of at most ${largest} bytes`,
  });
}

export const VerdictWord = Type.Enum(['accept', 'reject', 'indeterminate'], {
  description: 'accept, reject or indeterminate',
});

/** The id of a check, or a word of the gateway's: stable. */
export const Code = Type.String({ minLength: 1, maxLength: 256 });

/** Where in the ledger. */
export const LeafPlace = closed({
  origin: Type.String(),
  index: Type.Integer({ minimum: 0 }),
});

/** @returns milliseconds since the epoch. @throws Fault `malformed` at the place. */
export function parseTime(written: string, at: string): number {
  const [, fraction] = /\.(\d{3})Z$/.exec(written) ?? [];
  const whole = fraction === undefined ? written : `${written.slice(0, -5)}Z`;
  return parseUtcTimestamp(whole, at) + Number(fraction ?? 0);
}

/** Of milliseconds since the epoch. */
export function writeTime(ms: number): string {
  return formatTime(Math.trunc(ms));
}
