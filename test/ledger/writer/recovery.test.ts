import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import type { LogHead } from '../../../src/ledger/store.ts';
import { leafHash } from '../../../src/ledger/tree/hash.ts';
import { extendEdge, recoverEdge } from '../../../src/ledger/writer/recover.ts';
import { TileEdge } from '../../../src/ledger/writer/tile-edge.ts';
import {
  appendAll,
  CLASSIC,
  checkpointOf,
  NOW,
  numbered,
  ORIGIN,
  writerOn,
} from '../../support/ledger-writing.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { flipped, naiveRoot } from '../../support/merkle.ts';
import { signedCheckpoint, testSigner } from '../../support/notes.ts';

/** A log of some leaves, one batch for all but the first. */
async function filled(size: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  await appendAll(writer, numbered(0, size));
  await writer.close();
  return store;
}

const entriesHashes = (count: number) => numbered(0, count).map(({ entry }) => leafHash(entry));

function setHead(store: MemoryStore, edit: (head: LogHead) => LogHead): void {
  const size = Math.max(...store.heads.keys());
  const head = store.heads.get(size);
  if (head) store.heads.set(size, edit(head));
}

describe('an edge', () => {
  it.each([0, 1, 255, 256, 257, 600])(
    'of %i leaves is the same by tiles, leaf by leaf, and from where it was before',
    async (size) => {
      const store = await filled(size);
      const hashes = entriesHashes(size + 300);
      const root = naiveRoot(hashes.slice(0, size));
      const recovered = await recoverEdge(store, size);
      const extended = await extendEdge(store, TileEdge.empty(), size);
      expect([recovered.size, extended.size]).toEqual([size, size]);
      expect(recovered.root()).toEqual(root);
      expect(extended.root()).toEqual(root);
      for (const hash of hashes.slice(size)) {
        expect(recovered.append(hash)).toEqual(extended.append(hash));
      }
      expect(recovered.root()).toEqual(naiveRoot(hashes));
    },
  );

  it('that is copied grows apart', () => {
    const edge = TileEdge.empty();
    const hashes = entriesHashes(300);
    for (const hash of hashes.slice(0, 255)) edge.append(hash);
    const copy = edge.copy();
    for (const hash of hashes.slice(255)) copy.append(hash);
    expect(edge.root()).toEqual(naiveRoot(hashes.slice(0, 255)));
    expect(copy.root()).toEqual(naiveRoot(hashes));
  });

  it('beyond what is stored is refused', async () => {
    const store = await filled(300);
    await expect(recoverEdge(store, 301)).rejects.toMatchObject({ at: 'leaves[300]' });
    await expect(recoverEdge(store, 513)).rejects.toMatchObject({ at: 'tiles[0][1]' });
  });
});

const LARGE = 65_536 + 300;
let large: MemoryStore | undefined;
/** Made once: whoever damages it mends it. */
async function largeLog(): Promise<MemoryStore> {
  large ??= await filled(LARGE);
  return large;
}

const stranger = testSigner(ORIGIN, 'note', 77);

