import { equalBytes } from '../../core/bytes/equal.ts';
import { malformed } from '../../core/fault.ts';
import { base64 } from '../form/base64.ts';
import { readDocument, writeDocument } from '../form/document.ts';
import { list, members, oneOf } from '../form/form.ts';
import { type Checkpoint, parseSignedCheckpoint } from '../note/checkpoint.ts';
import { LARGEST_NOTE } from '../note/signed-note.ts';
import type { VerifierKey } from '../note/verifier-key.ts';
import { verifyNote } from '../note/verify-note.ts';
import { verifyConsistency } from '../tree/consistency.ts';
import { HASH_SIZE } from '../tree/hash.ts';

/**
 * That a log signed two states which don't go together, to whoever has its key and nothing else:
 * the larger tree begins with another tree than the smaller state says.
 */
export interface ForkProof {
  /** Signed notes, byte by byte; of one size where the fork is at one size. */
  readonly smaller: Uint8Array;
  readonly larger: Uint8Array;
  /** The root that the larger tree had at the smaller size, 32 bytes. */
  readonly prefix: Uint8Array;
  /** That it had: consistency from there to the larger state. */
  readonly hashes: readonly Uint8Array[];
}

const MOST_HASHES = 64;

interface ForkFile extends ForkProof {
  readonly v: 1;
  readonly type: 'fork';
}

const FORK = {
  name: 'fork',
  most: 4 * LARGEST_NOTE,
  form: members<ForkFile>({
    v: oneOf(1),
    type: oneOf('fork'),
    smaller: base64(LARGEST_NOTE),
    larger: base64(LARGEST_NOTE),
    prefix: base64(HASH_SIZE),
    hashes: list(base64(HASH_SIZE), MOST_HASHES),
  }),
};

/**
 * The file, canonical JSON:
 *
 *     { "v": 1, "type": "fork", "smaller": "<base64>", "larger": "<base64>", "prefix": "<base64>",
 *       "hashes": ["<base64>", …] }
 */
export function writeForkProof({ smaller, larger, prefix, hashes }: ForkProof): Uint8Array {
  return writeDocument<ForkFile>(FORK, { v: 1, type: 'fork', smaller, larger, prefix, hashes });
}

/** Nothing is verified yet. @throws Fault `malformed` at `fork…`. */
export function parseForkProof(bytes: Uint8Array): ForkProof {
  const { smaller, larger, prefix, hashes } = readDocument(FORK, bytes);
  return { smaller, larger, prefix, hashes };
}

export interface Fork {
  readonly smaller: Checkpoint;
  readonly larger: Checkpoint;
}

/**
 * @param keys of the log.
 * @throws Fault `malformed` at `fork…` unless both states are signed by one of the keys, are of one
 *   log, and don't go together.
 */
export function verifyForkProof(proof: ForkProof, keys: readonly VerifierKey[]): Fork {
  const [smaller, larger] = [
    signedState(proof.smaller, keys, 'fork.smaller'),
    signedState(proof.larger, keys, 'fork.larger'),
  ];
  if (smaller.origin !== larger.origin) {
    throw malformed('fork.larger.origin', `want ${smaller.origin}, got ${larger.origin}`);
  }
  const { prefix, hashes } = proof;
  verifyConsistency(
    { size1: smaller.size, root1: prefix, size2: larger.size, root2: larger.root, hashes },
    'fork',
  );
  if (!equalBytes(prefix, smaller.root)) return { smaller, larger };
  throw malformed('fork.prefix', 'is the smaller root: these states go together');
}

function signedState(note: Uint8Array, keys: readonly VerifierKey[], at: string): Checkpoint {
  const { checkpoint, note: signed } = parseSignedCheckpoint(note, at);
  verifyNote(signed, keys, at);
  return checkpoint;
}
