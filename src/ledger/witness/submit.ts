import { fromUtf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parseCount } from '../note/checkpoint.ts';
import { parseSignatureLines, parseSignedNote, writeSignatureLine } from '../note/signed-note.ts';
import type { VerifierKey } from '../note/verifier-key.ts';
import { verifyNote } from '../note/verify-note.ts';
import type { LogHead } from '../store.ts';
import { AuthenticatedTiles } from '../tiles/authenticated-tiles.ts';
import type { TileReader } from '../tiles/tile-reader.ts';
import { writeAddCheckpoint } from './add-checkpoint.ts';

/** A witness as a log knows it. */
export interface WitnessPeer {
  readonly name: string;
  readonly keys: readonly VerifierKey[];
  /** One call of add-checkpoint. @throws Fault `unreachable`. */
  readonly post: (
    body: Uint8Array,
  ) => Promise<{ readonly status: number; readonly body: Uint8Array }>;
}

/** A witness that was somewhere else answers where; that can happen twice, and no more. */
const MOST_ROUNDS = 3;
const CONFLICT = 409;
const UNPROCESSABLE = 422;
const OK = 200;

/**
 * Has a checkpoint cosigned.
 *
 * @param tiles of the log, for the proof that it goes on from what the witness has.
 * @param old the size that the witness is thought to have; it says so itself when it is another.
 * @returns the signature lines of the witness's keys, each with its newline.
 * @throws Fault `conflict` when the witness has seen a later state, or another log of this name;
 *   `unreachable` when it does not answer, or refuses; `malformed` when what it answers is no
 *   cosignature of its own.
 */
export async function submitCheckpoint(
  { name, keys, post }: WitnessPeer,
  head: LogHead,
  tiles: TileReader,
  old = 0,
): Promise<readonly string[]> {
  let from = notBeyond(old, head, name);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const hashes = await proofBetween(tiles, head, from);
    const body = writeAddCheckpoint({ oldSize: BigInt(from), hashes, checkpoint: head.checkpoint });
    const answer = await post(body);
    if (answer.status === OK) return linesOf(answer.body, head, keys, name);
    // Its size is ours, and the proof comes from tiles that have our root: only its root is another.
    if (answer.status === UNPROCESSABLE && from > 0) throw fork(name, from);
    if (answer.status !== CONFLICT) throw refused(name, answer);
    const size = sizeIn(answer.body, name);
    if (size === from) throw size > 0 ? fork(name, size) : contradiction(name);
    from = notBeyond(size, head, name);
  }
  throw new Fault('unreachable', name, 'is at another size at each try: somebody else submits too');
}

function notBeyond(size: number, head: LogHead, name: string): number {
  if (size <= head.size) return size;
  throw new Fault(
    'conflict',
    name,
    `has seen ${size} leaves of this log, which has ${head.size} here: this is an older copy, and must not sign`,
  );
}

function fork(name: string, size: number): Fault {
  return new Fault('conflict', name, `has seen another log of this name at ${size} leaves: a fork`);
}

/** Every log goes on from nothing: no other one of this name is seen at 0 leaves. */
function contradiction(name: string): Fault {
  const detail = 'contradicts itself: it was asked from 0 leaves, refused, and says it is at 0';
  return new Fault('unreachable', name, detail);
}

async function proofBetween(
  tiles: TileReader,
  head: LogHead,
  from: number,
): Promise<readonly Uint8Array[]> {
  if (from === 0 || from === head.size) return [];
  const known = await AuthenticatedTiles.open(tiles, head);
  return known.proveConsistency(from);
}

function linesOf(
  body: Uint8Array,
  { checkpoint }: LogHead,
  keys: readonly VerifierKey[],
  name: string,
): readonly string[] {
  const lines = parseSignatureLines(body, name);
  const note = parseSignedNote(concatBytes(checkpoint, body), name);
  verifyNote(note, keys, name);
  const isOwn = (id: string, of: string) => keys.some((key) => key.id === id && key.name === of);
  return lines.filter((line) => isOwn(line.id, line.name)).map(writeSignatureLine);
}

function sizeIn(body: Uint8Array, name: string): number {
  const text = fromUtf8(body.subarray(0, 32), name);
  const size = Number(parseCount(text.replace(/\n$/, ''), `${name}.size`));
  if (!Number.isSafeInteger(size)) throw malformed(`${name}.size`, `${size}`);
  return size;
}

const LONGEST_REASON = 200;

function refused(name: string, { status, body }: { status: number; body: Uint8Array }): Fault {
  const text = new TextDecoder().decode(body.subarray(0, LONGEST_REASON)).trim();
  return new Fault('unreachable', name, `answered ${status}${text === '' ? '' : `: ${text}`}`);
}
