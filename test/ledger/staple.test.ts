import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
import { signNote } from '../../src/ledger/note/sign-note.ts';
import { parseSignedNote, writeSignedNote } from '../../src/ledger/note/signed-note.ts';
import { type VerifierKey, writeVerifierKey } from '../../src/ledger/note/verifier-key.ts';
import { parseTlogProof } from '../../src/ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../../src/ledger/proof/verify-proof.ts';
import { Stapler } from '../../src/ledger/staple.ts';
import { StoreTiles } from '../../src/ledger/store-tiles.ts';
import { leafHash } from '../../src/ledger/tree/hash.ts';
import { verifyInclusion } from '../../src/ledger/tree/inclusion.ts';
import { parseTlogPolicy } from '../../src/ledger/trust/tlog-policy.ts';
import { readOwnCheckpoint } from '../../src/ledger/writer/identity.ts';
import { appendAll, CLASSIC, numbered, ORIGIN, writerOn } from '../support/ledger-writing.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { flipped, naiveRoot } from '../support/merkle.ts';
import { type TestSigner, testSigner } from '../support/notes.ts';

async function filled(size: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  await appendAll(writer, numbered(0, size));
  await writer.close();
  return store;
}

const hashesOf = (from: number, to: number) =>
  numbered(from, to - from).map(({ entry }) => leafHash(entry));

describe('the tiles of a store', () => {
  it('have every width at every level, as often as they are asked for', async () => {
    const store = await filled(1_300);
    const tiles = new StoreTiles(store);
    const roots = [0, 1, 2, 3, 4].map((i) => naiveRoot(hashesOf(256 * i, 256 * (i + 1))));
    for (const width of [5, 1, 3, 5]) {
      const bytes = await tiles.readTile(1, 0, width);
      expect(bytes).toEqual(new Uint8Array(Buffer.concat(roots.slice(0, width))));
    }
    for (const [index, width] of [
      [0, 256],
      [0, 7],
      [5, 20],
    ] as const) {
      const want = Buffer.concat(hashesOf(256 * index, 256 * index + width));
      expect(await tiles.readTile(0, index, width)).toEqual(new Uint8Array(want));
    }
  });

  it('grow with the log', async () => {
    const store = await filled(520);
    const tiles = new StoreTiles(store);
    expect(await tiles.readTile(1, 0, 2)).toHaveLength(64);
    const writer = await writerOn(store);
    await appendAll(writer, numbered(520, 300));
    await writer.close();
    const roots = [0, 1, 2].map((i) => naiveRoot(hashesOf(256 * i, 256 * (i + 1))));
    expect(await tiles.readTile(1, 0, 3)).toEqual(new Uint8Array(Buffer.concat(roots)));
  });

  it.each([
    [0, 1, 45],
    [0, 1, 256],
    [0, 9, 1],
    [1, 0, 2],
    [1, 0, 256],
    [2, 0, 1],
  ])('are not there beyond the log: %i, %i, %i wide', async (level, index, width) => {
    const tiles = new StoreTiles(await filled(300));
    await expect(tiles.readTile(level, index, width)).rejects.toMatchObject({
      code: 'unreachable',
      at: `tile/${level}/${index}`,
    });
  });
});

describe('a proof for who wants witnesses', () => {
  const [first, second] = [1, 2].map((seed) =>
    testSigner(`witness.example/w${seed}`, 'cosignature', seed),
  ) as [TestSigner, TestSigner];
  const policy = (rule: string) =>
    parseTlogPolicy(
      utf8(
        [
          `log ${writeVerifierKey(CLASSIC.keys[0] as VerifierKey)}`,
          `witness a ${writeVerifierKey(first.key)}`,
          `witness b ${writeVerifierKey(second.key)}`,
          `group g ${rule} a b`,
          'quorum g',
          '',
        ].join('\n'),
      ),
    );
  async function cosign(store: MemoryStore, size: number, ...signers: TestSigner[]): Promise<void> {
    const state = await store.checkpoint(size);
    const { text } = parseSignedNote(state?.checkpoint ?? new Uint8Array(), 'note');
    const lines = signers.map((signer) =>
      new TextDecoder()
        .decode(writeSignedNote(text, [signNote(text, signer, 1_790_000_000n)]))
        .slice(text.length + 1),
    );
    await store.addCosignatures(size, lines);
  }
  async function grown(...sizes: readonly number[]): Promise<MemoryStore> {
    const store = new MemoryStore();
    const writer = await writerOn(store);
    let from = 0;
    for (const size of sizes) {
      await appendAll(writer, numbered(from, size - from));
      from = size;
    }
    await writer.close();
    return store;
  }

  it('ends in the last state that enough of them cosigned', async () => {
    const store = await grown(300, 520, 600, 700);
    await cosign(store, 300, first, second);
    await cosign(store, 520, first, second);
    await cosign(store, 600, second);
    for (const [rule, size] of [
      ['all', 520],
      ['any', 600],
    ] as const) {
      const stapler = await Stapler.openWitnessed(store, policy(rule));
      expect(stapler?.size).toBe(size);
      for (const index of [0, 255, 256, 299, size - 1]) {
        const proof = parseTlogProof((await stapler?.proofOf(index)) ?? new Uint8Array());
        const [{ entry } = { entry: new Uint8Array() }] = numbered(index, 1);
        const { checkpoint } = verifyTlogProof(proof, entry, policy(rule));
        expect(Number(checkpoint.size)).toBe(size);
      }
      await expect(stapler?.proofOf(size)).rejects.toMatchObject({ code: 'malformed' });
    }
  });

  it('is not there where too few did', async () => {
    const store = await grown(5, 7);
    expect(await Stapler.openWitnessed(store, policy('any'))).toBeUndefined();
    await cosign(store, 5, first);
    expect(await Stapler.openWitnessed(store, policy('all'))).toBeUndefined();
  });
});

describe('a proof that is stapled', () => {
  it.each([1, 2, 255, 256, 257, 700])('shows each of %i leaves in the last state', async (size) => {
    const store = await filled(size);
    const lines = [`— ${ORIGIN} AAAAAAAA\n`, '— witness.example BBBBBBBB\n'];
    await store.addCosignatures(size, lines);
    const stapler = await Stapler.open(store);
    for (const index of new Set([0, 1, 254, 255, 256, 512, size - 1].filter((i) => i < size))) {
      const proof = parseTlogProof(await stapler.proofOf(index));
      const text = new TextDecoder().decode(proof.checkpoint);
      expect(text.endsWith(lines.join(''))).toBe(true);
      const head = await store.head();
      expect(text.startsWith(new TextDecoder().decode(head?.checkpoint))).toBe(true);
      const { root } = readOwnCheckpoint(CLASSIC, head?.checkpoint ?? proof.checkpoint, 'head');
      const [leaf = new Uint8Array()] = hashesOf(index, index + 1);
      const { hashes } = proof;
      verifyInclusion({ index: proof.index, size: BigInt(size), leaf, hashes, root });
      expect(proof.index).toBe(BigInt(index));
    }
    await expect(stapler.proofOf(size)).rejects.toMatchObject({ code: 'malformed' });
  });

  it('is not made of a log that was never signed, or whose leaves are others', async () => {
    await expect(Stapler.open(new MemoryStore())).rejects.toMatchObject({ at: 'head' });
    const store = await filled(300);
    const leaf = store.leafRows[299];
    if (leaf) store.leafRows[299] = { ...leaf, hash: flipped(leaf.hash, 1) };
    await expect(Stapler.open(store)).rejects.toMatchObject({ code: 'malformed' });
  });
});
