import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { parseSignedCheckpoint } from '../../ledger/note/checkpoint.ts';
import { splitSignature } from '../../ledger/note/signed-message.ts';
import { type NoteSignature, signaturesIn } from '../../ledger/note/signed-note.ts';
import { KEY_TYPES } from '../../ledger/note/verifier-key.ts';
import { verifyNote } from '../../ledger/note/verify-note.ts';
import type { LogHead } from '../../ledger/store.ts';
import { cosignedText } from './instants.ts';
import type { OpenLedger } from './open-ledger.ts';

/** What lies in the folder for anybody to read, and who has signed the last state. */
export interface PublishedState {
  /** Leaves of the checkpoint that is published; undefined where none is. */
  readonly size: number | undefined;
  /**
   * When the log's ML-DSA-44 key signed the last state, which is when it was first published;
   * undefined where it has not. The Ed25519 signature bears no time.
   */
  readonly signedAt: string | undefined;
  /** By their lines, whose keys are not known here. */
  readonly witnesses: readonly { readonly name: string; readonly at: string | undefined }[];
}

/** @throws Fault `malformed` where the log's own line is not good, or what is published is no checkpoint. */
export async function publishedState(
  { store, identity, projection }: OpenLedger,
  head: LogHead,
): Promise<PublishedState> {
  const lines = await store.cosignatures(head.size);
  const { note } = parseSignedCheckpoint(
    concatBytes(head.checkpoint, utf8(lines.join(''))),
    'head.checkpoint',
  );
  const time = verifyNote(note, identity.keys, 'head.checkpoint').find(
    (good) => good.time !== undefined,
  )?.time;
  const isOwn = ({ name, id }: NoteSignature) =>
    identity.keys.some((key) => key.name === name && key.id === id);
  const published = await projection.checkpoint();
  return {
    size: published && Number(parseSignedCheckpoint(published, 'published').checkpoint.size),
    signedAt: time === undefined ? undefined : cosignedText(time),
    witnesses: signaturesIn(lines)
      .filter((line) => !isOwn(line))
      .map((line) => ({ name: line.name, at: timeIn(line) })),
  };
}

/** By its length it is one of the two that bear a time, or it bears none. */
function timeIn({ signature }: NoteSignature): string | undefined {
  for (const type of ['cosignature', 'cosignature-ml-dsa-44'] as const) {
    if (signature.length !== 8 + KEY_TYPES[type].signature) continue;
    const time = splitSignature(type, signature)?.time;
    if (time !== undefined) return cosignedText(time);
  }
  return undefined;
}
