import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { parseSignedCheckpoint, writeCheckpointText } from '../note/checkpoint.ts';
import { type NoteSigner, signNote } from '../note/sign-note.ts';
import { parseSignedNote, signaturesIn, writeSignedNote } from '../note/signed-note.ts';
import type { VerifierKey } from '../note/verifier-key.ts';
import { verifyNote } from '../note/verify-note.ts';
import type { LogHead } from '../store.ts';

/** Whose log it is, and what it signs with. */
export interface LogIdentity {
  /** The first line of every checkpoint: unique, a URL without its scheme. */
  readonly origin: string;
  /** What each state is signed with before anybody hears of it: Ed25519, which every reader knows. */
  readonly signers: readonly NoteSigner[];
  /**
   * What a state is signed with besides when it is published, in the manner of a witness: ML-DSA-44,
   * which takes too long for whoever waits for a decision.
   */
  readonly second?: NoteSigner | undefined;
  /** The public halves of all of them. */
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

/**
 * The line of the second key for a state that is about to be published.
 *
 * @param lines that the state has besides its own.
 * @param time of the signature, in milliseconds since the epoch.
 * @returns undefined where there is no such key, or its line is there.
 */
export function secondLine(
  { second }: LogIdentity,
  { checkpoint }: LogHead,
  lines: readonly string[],
  time: number,
): string | undefined {
  if (second === undefined) return undefined;
  const { name, id } = second.key;
  if (signaturesIn(lines).some((line) => line.name === name && line.id === id)) return undefined;
  const { text } = parseSignedNote(checkpoint, 'head.checkpoint');
  return signNote(text, second, BigInt(Math.floor(time / 1000)));
}
