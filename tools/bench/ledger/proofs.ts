import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { parseTlogProof, writeTlogProof } from '../../../src/ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../../../src/ledger/proof/verify-proof.ts';
import { StoreTiles } from '../../../src/ledger/store-tiles.ts';
import { AuthenticatedTiles } from '../../../src/ledger/tiles/authenticated-tiles.ts';
import { TILE_WIDTH } from '../../../src/ledger/tiles/tile.ts';
import type { TileReader } from '../../../src/ledger/tiles/tile-reader.ts';
import { leafHash } from '../../../src/ledger/tree/hash.ts';
import { signHead } from '../../../src/ledger/writer/identity.ts';
import { TileEdge } from '../../../src/ledger/writer/tile-edge.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import { benchIdentity } from './append.ts';

const LEAVES = 1_000_000;
const PROOFS = 512;
/** Spread over the tree: neighbours would share their tiles. */
const STEP = 7919;

/** Proofs of one leaf among a million: made from tiles, and verified from their text. */
export async function proofWorkloads(): Promise<{
  readonly prove: Workload;
  readonly verify: Workload;
  readonly limit: Workload;
}> {
  const { reader, edge } = bigTree();
  const identity = benchIdentity();
  const head = { size: LEAVES, root: edge.root() };
  const checkpoint = signHead(identity, head, 0);
  const prove = async (tiles: AuthenticatedTiles, call: number) => {
    const index = (call * STEP) % LEAVES;
    const hashes = await tiles.proveInclusion(index);
    return writeTlogProof({ extra: undefined, index: BigInt(index), hashes, checkpoint });
  };
  const open = await AuthenticatedTiles.open(reader, head, LEAVES / TILE_WIDTH + 64);
  const proofs: Uint8Array[] = [];
  for (let i = 0; i < PROOFS; i++) proofs.push(await prove(open, i));
  const [key] = identity.keys;
  if (key === undefined) throw new Error('the bench has a log with a key');
  const trust = { logs: [{ key, url: undefined }], witnesses: [], quorum: undefined };
  const bare = bareVerification(
    key.publicKey,
    checkpoint,
    proofs.map((proof) => parseTlogProof(proof).hashes),
  );
  return {
    prove: { name: 'ledger.prove', prepare: () => async (call) => void (await prove(open, call)) },
    verify: {
      name: 'ledger.verify',
      prepare: () => (call) => {
        const at = call % PROOFS;
        const proof = parseTlogProof(pick(proofs, at));
        verifyTlogProof(proof, entryOf((at * STEP) % LEAVES), trust);
      },
    },
    limit: bare,
  };
}

/** One Ed25519 verification and the hashes of a path, straight from node:crypto. */
function bareVerification(
  publicKey: Uint8Array,
  note: Uint8Array,
  paths: readonly (readonly Uint8Array[])[],
): Workload {
  const text = new TextDecoder().decode(note);
  const border = text.indexOf('\n\n');
  const message = Buffer.from(text.slice(0, border + 1));
  const line = text.slice(border + 2).split('\n')[0] ?? '';
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4);
  const key: KeyObject = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]),
    format: 'der',
    type: 'spki',
  });
  return {
    name: 'limit.proof',
    prepare: () => (call) => {
      if (!verify(null, message, key, signature)) throw new Error('the bench signs well');
      let hash = createHash('sha256').update(Buffer.alloc(80)).digest();
      for (const sibling of pick(paths, call)) {
        hash = createHash('sha256').update(hash).update(sibling).digest();
      }
    },
  };
}

function entryOf(index: number): Uint8Array {
  const entry = new Uint8Array(80);
  new DataView(entry.buffer).setUint32(0, index);
  return entry;
}

/** Every full tile in memory, as a disk's cache has them. */
function bigTree(): { readonly reader: TileReader; readonly edge: TileEdge } {
  const full = new Map<string, Uint8Array>();
  const leaves: Uint8Array[] = [];
  const edge = TileEdge.empty();
  for (let i = 0; i < LEAVES; i++) {
    const leaf = leafHash(entryOf(i));
    leaves.push(leaf);
    for (const { level, index, hashes } of edge.append(leaf)) {
      full.set(`${level}/${index}`, hashes);
    }
  }
  const reader = new StoreTiles({
    tiles: async (level, from, count) =>
      Array.from({ length: count }, (_, i) => full.get(`${level}/${from + i}`)).filter(
        (tile) => tile !== undefined,
      ),
    leafHashes: async (from, to) => leaves.slice(from, to),
  });
  return { reader, edge };
}
