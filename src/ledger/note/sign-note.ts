import { malformed } from '../../core/fault.ts';
import { joinSignature, signedMessage } from './signed-message.ts';
import { writeSignatureLine } from './signed-note.ts';
import { KEY_TYPES, type VerifierKey } from './verifier-key.ts';

/** A key that can sign; the secret stays with whoever made it. */
export interface NoteSigner {
  readonly key: Pick<VerifierKey, 'name' | 'id' | 'type'>;
  /** The bare signature of these bytes: 64 (Ed25519) or 2420 (ML-DSA-44). */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/**
 * The signature line of a note's text, the newline included.
 *
 * @param time seconds since the epoch, for cosignatures; plain keys sign no time.
 * @throws Fault `malformed` where such a key signs no such text, or signed with another length.
 */
export function signNote(text: string, signer: NoteSigner, time: bigint): string {
  const { name, id, type } = signer.key;
  const signed = type === 'note' ? undefined : time;
  const message = signedMessage(type, name, text, signed);
  if (message === undefined) throw malformed('note', 'is nothing that this key could sign');
  const bare = signer.sign(message);
  if (bare.length !== KEY_TYPES[type].signature) {
    throw malformed('signature', `want ${KEY_TYPES[type].signature} bytes, got ${bare.length}`);
  }
  return writeSignatureLine({ name, id, signature: joinSignature({ time: signed, bare }) });
}
