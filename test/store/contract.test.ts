import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.ts';
import type { Fence, LedgerStore } from '../../src/ledger/store.ts';
import {
  batchOf,
  blobOf,
  commitWhole,
  EMPTY_LOG,
  fenceOf,
  type Log,
  leafHash,
  recordOf,
  rootOf,
  type WholeBatch,
} from '../support/ledger-batches.ts';
import { type Bed, describeStores, withBed } from '../support/store-beds.ts';

const ids = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `leaf-${from + i}`);

const manifest = blobOf(new TextEncoder().encode('{"manifest":1}'));
const quote = blobOf(new Uint8Array(150_000).map((_, i) => i * 7));
const empty = blobOf(new Uint8Array());

describeStores('the lease', (kind) => {
  it('goes to one, is wanted by another, and comes back', async () => {
    await withBed(kind, async (bed) => {
      const [a, b] = [await bed.open(), await bed.open()];
      const fence = await fenceOf(a, 'a');
      expect(fence).toEqual({ holder: 'a', token: 1 });
      expect(await a.beat(fence)).toEqual({ wanted: false });
      const by = { holder: 'a', token: 1, beat: 1 };
      expect(await b.takeLease('b')).toEqual({ taken: false, by });
      expect(await b.takeLease('b')).toEqual({ taken: false, by });
      expect(await a.beat(fence)).toEqual({ wanted: true });
      await a.releaseLease(fence);
      await expect(a.beat(fence)).rejects.toMatchObject({ code: 'conflict', at: 'lease' });
      const next = await fenceOf(b, 'b');
      expect(next).toEqual({ holder: 'b', token: 2 });
      expect(await b.beat(next)).toEqual({ wanted: false });
      await a.releaseLease(fence);
      expect(await b.beat(next)).toEqual({ wanted: false });
    });
  });

  it('is seized only where it is exactly as it was seen', async () => {
    await withBed(kind, async (bed) => {
      const [a, b] = [await bed.open(), await bed.open()];
      const fence = await fenceOf(a, 'a');
      const seen = { ...fence, beat: 0 };
      await a.beat(fence);
      const by = { ...fence, beat: 1 };
      expect(await b.seizeLease('b', seen)).toEqual({ taken: false, by });
      expect(await b.seizeLease('b', { ...by, holder: 'c' })).toEqual({ taken: false, by });
      expect(await b.seizeLease('b', { ...by, token: 9 })).toEqual({ taken: false, by });
      expect(await b.seizeLease('b', by)).toEqual({
        taken: true,
        fence: { holder: 'b', token: 2 },
      });
      const { batch } = batchOf(fence, EMPTY_LOG, ids(0, 1));
      await expect(commitWhole(a, batch)).rejects.toMatchObject({ code: 'conflict', at: 'lease' });
      await expect(a.beat(fence)).rejects.toMatchObject({ code: 'conflict', at: 'lease' });
      expect(await b.head()).toBeUndefined();
    });
  });

  it('that was let go is free to whoever would have seized it', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'a');
      await store.releaseLease(fence);
      const answer = await store.seizeLease('b', { ...fence, beat: 0 });
      expect(answer).toEqual({ taken: true, fence: { holder: 'b', token: 2 } });
    });
  });

  it('of many who ask at once goes to one', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      const answers = await Promise.all(stores.map((store, i) => store.takeLease(`${i}`)));
      expect(answers.filter(({ taken }) => taken)).toHaveLength(1);
    });
  });
});

