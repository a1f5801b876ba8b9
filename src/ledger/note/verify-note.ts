import { Fault, malformed } from '../../core/fault.ts';
import { signedMessage, splitSignature } from './signed-message.ts';
import type { SignedNote } from './signed-note.ts';
import type { VerifierKey } from './verifier-key.ts';

/** That a known key signed. */
export interface GoodSignature {
  readonly key: VerifierKey;
  /** Seconds since the epoch, of cosignatures; 0 where the cosigner says nothing of the time. */
  readonly time: bigint | undefined;
}

/**
 * Who of the known keys signed a note, each at most once and in the order of the note: of several
 * good signatures of one key the first counts. Signatures of unknown keys are passed over.
 *
 * @param known by name and id.
 * @throws Fault `malformed` at `<at>.signatures[<i>]` when a signature of a known key is not good,
 *   whatever others are, and at `<at>.signatures` when no known key signed; `usage` when two of the
 *   known keys can't be told apart.
 */
export function verifyNote(
  note: SignedNote,
  known: readonly VerifierKey[],
  at = 'note',
): readonly GoodSignature[] {
  const keys = new Map(known.map((key) => [`${key.id} ${key.name}`, key]));
  if (keys.size !== known.length) {
    throw new Fault('usage', at, 'two of the known keys have the same name and id');
  }
  const good = new Map<VerifierKey, GoodSignature>();
  for (const [i, { name, id, signature }] of note.signatures.entries()) {
    const key = keys.get(`${id} ${name}`);
    if (key === undefined) continue;
    const parts = splitSignature(key.type, signature);
    const message = parts && signedMessage(key.type, name, note.text, parts.time);
    if (!parts || !message || !key.verifies(message, parts.bare)) {
      throw malformed(`${at}.signatures[${i}]`, `is not ${name}’s, though it says so`);
    }
    if (!good.has(key)) good.set(key, { key, time: parts.time });
  }
  if (good.size === 0) throw malformed(`${at}.signatures`, 'none is of a known key');
  return [...good.values()];
}
