import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { parseSignedCheckpoint, writeCheckpointText } from '../note/checkpoint.ts';
import { type NoteSigner, signNote } from '../note/sign-note.ts';
import { writeSignedNote } from '../note/signed-note.ts';
import type { VerifierKey } from '../note/verifier-key.ts';
import { verifyNote } from '../note/verify-note.ts';
import type { LogHead } from '../store.ts';

/** Whose log it is, and what it signs with. */
export interface LogIdentity {
  /** The first line of every checkpoint: unique, a URL without its scheme. */
  readonly origin: string;
  /** Ed25519 first, which every reader knows; ML-DSA-44 besides, where there is one. */
  readonly signers: readonly NoteSigner[];
  /** The public halves of the same keys. */
  readonly keys: readonly VerifierKey[];
}

/** @param time of the signature, in milliseconds since the epoch; plain Ed25519 signs none. */
export function signHead(
  { origin, signers }: LogIdentity,
  { size, root }: Pick<LogHead, 'size' | 'root'>,
  time: number,
): Uint8Array {
  const text = writeCheckpointText({ origin, size: BigInt(size), root, extensions: [] });
  const seconds = BigInt(Math.floor(time / 1000));
  return writeSignedNote(
    text,
    signers.map((signer) => signNote(text, signer, seconds)),
  );
}

/**
 * A checkpoint of this log, by at least one of its keys and badly by none: one from before a
 * second key came has only the first.
 *
 * @param at where it is from, for errors.
 * @throws Fault `malformed` when it is none or not signed well; `conflict` for another origin.
 */
export function readOwnCheckpoint(
  { origin, keys }: Pick<LogIdentity, 'origin' | 'keys'>,
  bytes: Uint8Array,
  at: string,
): LogHead {
  const { checkpoint, note } = parseSignedCheckpoint(bytes, at);
  if (checkpoint.origin !== origin) {
    throw new Fault('conflict', `${at}.origin`, `want ${origin}, got ${checkpoint.origin}`);
  }
  verifyNote(note, keys, at);
  const size = Number(checkpoint.size);
  if (!Number.isSafeInteger(size))
    throw new Fault('unsupported', `${at}.size`, `${checkpoint.size}`);
  return { size, root: checkpoint.root, checkpoint: bytes };
}

/** @throws Fault `conflict` when a stored head is not what its own checkpoint says. */
export function wantOwnHead(identity: LogIdentity, head: LogHead, at: string): void {
  const { size, root } = readOwnCheckpoint(identity, head.checkpoint, at);
  if (size === head.size && equalBytes(root, head.root)) return;
  throw new Fault('conflict', at, `its checkpoint is of ${size} leaves or another root`);
}