/** What is wrong with a stored log, and how it is said. */
const DAMAGES: readonly {
  readonly what: string;
  readonly size: number;
  readonly damage: (store: MemoryStore) => void;
  readonly code: 'conflict' | 'malformed';
  readonly at: string;
}[] = [
  {
    what: 'a leaf hash behind the last full tile',
    size: 300,
    damage: ({ leafRows }) => {
      const leaf = leafRows[299];
      if (leaf) leafRows[299] = { ...leaf, hash: flipped(leaf.hash, 7) };
    },
    code: 'conflict',
    at: 'head.root',
  },
  {
    what: 'a leaf that is missing at the end',
    size: 300,
    damage: ({ leafRows }) => void leafRows.pop(),
    code: 'malformed',
    at: 'leaves[299]',
  },
  {
    what: 'a leaf beyond what was signed',
    size: 300,
    damage: ({ leafRows }) => {
      const leaf = leafRows[0];
      if (leaf) leafRows.push({ ...leaf, index: 300 });
    },
    code: 'conflict',
    at: 'leaves[300]',
  },
  {
    what: 'a tile of leaf hashes',
    size: 300,
    damage: ({ tileRows: [tiles = []] }) => {
      tiles[0] = flipped(tiles[0] ?? new Uint8Array(), 8 * 4000);
    },
    code: 'conflict',
    at: 'head.root',
  },
  {
    what: 'a tile of leaf hashes that is cut',
    size: 300,
    damage: ({ tileRows: [tiles = []] }) => {
      tiles[0] = (tiles[0] ?? new Uint8Array()).slice(32);
    },
    code: 'malformed',
    at: 'tiles[0][0]',
  },
  {
    what: 'a tile of leaf hashes that is gone',
    size: 600,
    damage: ({ tileRows: [tiles = []] }) => void tiles.pop(),
    code: 'malformed',
    at: 'tiles[0][1]',
  },
  {
    what: 'the last checkpoint, so that the one before is the head',
    size: 300,
    damage: ({ heads }) => void heads.delete(300),
    code: 'conflict',
    at: 'leaves[256]',
  },
  {
    what: 'all checkpoints',
    size: 300,
    damage: ({ heads }) => heads.clear(),
    code: 'conflict',
    at: 'leaves[0]',
  },
  {
    what: 'the root beside the checkpoint',
    size: 300,
    damage: (store) => setHead(store, (head) => ({ ...head, root: flipped(head.root, 3) })),
    code: 'conflict',
    at: 'head.checkpoint',
  },
  {
    what: 'root and checkpoint together, well signed',
    size: 300,
    damage: (store) =>
      setHead(store, ({ size, root }) => ({
        size,
        root: flipped(root, 3),
        checkpoint: checkpointOf(size, flipped(root, 3)),
      })),
    code: 'conflict',
    at: 'head.root',
  },
  {
    what: 'a checkpoint of another size',
    size: 300,
    damage: (store) =>
      setHead(store, (head) => ({ ...head, checkpoint: checkpointOf(299, head.root) })),
    code: 'conflict',
    at: 'head.checkpoint',
  },
  {
    what: 'a checkpoint of another origin',
    size: 300,
    damage: (store) =>
      setHead(store, (head) => ({
        ...head,
        checkpoint: checkpointOf(head.size, head.root, 'log.example/other'),
      })),
    code: 'conflict',
    at: 'head.checkpoint.origin',
  },
  {
    what: 'a checkpoint by another key of the same name',
    size: 300,
    damage: (store) =>
      setHead(store, (head) => {
        const { size, root } = head;
        const text = { origin: ORIGIN, size: BigInt(size), root, extensions: [] };
        return { ...head, checkpoint: signedCheckpoint(text, [stranger]) };
      }),
    code: 'malformed',
    at: 'head.checkpoint.signatures',
  },
  {
    what: 'a signature',
    size: 300,
    damage: (store) =>
      setHead(store, (head) => {
        const { length } = head.checkpoint;
        return { ...head, checkpoint: flipped(head.checkpoint, 8 * (length - 20)) };
      }),
    code: 'malformed',
    at: 'head.checkpoint.signatures[0]',
  },
];

