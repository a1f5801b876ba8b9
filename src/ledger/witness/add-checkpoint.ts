import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { parseCount, parseSignedCheckpoint, type SignedCheckpoint } from '../note/checkpoint.ts';
import { wantHash } from '../tree/hash.ts';

/** The body of add-checkpoint (C2SP tlog-witness). Nothing is verified yet. */
export interface AddCheckpoint {
  /** The size that the witness is thought to have cosigned last; 0 before the first time. */
  readonly oldSize: bigint;
  /** Consistency from there to the checkpoint. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note, byte by byte. */
  readonly checkpoint: Uint8Array;
}

export interface ReadAddCheckpoint extends AddCheckpoint {
  readonly signed: SignedCheckpoint;
}

/** A proof has no more (C2SP tlog-witness, section "add-checkpoint"). */
const MOST_HASHES = 63;
/** Of a note with all the signatures that one may have. */
export const LARGEST_REQUEST = 1_100_000;

/** @throws Fault `malformed` at `<at>.<field>`. */
export function parseAddCheckpoint(bytes: Uint8Array, at = 'request'): ReadAddCheckpoint {
  if (bytes.length > LARGEST_REQUEST) {
    throw malformed(at, `${bytes.length} bytes, of which at most ${LARGEST_REQUEST} are read`);
  }
  const border = bytes.findIndex((byte, i) => byte === 0x0a && bytes[i + 1] === 0x0a);
  if (border < 0) throw malformed(at, 'no empty line before the checkpoint');
  const [old = '', ...lines] = fromUtf8(bytes.subarray(0, border), at).split('\n');
  if (!old.startsWith('old ')) throw malformed(`${at}.old`, 'want a line of the old size');
  if (lines.length > MOST_HASHES)
    throw malformed(`${at}.proof`, `${lines.length} hashes are too many`);
  const checkpoint = bytes.slice(border + 2);
  return {
    oldSize: parseCount(old.slice('old '.length), `${at}.old`),
    hashes: lines.map((line, i) =>
      wantHash(fromBase64(line, `${at}.proof[${i}]`), `${at}.proof[${i}]`),
    ),
    checkpoint,
    signed: parseSignedCheckpoint(checkpoint, `${at}.checkpoint`),
  };
}

export function writeAddCheckpoint({ oldSize, hashes, checkpoint }: AddCheckpoint): Uint8Array {
  const lines = [`old ${oldSize}`, ...hashes.map(toBase64), '', ''];
  return concatBytes(utf8(lines.join('\n')), checkpoint);
}
