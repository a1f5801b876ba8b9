import { malformed } from '../../core/fault.ts';

/** Longest name of a key or origin of a log that ML-DSA-44 cosignatures can speak of, in bytes. */
export const LONGEST_NAME = 255;

/** A key's name in a note (C2SP signed-note, section "Format"). @throws Fault `malformed`. */
export function wantKeyName(name: string, at: string): string {
  if (name === '') throw malformed(at, 'is empty');
  if (/[\p{White_Space}+]|[^ -\u{10ffff}]/u.test(name)) {
    throw malformed(at, 'a name has no spaces, control characters or +');
  }
  return name;
}