describe('on a damaged log nothing is signed:', () => {
  it.each(DAMAGES)('$what', async ({ size, damage, code, at }) => {
    const store = await filled(size);
    damage(store);
    const before = store.commits.length;
    await expect(writerOn(store)).rejects.toMatchObject({ code, at });
    expect(store.commits).toHaveLength(before);
    // Whoever mends it need not wait for a lease.
    expect(store.lease).toBeUndefined();
  });

  it.each([
    { what: 'a tile of level 1', level: 1, code: 'malformed', at: 'tiles[1][0]' },
    { what: 'a tile of level 0 below it', level: 0, code: 'malformed', at: 'tiles[1][0]' },
  ])('$what, of more than 65,536 leaves', async ({ level, code, at }) => {
    const store = await largeLog();
    const tiles = store.tileRows[level] ?? [];
    const good = tiles[0] ?? new Uint8Array();
    tiles[0] = flipped(good, 8 * 5000 + 1);
    await expect(writerOn(store)).rejects.toMatchObject({ code, at });
    tiles.shift();
    await expect(writerOn(store)).rejects.toMatchObject({ code: 'malformed' });
    tiles.unshift(good);
    await (await writerOn(store)).close();
  });
});

it('a log that shrinks under its writer is not signed: neither the smaller one nor an empty one', async () => {
  for (const keep of [0, 256]) {
    const store = await filled(300);
    const writer = await writerOn(store);
    // Somebody brings back an older copy while another has the lease.
    store.lease = { holder: 'restorer', token: 99, beat: 0, wanted: false };
    store.leafRows.length = keep;
    store.tileRows.length = 0;
    for (const size of [...store.heads.keys()])
      if (size > keep || keep === 0) store.heads.delete(size);
    store.lease = undefined;
    const before = store.commits.length;
    const [entry] = numbered(900, 1);
    if (entry === undefined) throw new Error('one');
    await expect(writer.append(entry)).rejects.toMatchObject({ code: 'conflict', at: 'head.size' });
    expect(store.commits).toHaveLength(before);
    await writer.close();
  }
});

describe('a database that falls back under its writer', () => {
  /** As it was at a smaller size, with the lease of whoever has it now. */
  function fallBack(store: MemoryStore, size: number, root: Uint8Array): void {
    store.leafRows.length = size;
    for (const known of [...store.heads.keys()]) if (known > size) store.heads.delete(known);
    store.heads.set(size, { size, root, checkpoint: checkpointOf(size, root) });
  }

  /** A writer from the empty log on; one commit of it may be lost. */
  async function running(isLost: boolean) {
    const store = new MemoryStore();
    let losing = false;
    const lossy = store.seenThrough(async (method, act) => {
      if (method === 'commit' && losing) throw new Fault('unreachable', 'db', 'is gone');
      return act();
    });
    const writer = await writerOn(lossy);
    await appendAll(writer, numbered(0, 8));
    await appendAll(writer, numbered(8, 2));
    const lose = async () => {
      losing = isLost;
      if (isLost) {
        await expect(appendAll(writer, numbered(700, 1))).rejects.toMatchObject({
          code: 'unreachable',
        });
      }
      losing = false;
    };
    return { store, writer, lose };
  }

  it.each([
    { what: 'at once', isLost: false, isBefore: false },
    { what: 'after a commit that was lost', isLost: true, isBefore: false },
    { what: 'before a commit that was lost', isLost: true, isBefore: true },
  ])('$what has no size signed twice', async ({ isLost, isBefore }) => {
    const { store, writer, lose } = await running(isLost);
    if (!isBefore) await lose();
    fallBack(store, 8, naiveRoot(entriesHashes(8)));
    if (isBefore) await lose();
    const before = store.commits.length;
    for (let again = 0; again < 2; again++) {
      await expect(appendAll(writer, numbered(900, 1))).rejects.toMatchObject({
        code: 'conflict',
        at: 'head.size',
      });
    }
    expect(store.commits).toHaveLength(before);
    await writer.close();
  });

  it.each([
    { what: 'of the same size', size: 10 },
    { what: 'that is larger', size: 12 },
  ])(
    'and has another history $what, signed by another process, is not signed',
    async ({ size }) => {
      const { store, writer, lose } = await running(true);
      const other = new MemoryStore();
      const elsewhere = await writerOn(other);
      await appendAll(elsewhere, numbered(0, 8));
      await appendAll(elsewhere, numbered(500, size - 8));
      await elsewhere.close();
      store.leafRows.splice(0, store.leafRows.length, ...other.leafRows);
      store.heads.clear();
      for (const [at, head] of other.heads) store.heads.set(at, head);
      await lose();
      const before = store.commits.length;
      await expect(appendAll(writer, numbered(900, 1))).rejects.toMatchObject({
        code: 'conflict',
        at: 'this process',
        detail: expect.stringContaining('at 10 leaves: a fork'),
      });
      expect(store.commits).toHaveLength(before);
      await writer.close();
    },
  );
});