describeStores('a log that is marked as brought back from a backup', (kind) => {
  it('is taken from whoever writes it, and given to nobody but to resume', async () => {
    await withBed(kind, async (bed) => {
      const [a, b] = [await bed.open(), await bed.open()];
      expect(await a.restoredAt()).toBeUndefined();
      const fence = await fenceOf(a, 'a');
      await b.markRestored(5);
      expect(await a.restoredAt()).toBe(5);
      const { batch } = batchOf(fence, EMPTY_LOG, ids(0, 1));
      await expect(commitWhole(a, batch)).rejects.toMatchObject({ code: 'conflict', at: 'lease' });
      const closed = {
        code: 'unreachable',
        at: 'ledger',
        detail:
          'is closed since 1970-01-01T00:00:00.005Z, and signs nothing before postern audit resume',
      };
      await expect(a.takeLease('a')).rejects.toMatchObject(closed);
      await expect(a.seizeLease('a', { ...fence, beat: 0 })).rejects.toMatchObject(closed);
      const resuming = { taken: true, fence: { holder: 'b', token: 2 } };
      expect(await b.takeLease('b', 'resume')).toEqual(resuming);
      const by = { holder: 'b', token: 2, beat: 0 };
      expect(await a.seizeLease('c', by, 'resume')).toMatchObject({ taken: true });
      expect(await b.faults()).toEqual([]);
    });
  });

  it('is so again once another copy took its place, and opened by who looked at that one', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.markRestored(5);
      const resuming = await store.takeLease('a', 'resume');
      await store.markRestored(6);
      if (!resuming.taken) throw new Error('not granted');
      await expect(store.beat(resuming.fence)).rejects.toMatchObject({ at: 'lease' });
      await expect(store.unmarkRestored(5)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.restoredAt()).toBe(6);
      await store.unmarkRestored(6);
      expect(await store.restoredAt()).toBeUndefined();
      expect(await store.takeLease('a')).toMatchObject({ taken: true });
    });
  });

  it('stays closed where the mark is damaged', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.markRestored(5);
      await bed.raw("UPDATE meta SET value = '6' WHERE name = 'restored'");
      const at = 'meta[restored]';
      await expect(store.takeLease('a')).rejects.toMatchObject({ code: 'malformed', at });
      expect(await store.faults()).toMatchObject([{ at }]);
    });
  });
});

