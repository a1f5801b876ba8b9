import { equalBytes } from '../../core/bytes/equal.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { EMPTY_ROOT, wantHash } from '../tree/hash.ts';
import { wantCount } from '../tree/subtree-path.ts';
import { parseSignedNote, type SignedNote } from './signed-note.ts';

/** What a log says of itself (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log's identity: any line that is not empty. */
  readonly origin: string;
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Further lines, without meaning here. */
  readonly extensions: readonly string[];
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
}

/**
 * A signed note whose text is a checkpoint. Nothing is verified yet.
 *
 * @throws Fault `malformed` at `<at>.<field>`.
 */
export function parseSignedCheckpoint(bytes: Uint8Array, at = 'checkpoint'): SignedCheckpoint {
  const note = parseSignedNote(bytes, at);
  return { checkpoint: parseCheckpointText(note.text, at), note };
}

/**
 * The text of a note: origin, size, root and further lines, each ended by a newline.
 *
 * @throws Fault `malformed` at `<at>.<field>`; so also for a root of an empty tree that is not the
 *   one that all empty trees have.
 */
export function parseCheckpointText(text: string, at = 'checkpoint'): Checkpoint {
  const [origin = '', size, encoded, ...rest] = text.split('\n');
  const end = rest.pop();
  if (size === undefined || encoded === undefined || end !== '') {
    throw malformed(at, 'want lines of origin, size and root');
  }
  checkLines(origin, rest, at);
  const tree = {
    size: parseCount(size, `${at}.size`),
    root: fromBase64(encoded, `${at}.root`),
  };
  checkTree(tree, at);
  return { origin, ...tree, extensions: rest };
}

/** @throws Fault `malformed` when the checkpoint has no text that reads as the same again. */
export function writeCheckpointText({ origin, size, root, extensions }: Checkpoint): string {
  checkLines(origin, extensions, 'checkpoint');
  checkTree({ size, root }, 'checkpoint');
  const lines = [origin, String(size), toBase64(root), ...extensions];
  if (lines.some((line) => line.includes('\n'))) throw malformed('checkpoint', 'a line has two');
  return `${lines.join('\n')}\n`;
}

function checkLines(origin: string, extensions: readonly string[], at: string): void {
  if (origin === '') throw malformed(`${at}.origin`, 'is empty');
  const empty = extensions.indexOf('');
  if (empty >= 0) throw malformed(`${at}.extensions[${empty}]`, 'is empty');
}

function checkTree({ size, root }: Pick<Checkpoint, 'size' | 'root'>, at: string): void {
  wantCount(size, `${at}.size`);
  wantHash(root, `${at}.root`);
  if (size === 0n && !equalBytes(root, EMPTY_ROOT)) {
    throw malformed(`${at}.root`, 'an empty tree has another');
  }
}

/** A decimal number of at most 64 bits, without leading zeros. @throws Fault `malformed`. */
export function parseCount(text: string, at: string): bigint {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) {
    throw malformed(at, 'want a decimal number without leading zeros');
  }
  return wantCount(BigInt(text), at);
}
