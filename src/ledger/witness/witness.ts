import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { type NoteSigner, signNote } from '../note/sign-note.ts';
import type { VerifierKey } from '../note/verifier-key.ts';
import { verifyNote } from '../note/verify-note.ts';
import type { ForkProof } from '../proof/fork-proof.ts';
import { verifyConsistency } from '../tree/consistency.ts';
import { subtreeRoots } from '../tree/subtree.ts';
import { parseAddCheckpoint, type ReadAddCheckpoint } from './add-checkpoint.ts';

/** The last state of a log that a witness cosigned. */
export interface Witnessed {
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** The signed note of it, for whoever later needs proof that two states don't go together. */
  readonly note: Uint8Array;
}

/** What a witness must never forget. */
export interface WitnessStore {
  last(origin: string): Promise<Witnessed | undefined>;
  /**
   * Replaces the last state if it still is of this size, 0 of none: looked at and written in one,
   * and durable across a power cut before it resolves.
   *
   * @returns false when somebody else was first.
   */
  advance(origin: string, from: bigint, to: Witnessed): Promise<boolean>;
}

export interface WitnessDeps {
  readonly store: WitnessStore;
  /** Keys of each log that is witnessed, by its origin. */
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  /** The witness's own, of cosignatures. */
  readonly signers: readonly NoteSigner[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Keeps the proof that a log signed what does not go together; bounded, for it may come again. */
  readonly keepFork: (origin: string, fork: ForkProof) => Promise<void>;
}

/** An answer over HTTP, as C2SP tlog-witness has them. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly type: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

/**
 * A witness: for each log it holds one chain of states, each going on from the one before, and
 * says so by its signature. Whoever sees it knows that all others who do saw the same log.
 */
export class Witness {
  readonly #deps: WitnessDeps;

  constructor(deps: WitnessDeps) {
    this.#deps = deps;
  }

  /** @param body of the request. */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const request = readOr(() => parseAddCheckpoint(body));
    if (request instanceof Fault) return plain(400, request.message);
    const { checkpoint, note } = request.signed;
    const keys = this.#deps.logs.get(checkpoint.origin);
    if (keys === undefined) return plain(404, `this log is not witnessed here`);
    const unsigned = readOr(() => verifyNote(note, keys, 'request.checkpoint'));
    if (unsigned instanceof Fault) return plain(403, unsigned.message);
    if (request.oldSize > checkpoint.size) {
      return plain(400, `request.old: ${request.oldSize} is beyond the checkpoint`);
    }
    const last = await this.#deps.store.last(checkpoint.origin);
    const refusal = refusalOf(request, last);
    const fork = refusal && last && forkShown(request, last);
    if (fork) await this.#deps.keepFork(checkpoint.origin, fork);
    if (refusal) return refusal;
    return this.#cosign(request);
  }

  async #cosign({
    signed: { checkpoint, note },
    oldSize,
    ...request
  }: ReadAddCheckpoint): Promise<WitnessAnswer> {
    const { origin, size, root } = checkpoint;
    const next = { size, root, note: request.checkpoint };
    if (!(await this.#deps.store.advance(origin, oldSize, next))) {
      const last = await this.#deps.store.last(origin);
      return conflict(last?.size ?? 0n);
    }
    const seconds = BigInt(Math.floor(this.#deps.now() / 1000));
    const lines = this.#deps.signers.map((signer) => signNote(note.text, signer, seconds));
    return { ...plain(200, ''), body: lines.join('') };
  }
}

/** Why the checkpoint does not go on from what was cosigned last. */
function refusalOf(
  { oldSize, hashes, signed: { checkpoint } }: ReadAddCheckpoint,
  last: Witnessed | undefined,
): WitnessAnswer | undefined {
  const size = last?.size ?? 0n;
  if (oldSize !== size) return conflict(size);
  if (last && size > 0n && size === checkpoint.size && !equalBytes(last.root, checkpoint.root)) {
    return conflict(size);
  }
  if (last === undefined || size === 0n) {
    return hashes.length === 0
      ? undefined
      : plain(422, 'request.proof: from nothing, there is none');
  }
  const broken = readOr(() =>
    verifyConsistency({
      size1: size,
      size2: checkpoint.size,
      root1: last.root,
      root2: checkpoint.root,
      hashes,
    }),
  );
  return broken instanceof Fault ? plain(422, broken.message) : undefined;
}

/**
 * The proof that a refused request brings along: another root of the size that was cosigned, or a
 * good proof from another tree of that size. A proof that is good from no tree shows nothing, since
 * anybody may send one with the log's own checkpoint; nor does one from a size that is a power of
 * two, which does not say the root it begins with.
 */
function forkShown(
  { oldSize, hashes, checkpoint: note, signed: { checkpoint } }: ReadAddCheckpoint,
  last: Witnessed,
): ForkProof | undefined {
  const { size, root } = checkpoint;
  const notes = { smaller: last.note, larger: note };
  if (size === last.size) {
    return equalBytes(root, last.root) ? undefined : { ...notes, prefix: root, hashes: [] };
  }
  if (oldSize !== last.size || last.size === 0n) return undefined;
  const range = { start: 0n, end: last.size, subtreeRoot: last.root, size };
  const roots = readOr(() => subtreeRoots({ ...range, hashes }));
  if (roots instanceof Fault || !equalBytes(roots.whole, root)) return undefined;
  if (equalBytes(roots.part, last.root)) return undefined;
  return { ...notes, prefix: roots.part, hashes };
}

function conflict(size: bigint): WitnessAnswer {
  return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` };
}

function plain(status: WitnessAnswer['status'], text: string): WitnessAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

function readOr<T>(read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return error;
    throw error;
  }
}
