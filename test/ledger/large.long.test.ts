import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
import type { FullTile, LedgerStore } from '../../src/ledger/store.ts';
import { Frontier } from '../../src/ledger/tree/frontier.ts';
import { leafHash } from '../../src/ledger/tree/hash.ts';
import { signHead } from '../../src/ledger/writer/identity.ts';
import { recoverEdge } from '../../src/ledger/writer/recover.ts';
import { TileEdge } from '../../src/ledger/writer/tile-edge.ts';
import { openStore } from '../../src/store/open.ts';
import { commitWhole, fenceOf } from '../support/ledger-batches.ts';
import { CLASSIC, checkpointOf, NOW, writerOn } from '../support/ledger-writing.ts';
import { temporaryFolder } from '../support/store-beds.ts';

const SIZE = 1_000_000;
const AT_ONCE = 65_536;

const ms = (since: number) => Math.round(performance.now() - since);

it('a log of 1,000,000 leaves is started from its tiles', async () => {
  const folder = temporaryFolder();
  const place = { file: join(folder, 'ledger.db') };
  const store = await openStore(place);
  try {
    const hashes = await fill(store);
    const began = performance.now();
    const frontier = new Frontier();
    for (let i = 0; i < SIZE; i++) frontier.append(hashAt(hashes, i));
    const root = frontier.root();
    const hashing = ms(began);

    const beganAgain = performance.now();
    const edge = await recoverEdge(store, SIZE);
    const recovering = ms(beganAgain);
    expect(edge.size).toBe(SIZE);
    expect(edge.root()).toEqual(root);

    // A whole start, with a checkpoint that others saw when the log was smaller.
    const earlier = new Frontier();
    for (let i = 0; i < 700_001; i++) earlier.append(hashAt(hashes, i));
    const known = [{ source: 'published', note: checkpointOf(700_001, earlier.root()) }];
    const beganWriter = performance.now();
    const writer = await writerOn(store, { known: async () => known });
    const starting = ms(beganWriter);
    const entry = utf8('one more');
    const { index, head } = await writer.append({ id: 'one more', entry });
    frontier.append(leafHash(entry));
    expect(index).toBe(SIZE);
    expect(head.root).toEqual(frontier.root());
    await writer.close();

    const [ratio, whole] = [recovering / hashing, starting / hashing].map((n) => n.toFixed(2));
    process.stderr.write(
      `${SIZE} leaf hashes: hashed once in ${hashing} ms; recovered in ${recovering} ms (× ${ratio}); the writer open in ${starting} ms (× ${whole})\n`,
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function hashAt(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(32 * index, 32 * (index + 1));
}

/** @returns all leaf hashes, one after another. */
async function fill(store: LedgerStore): Promise<Uint8Array> {
  const fence = await fenceOf(store, 'filler');
  const edge = TileEdge.empty();
  const all = new Uint8Array(32 * SIZE);
  while (edge.size < SIZE) {
    const base = edge.size;
    const tiles: FullTile[] = [];
    const leaves = Array.from({ length: Math.min(AT_ONCE, SIZE - base) }, (_, i) => {
      const entry = utf8(`leaf ${base + i}`);
      const hash = leafHash(entry);
      tiles.push(...edge.append(hash));
      all.set(hash, 32 * (base + i));
      return { id: `id-${base + i}`, entry, hash };
    });
    const state = { size: edge.size, root: edge.root() };
    const head = { ...state, checkpoint: signHead(CLASSIC, state, NOW) };
    const rest = { records: [], blobs: [], companions: [] };
    await commitWhole(store, { fence, base, leaves, tiles, head, ...rest });
  }
  await store.releaseLease(fence);
  return all;
}