describeStores('a log', (kind) => {
  let bed: Bed;
  let store: LedgerStore;
  let fence: Fence;
  let log: Log = EMPTY_LOG;
  const take = async (batchIds: readonly string[], extras = {}) => {
    const next = batchOf(fence, log, batchIds, extras);
    const answer = await commitWhole(store, next.batch);
    log = next.log;
    return answer;
  };

  beforeAll(async () => {
    bed = await kind.make();
    store = await bed.open();
    fence = await fenceOf(store, 'writer');
    log = EMPTY_LOG;
  });
  afterAll(() => bed.close());

  it('starts with nothing', async () => {
    expect(await store.head()).toBeUndefined();
    expect(await store.checkpoint(0)).toBeUndefined();
    expect(await store.leaves(0, 10)).toEqual([]);
    expect(await store.tiles(0, 0, 10)).toEqual([]);
    expect(await store.leafById('leaf-0')).toBeUndefined();
    expect(await store.record('leaf-0')).toBeUndefined();
    expect(await store.records(0, 10)).toEqual([]);
    expect(await store.blob(manifest.digest)).toBeUndefined();
    expect(await store.blobDigests(undefined, 10)).toEqual([]);
    expect(await store.cosignatures(0)).toEqual([]);
    expect(await store.faults()).toEqual([]);
  });

  it('is signed while it is empty, and again', async () => {
    await take([]);
    expect(await store.head()).toMatchObject({ size: 0, root: rootOf(EMPTY_LOG) });
    const { batch } = batchOf(fence, log, []);
    const checkpoint = Uint8Array.of(1, 2, 3);
    await commitWhole(store, { ...batch, head: { ...batch.head, checkpoint } });
    expect(await store.head()).toMatchObject({ size: 0, checkpoint });
  });

  it('grows by batches, with what records saw', async () => {
    expect(
      await take(ids(0, 3), {
        records: [recordOf('leaf-1', 1_000, [manifest, quote, empty])],
        blobs: [manifest, quote, empty],
      }),
    ).toEqual({ wanted: false });
    await take(ids(3, 300), { records: [recordOf('leaf-3', 2_000, [quote])], blobs: [quote] });
    expect(await store.head()).toEqual(batchOf(fence, log, []).batch.head);
    expect((await store.checkpoint(3))?.size).toBe(3);
    expect(await store.checkpoint(4)).toBeUndefined();
    expect(await store.faults()).toEqual([]);
  });

  it('is read by index and by id', async () => {
    const leaves = await store.leaves(1, 3);
    expect(leaves.map(({ index, id }) => [index, id])).toEqual([
      [1, 'leaf-1'],
      [2, 'leaf-2'],
    ]);
    expect(await store.leafById('leaf-2')).toEqual(leaves[1]);
    expect(leaves[0]?.hash).toEqual(leafHash(leaves[0]?.entry ?? new Uint8Array()));
    expect(await store.leafHashes(300, 400)).toEqual(
      (await store.leaves(300, 400)).map(({ hash }) => hash),
    );
    expect(await store.leafHashes(300, 400)).toHaveLength(3);
    const [tile] = await store.tiles(0, 0, 5);
    expect(tile).toEqual(new Uint8Array(Buffer.concat(await store.leafHashes(0, 256))));
    expect(await store.tiles(0, 1, 5)).toEqual([]);
    expect(await store.tiles(1, 0, 5)).toEqual([]);
  });

  it('gives bytes that are their own', async () => {
    const [leaf] = await store.leaves(0, 1);
    expect(leaf?.entry.constructor).toBe(Uint8Array);
    expect(leaf?.entry.buffer.byteLength).toBe(leaf?.entry.byteLength);
  });

  it('says what records there are', async () => {
    const [one, other] = await store.records(0, 5);
    expect(one).toEqual({ id: 'leaf-1', index: 1, at: 1_000, manifest: manifest.digest });
    expect(other?.id).toBe('leaf-3');
    expect(await store.records(2, 5)).toEqual([other]);
    expect(await store.records(0, 1)).toEqual([one]);
    expect(await store.record('leaf-3')).toEqual(other);
    expect(await store.record('leaf-2')).toBeUndefined();
  });

  it('opens what was archived, once for all who saw it', async () => {
    expect(await store.blob(quote.digest)).toEqual(quote.bytes);
    expect(await store.blob(empty.digest)).toEqual(empty.bytes);
    const all = [manifest, quote, empty].map(({ digest }) => digest).sort();
    expect(await store.blobDigests(undefined, 10)).toEqual(all);
    expect(await store.blobDigests(all[0], 1)).toEqual([all[1]]);
    const unknown = blobOf(Uint8Array.of(9)).digest;
    expect(await store.knownBlobs([unknown, quote.digest])).toEqual([quote.digest]);
    expect(await store.knownBlobs([])).toEqual([]);
  });

  it('takes cosignatures of what it signed, each once', async () => {
    await store.addCosignatures(3, ['— a AAAAAAAA\n', '— b BBBBBBBB\n']);
    await store.addCosignatures(3, ['— b BBBBBBBB\n', `— c ${'C'.repeat(4_000)}\n`]);
    expect(await store.cosignatures(3)).toEqual([
      '— a AAAAAAAA\n',
      '— b BBBBBBBB\n',
      `— c ${'C'.repeat(4_000)}\n`,
    ]);
    expect(await store.cosignatures(303)).toEqual([]);
    expect(await store.faults()).toEqual([]);
    expect(await store.cosignedSizes(9)).toEqual([3]);
    await store.addCosignatures(0, ['— a AAAAAAAA\n']);
    expect(await store.cosignedSizes(9)).toEqual([3, 0]);
    expect(await store.cosignedSizes(1)).toEqual([3]);
    await expect(store.addCosignatures(4, ['— a AAAAAAAA\n'])).rejects.toMatchObject({
      code: 'conflict',
      at: 'checkpoints[4]',
    });
  });

  it('keeps of each key what it signed last', async () => {
    const before = await store.cosignatures(3);
    await store.addCosignatures(3, ['— b BBBBBBAA\n', '— d BBBBBBBB\n', '— b BBBBBBCC\n']);
    expect(await store.cosignatures(3)).toEqual([
      before[0],
      '— b BBBBBBCC\n',
      before[2],
      '— d BBBBBBBB\n',
    ]);
    expect(await store.faults()).toEqual([]);
    await store.addCosignatures(3, ['— b BBBBBBBB\n']);
  });

  it.each([
    { what: 'no signature', line: 'a AAAAAAAA\n', at: 'lines[1][0]' },
    { what: 'no more than the id of a key', line: '— a AAAA\n', at: 'lines[1][0].signature' },
    { what: 'no newline', line: '— a AAAAAAAA', at: 'lines[1]' },
    { what: 'two lines', line: '— a AAAAAAAA\n— b BBBBBBBB\n', at: 'lines[1]' },
  ])('takes no cosignature that is $what', async ({ line, at }) => {
    const adding = store.addCosignatures(303, ['— a AAAAAAAA\n', line]);
    await expect(adding).rejects.toMatchObject({ code: 'usage', at });
    expect(await store.cosignatures(303)).toEqual([]);
  });

  it('lists every state that was signed', async () => {
    const sizes = async (from: number, count: number) =>
      (await store.checkpoints(from, count)).map(({ size }) => size);
    expect(await sizes(0, 9)).toEqual([0, 3, 303]);
    expect(await sizes(1, 1)).toEqual([3]);
    expect(await sizes(304, 9)).toEqual([]);
    expect((await store.checkpoints(303, 1))[0]).toEqual(await store.head());
  });

  it('says at a commit that somebody waits', async () => {
    await store.takeLease('another');
    expect(await take(ids(303, 1))).toEqual({ wanted: true });
  });

  it('goes on in a store opened again', async () => {
    const again = await bed.open();
    expect(await again.head()).toEqual(await store.head());
    expect(await again.blob(quote.digest)).toEqual(quote.bytes);
    expect(await again.cosignatures(3)).toHaveLength(4);
  });

  describe('refuses, and keeps nothing of,', () => {
    const other = blobOf(Uint8Array.of(4, 2));
    const good = (extras = {}) => batchOf(fence, log, ['new-1', 'new-2'], extras).batch;
    const table: { name: string; batch: () => WholeBatch; code: string; at: string }[] = [
      {
        name: 'a batch under another token',
        batch: () => ({ ...good(), fence: { ...fence, token: fence.token + 1 } }),
        code: 'conflict',
        at: 'lease',
      },
      {
        name: 'a batch under another name',
        batch: () => ({ ...good(), fence: { ...fence, holder: 'x' } }),
        code: 'conflict',
        at: 'lease',
      },
      {
        name: 'a batch on a smaller log',
        batch: () => batchOf(fence, EMPTY_LOG, ['new-1']).batch,
        code: 'conflict',
        at: 'checkpoints',
      },
      {
        name: 'a batch on a larger log',
        batch: () => batchOf(fence, { ...log, size: 1_000 }, ['new-1']).batch,
        code: 'conflict',
        at: 'checkpoints',
      },
      {
        name: 'an id that the log has',
        batch: () => batchOf(fence, log, ['new-1', 'leaf-7']).batch,
        code: 'conflict',
        at: 'leaves[leaf-7]',
      },
      {
        name: 'an id twice',
        batch: () => batchOf(fence, log, ['new-1', 'new-1']).batch,
        code: 'usage',
        at: 'batch.leaves[1].id',
      },
      {
        name: 'another root for the same size',
        batch: () => {
          const { batch } = batchOf(fence, log, []);
          return { ...batch, head: { ...batch.head, root: new Uint8Array(32) } };
        },
        code: 'conflict',
        at: 'checkpoints[304]',
      },
      {
        name: 'a head that is not of its leaves',
        batch: () => ({ ...good(), head: { ...good().head, size: 9_999 } }),
        code: 'usage',
        at: 'next.head.size',
      },
      {
        name: 'a tile that is there already',
        batch: () => ({
          ...good(),
          tiles: [{ level: 0, index: 0, hashes: new Uint8Array(8_192) }],
        }),
        code: 'conflict',
        at: 'place',
      },
      {
        name: 'a record that saw what is not archived',
        batch: () => good({ records: [recordOf('new-2', 1, [other])] }),
        code: 'conflict',
        at: `blobs[${other.digest}]`,
      },
      {
        name: 'a record of no leaf of its own',
        batch: () => good({ records: [recordOf('leaf-1', 1, [manifest])] }),
        code: 'usage',
        at: 'batch.records[0].id',
      },
      {
        name: 'two records of one leaf',
        batch: () =>
          good({
            records: [recordOf('new-1', 1, [manifest]), recordOf('new-1', 2, [manifest])],
          }),
        code: 'usage',
        at: 'batch.records[1].id',
      },
      {
        name: 'a record without its manifest',
        batch: () =>
          good({ records: [{ ...recordOf('new-1', 1, [manifest]), uses: [quote.digest] }] }),
        code: 'usage',
        at: 'batch.records[0].uses',
      },
      {
        name: 'a blob under another digest',
        batch: () => good({ blobs: [{ digest: other.digest, bytes: Uint8Array.of(4, 3) }] }),
        code: 'usage',
        at: `blobs[${other.digest}]`,
      },
      {
        name: 'a digest that is none',
        batch: () => good({ blobs: [{ digest: 'sha256:AB', bytes: new Uint8Array() }] }),
        code: 'usage',
        at: 'batch.blobs[0].digest',
      },
      {
        name: 'an entry that no bundle could hold',
        batch: () => {
          const batch = good();
          const [first, ...rest] = batch.leaves;
          if (first === undefined) throw new Error('no leaf');
          return { ...batch, leaves: [{ ...first, entry: new Uint8Array(65_536) }, ...rest] };
        },
        code: 'usage',
        at: 'batch.leaves[0].entry',
      },
      {
        name: 'a hash of another length',
        batch: () => ({ ...good(), head: { ...good().head, root: new Uint8Array(31) } }),
        code: 'usage',
        at: 'next.head.root',
      },
      {
        name: 'an id that can not be stored',
        batch: () => batchOf(fence, log, ['new\0']).batch,
        code: 'usage',
        at: 'batch.leaves[0].id',
      },
      {
        name: 'half of a character',
        batch: () => batchOf(fence, log, ['new\ud800']).batch,
        code: 'usage',
        at: 'batch.leaves[0].id',
      },
    ];

    it.each(table)('$name', async ({ batch, code, at }) => {
      const before = await everything(store);
      const where = at === 'place' ? expect.stringMatching(/ledger\.db|postgres:/) : at;
      await expect(commitWhole(store, batch())).rejects.toMatchObject({ code, at: where });
      expect(await everything(store)).toEqual(before);
    });

    it('a state that could not be made, for whatever reason', async () => {
      const before = await everything(store);
      const { tiles: _, head: __, ...rows } = good({ blobs: [other] });
      const failed = store.commit(rows, () => {
        throw new Fault('unsupported', 'key', 'signs no such thing');
      });
      await expect(failed).rejects.toMatchObject({ code: 'unsupported', at: 'key' });
      const broken = store.commit(rows, () => {
        throw new TypeError('x is not a function');
      });
      await expect(broken).rejects.toThrow('x is not a function');
      expect(await everything(store)).toEqual(before);
      // The transaction that waited for it is over.
      expect(await store.beat(fence)).toMatchObject({ wanted: expect.any(Boolean) });
    });

    it('and still takes what is right', async () => {
      const before = await everything(store);
      await take(['new-1', 'new-2'], { records: [recordOf('new-2', 5, [manifest])] });
      expect((await everything(store)).leaves).toEqual(before.leaves + 2);
      expect(await store.faults()).toEqual([]);
    });
  });
});