describe('a checkpoint that others know', () => {
  const SIZE = 600;
  const roots = (size: number) => naiveRoot(entriesHashes(size));
  const other = (size: number) => flipped(roots(size), 9);
  const note = (size: number, root = roots(size), origin = ORIGIN) =>
    checkpointOf(size, root, origin);

  it.each([
    { what: 'the same state', known: note(SIZE) },
    { what: 'an older state', known: note(257) },
    { what: 'an older state that ended with a tile', known: note(512) },
    { what: 'the first leaf', known: note(1) },
    { what: 'the empty log', known: note(0) },
  ])('as $what is no hindrance', async ({ known }) => {
    const store = await filled(SIZE);
    const writer = await writerOn(store, {
      known: async () => [{ source: 'w', note: known }],
    });
    await appendAll(writer, numbered(SIZE, 1));
    await writer.close();
  });

  it.each([
    {
      what: 'a larger state',
      known: note(SIZE + 1),
      code: 'conflict',
      at: 'w',
      says: 'older copy',
    },
    {
      what: 'another root of this size',
      known: note(SIZE, other(SIZE)),
      code: 'conflict',
      at: 'w',
      says: 'fork',
    },
    {
      what: 'another root of a smaller size',
      known: note(257, other(257)),
      code: 'conflict',
      at: 'w',
      says: 'fork',
    },
    {
      what: 'another log',
      known: note(257, roots(257), 'log.example/x'),
      code: 'conflict',
      at: 'w.origin',
      says: 'log.example/x',
    },
    {
      what: 'one that is not well signed',
      known: flipped(note(257), 8 * (note(257).length - 20)),
      code: 'malformed',
      at: 'w.signatures[0]',
      says: '',
    },
    { what: 'no checkpoint', known: new Uint8Array(9), code: 'malformed', at: 'w', says: '' },
  ])('as $what keeps the writer from signing', async ({ known, code, at, says }) => {
    const store = await filled(SIZE);
    const before = store.commits.length;
    // The good one that is looked at first is no excuse for the other.
    const both = [
      { source: 'good', note: note(300) },
      { source: 'w', note: known },
    ];
    const opened = writerOn(store, { known: async () => both });
    await expect(opened).rejects.toMatchObject({
      code,
      at,
      detail: expect.stringContaining(says),
    });
    expect(store.commits).toHaveLength(before);
    expect(store.lease).toBeUndefined();
  });

  it('as larger keeps even an empty log from being signed', async () => {
    const store = new MemoryStore();
    const opened = writerOn(store, { known: async () => [{ source: 'w', note: note(3) }] });
    await expect(opened).rejects.toMatchObject({ code: 'conflict', at: 'w' });
    expect(store.heads.size).toBe(0);
  });
});

it('a head that an older release signed by one key is gone on from, by both', async () => {
  const store = await filled(3);
  const second = testSigner(ORIGIN, 'cosignature-ml-dsa-44', 2);
  const identity = {
    origin: ORIGIN,
    signers: [...CLASSIC.signers, second],
    keys: [...CLASSIC.keys, second.key],
  };
  const writer = await writerOn(store, { identity, now: () => NOW });
  await appendAll(writer, numbered(3, 1));
  await writer.close();
  const head = await store.head();
  expect(new TextDecoder().decode(head?.checkpoint).split('\n')).toHaveLength(7);
});
