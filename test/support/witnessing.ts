import { utf8 } from '../../src/core/bytes/text.ts';
import type { NoteSigner } from '../../src/ledger/note/sign-note.ts';
import type { ForkProof } from '../../src/ledger/proof/fork-proof.ts';
import type { LogHead } from '../../src/ledger/store.ts';
import type { TileReader } from '../../src/ledger/tiles/tile-reader.ts';
import { leafHash } from '../../src/ledger/tree/hash.ts';
import { proveConsistency } from '../../src/ledger/tree/prove.ts';
import { writeAddCheckpoint } from '../../src/ledger/witness/add-checkpoint.ts';
import { Witness, type Witnessed, type WitnessStore } from '../../src/ledger/witness/witness.ts';
import { naiveRoot, nodesOf } from './merkle.ts';
import { signedCheckpoint, testSigner } from './notes.ts';

export const LOG = 'log.example/witnessed';
export const logSigner = testSigner(LOG, 'note', 11);

const NAME = 'witness.example/w';
export const witnessSigners = [
  testSigner(NAME, 'cosignature', 12),
  testSigner(NAME, 'cosignature-ml-dsa-44', 13),
];
export const witnessKeys = witnessSigners.map(({ key }) => key);

export const WITNESS_TIME = 1_790_000_123_456;

/** What a witness remembers, and every call that was made, in order. */
export class WitnessMemory implements WitnessStore {
  readonly states = new Map<string, Witnessed>();
  readonly calls: string[] = [];

  async last(origin: string) {
    this.calls.push('last');
    return this.states.get(origin);
  }

  async advance(origin: string, from: bigint, to: Witnessed) {
    this.calls.push(`advance ${from}`);
    if ((this.states.get(origin)?.size ?? 0n) !== from) return false;
    this.states.set(origin, to);
    return true;
  }
}

export function witnessOn(
  store: WitnessStore,
  signers: readonly NoteSigner[] = witnessSigners,
  forks: ForkProof[] = [],
) {
  const logs = new Map([[LOG, [logSigner.key]]]);
  const keepFork = async (_origin: string, fork: ForkProof) => void forks.push(fork);
  return new Witness({ store, logs, signers, now: () => WITNESS_TIME, keepFork });
}

/** Leaf hashes of one history of a log; another `branch` is another history from some leaf on. */
export function history(size: number, branch?: { readonly from: number }): Uint8Array[] {
  return Array.from({ length: size }, (_, i) =>
    leafHash(utf8(branch && i >= branch.from ? `other ${i}` : `leaf ${i}`)),
  );
}

export interface NoteOptions {
  readonly origin?: string;
  readonly signers?: readonly NoteSigner[];
}

export function noteOf(
  leaves: readonly Uint8Array[],
  { origin = LOG, signers = [logSigner] }: NoteOptions = {},
): Uint8Array {
  const root = naiveRoot(leaves);
  return signedCheckpoint({ origin, size: BigInt(leaves.length), root, extensions: [] }, signers);
}

export function headOf(leaves: readonly Uint8Array[]): LogHead {
  return { size: leaves.length, root: naiveRoot(leaves), checkpoint: noteOf(leaves) };
}

/** A request as an honest log makes it. */
export function requestOf(
  old: number,
  leaves: readonly Uint8Array[],
  more: NoteOptions & { readonly hashes?: readonly Uint8Array[] } = {},
): Uint8Array {
  const proven = old > 0 && old < leaves.length;
  const hashes = proven ? proveConsistency(old, leaves.length, nodesOf(leaves)) : [];
  return writeAddCheckpoint({
    oldSize: BigInt(old),
    hashes: more.hashes ?? hashes,
    checkpoint: noteOf(leaves, more),
  });
}

/** Tiles of level 0 of fewer than 256 leaves. */
export function tilesOf(leaves: readonly Uint8Array[]): TileReader {
  return {
    readTile: async (_level, _index, width) =>
      new Uint8Array(Buffer.concat(leaves.slice(0, width))),
  };
}