describeStores('forgetting', (kind) => {
  it('takes what only older records saw, and leaves rows and tree', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'writer');
      const [old, shared, late] = [1, 2, 3].map((n) => blobOf(Uint8Array.of(n)));
      if (!old || !shared || !late) throw new Error('no blobs');
      const never = blobOf(Uint8Array.of(9));
      const records = [
        recordOf('leaf-0', 1_000, [old, shared]),
        recordOf('leaf-1', 1_999, [old]),
        recordOf('leaf-2', 2_000, [late, shared]),
      ];
      const blobs = [old, shared, late, never];
      const { batch } = batchOf(fence, EMPTY_LOG, ids(0, 3), { records, blobs });
      await commitWhole(store, batch);
      expect(await store.forgotten()).toBe(0);
      expect(await store.forget(2_000, 77, 'retention')).toEqual({ records: 2, blobs: 1 });
      expect(await store.forgotten()).toBe(2);
      const forgotten = { at: 77, reason: 'retention' };
      const rows = await store.records(0, 9);
      expect(rows.map((row) => row.forgotten)).toEqual([forgotten, forgotten, undefined]);
      expect(rows[0]).toMatchObject({ id: 'leaf-0', at: 1_000, manifest: old.digest });
      expect(await store.blob(old.digest)).toBeUndefined();
      for (const { digest, bytes } of [shared, late, never]) {
        expect(await store.blob(digest)).toEqual(bytes);
      }
      expect(await store.forget(2_000, 78, 'again')).toEqual({ records: 0, blobs: 0 });
      expect(await store.head()).toEqual(batch.head);
      expect(await store.leaves(0, 9)).toHaveLength(3);
      expect(await store.faults()).toEqual([]);
      // Archived anew by a record that sees it now.
      const next = batchOf(fence, batchOf(fence, EMPTY_LOG, ids(0, 3)).log, ['again'], {
        records: [recordOf('again', 3_000, [old])],
        blobs: [old],
      });
      await commitWhole(store, next.batch);
      expect(await store.blob(old.digest)).toEqual(old.bytes);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('finds what is due by its time, in pages, and nothing of what is forgotten', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'writer');
      expect(await store.recordsBefore(9, undefined, 9)).toEqual([]);
      const times = [5, 3, 3, 0, 3, 8];
      const records = times.map((at, i) => recordOf(`leaf-${i}`, at, [manifest]));
      await commitWhole(
        store,
        batchOf(fence, EMPTY_LOG, ids(0, 6), { records, blobs: [manifest] }).batch,
      );
      const place = (index: number) => ({ at: times[index] ?? 0, index });
      const due = [3, 1, 2, 4, 0].map(place);
      expect(await store.recordsBefore(8, undefined, 9)).toEqual(due);
      expect(await store.recordsBefore(5, undefined, 9)).toEqual(due.slice(0, 4));
      expect(await store.recordsBefore(0, undefined, 9)).toEqual([]);
      for (const [i, after] of [undefined, ...due].entries()) {
        expect(await store.recordsBefore(8, after, 2)).toEqual(due.slice(i, i + 2));
      }
      await store.forget(4, 77, 'retention');
      expect(await store.recordsBefore(9, undefined, 9)).toEqual([place(0), place(5)]);
      expect(await store.recordsBefore(4, undefined, 9)).toEqual([]);
    });
  });

  it('goes through more records than fit into one transaction', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'writer');
      const names = ids(0, 1_201);
      const records = names.map((id, i) => recordOf(id, i, [manifest]));
      await commitWhole(
        store,
        batchOf(fence, EMPTY_LOG, names, { records, blobs: [manifest] }).batch,
      );
      expect(await store.forget(1_200, 1, 'retention')).toEqual({ records: 1_200, blobs: 0 });
      expect(await store.forget(9_999, 1, 'retention')).toEqual({ records: 1, blobs: 1 });
      expect(await store.faults()).toEqual([]);
    });
  });
});

/** What can be told apart of a store from outside. */
async function everything(store: LedgerStore) {
  const head = await store.head();
  return {
    head,
    leaves: (await store.leaves(0, 9_999)).length,
    tiles: (await store.tiles(0, 0, 99)).length,
    records: await store.records(0, 9_999),
    blobs: await store.blobDigests(undefined, 99),
    cosignatures: await store.cosignatures(head?.size ?? 0),
  };
}
