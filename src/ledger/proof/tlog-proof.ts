import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { parseCount, parseSignedCheckpoint, type SignedCheckpoint } from '../note/checkpoint.ts';
import { wantHash } from '../tree/hash.ts';

/** That an entry is in a log, to be stapled to it (C2SP tlog-proof). Nothing is verified yet. */
export interface TlogProof {
  /** What the application put in. Nobody signed it. At least a byte. */
  readonly extra: Uint8Array | undefined;
  readonly index: bigint;
  /** From the leaf's sibling up to the child of the root. */
  readonly hashes: readonly Uint8Array[];
  /** The log's checkpoint with cosignatures, byte by byte as it stands. */
  readonly checkpoint: Uint8Array;
  /** The same, read. */
  readonly signed: SignedCheckpoint;
}

export const TLOG_PROOF_HEADER = 'c2sp.org/tlog-proof@v1';

/** A tree of 2^64 - 1 leaves is that high. */
const MOST_HASHES = 64;
/** Beyond what a checkpoint may have: hashes, and as much again of extra data. */
const LARGEST_PROOF = 2_000_000;

/** @throws Fault `malformed` at `<at>.<field>`. */
export function parseTlogProof(bytes: Uint8Array, at = 'proof'): TlogProof {
  if (bytes.length > LARGEST_PROOF) {
    throw malformed(at, `${bytes.length} bytes, of which at most ${LARGEST_PROOF} are read`);
  }
  const border = emptyLine(bytes);
  if (border < 0) throw malformed(at, 'no empty line before the checkpoint');
  const [header, ...lines] = fromUtf8(bytes.subarray(0, border), at).split('\n');
  if (header !== TLOG_PROOF_HEADER) throw malformed(`${at}.header`, `want ${TLOG_PROOF_HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? parseExtra(lines.shift() ?? '', at) : undefined;
  const index = lines.shift();
  if (!index?.startsWith('index ')) throw malformed(`${at}.index`, 'want a line of the index');
  if (lines.length > MOST_HASHES) throw malformed(`${at}.hashes`, `${lines.length} are too many`);
  const checkpoint = bytes.slice(border + 2);
  return {
    extra,
    index: parseCount(index.slice('index '.length), `${at}.index`),
    hashes: lines.map((line, i) => {
      return wantHash(fromBase64(line, `${at}.hashes[${i}]`), `${at}.hashes[${i}]`);
    }),
    checkpoint,
    signed: parseSignedCheckpoint(checkpoint, `${at}.checkpoint`),
  };
}

/** @throws Fault `malformed` for what would not read as the same again. */
export function writeTlogProof(proof: Omit<TlogProof, 'signed'>): Uint8Array {
  const { extra, index, hashes, checkpoint } = proof;
  const lines = [
    TLOG_PROOF_HEADER,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(toBase64),
  ];
  const bytes = concatBytes(utf8(`${lines.join('\n')}\n\n`), checkpoint);
  parseTlogProof(bytes);
  return bytes;
}

function parseExtra(line: string, at: string): Uint8Array {
  const extra = fromBase64(line.slice('extra '.length), `${at}.extra`);
  if (extra.length === 0) throw malformed(`${at}.extra`, 'is empty: then there is no such line');
  return extra;
}

/** Where the first two newlines in a row are; -1 where none are. */
function emptyLine(bytes: Uint8Array): number {
  return bytes.findIndex((byte, i) => byte === 0x0a && bytes[i + 1] === 0x0a);
}
