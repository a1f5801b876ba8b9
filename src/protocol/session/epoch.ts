import Type from 'typebox';
import { sha256 } from '#crypto';
import { closed } from '../../appraisal/policy/schema/values.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';

/** As many as a reader of signed notes takes, which this room can't ask (`ledger/note`). In bytes. */
const LARGEST_NOTE = 1_000_000;

/** Evidence that nobody asked for: its challenge is a checkpoint of a ledger. */
export const EpochSchema = closed({
  checkpoint: Type.String({ minLength: 1, maxLength: LARGEST_NOTE, description: 'a signed note' }),
  bundle: Type.String({ description: 'base64, application/vnd.postern.bundle+json' }),
});
export type Epoch = Type.Static<typeof EpochSchema>;

/** The purpose of such evidence. @param origin of the ledger. */
export function epochPurpose(origin: string): string {
  return `epoch:${origin}`;
}

/**
 * The challenge that a checkpoint is: SHA-256(LP("postern/epoch/v1") ‖ LP(note)), 32 bytes.
 *
 * What a ledger says of itself its holder may have written long before; what a witness signed, with
 * the time at which it did, nobody could have known before that. So it is of the whole note, and
 * worth as much as the cosignatures in it.
 *
 * @param note exact bytes, signatures and cosignatures included.
 */
export function epochNonce(note: Uint8Array): Uint8Array {
  return sha256(lengthPrefixed(utf8('postern/epoch/v1'), note));
}
