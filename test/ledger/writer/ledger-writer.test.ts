import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { Fault } from '../../../src/core/fault.ts';
import { parseSignedCheckpoint } from '../../../src/ledger/note/checkpoint.ts';
import { verifyNote } from '../../../src/ledger/note/verify-note.ts';
import { leafHash } from '../../../src/ledger/tree/hash.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import { blobOf, recordOf } from '../../support/ledger-batches.ts';
import {
  appendAll,
  BOTH,
  numbered,
  ORIGIN,
  quickPause,
  writerOn,
} from '../../support/ledger-writing.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { naiveRoot } from '../../support/merkle.ts';

const hashesOf = (entries: readonly NewEntry[]) => entries.map(({ entry }) => leafHash(entry));

const unreachable = () => new Fault('unreachable', 'db', 'is out of room');

it('a new log is signed while it is empty, by both of its keys', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store, { identity: BOTH });
  const head = await store.head();
  expect(head).toMatchObject({ size: 0, root: naiveRoot([]) });
  const { checkpoint, note } = parseSignedCheckpoint(head?.checkpoint ?? new Uint8Array());
  expect(checkpoint).toMatchObject({ origin: ORIGIN, size: 0n, extensions: [] });
  expect(verifyNote(note, BOTH.keys).map(({ key }) => key)).toEqual(BOTH.keys);
  const { head: next } = await writer.append({ id: 'a', entry: utf8('a') });
  expect(verifyNote(parseSignedCheckpoint(next.checkpoint).note, BOTH.keys)).toHaveLength(2);
  await writer.close();
});

it('receipts come in order, and not before their batch is stored', async () => {
  const store = new MemoryStore();
  let let1: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    let1 = resolve;
  });
  const slow = store.seenThrough(async (method, act) => {
    if (method === 'commit' && store.heads.size > 0) await gate;
    return act();
  });
  const writer = await writerOn(slow);
  const told: number[] = [];
  const appended = numbered(0, 50).map(async (entry) => {
    const { id, index } = await writer.append(entry);
    expect(id).toBe(entry.id);
    expect(store.leafRows[index]?.id).toBe(id);
    told.push(index);
  });
  for (let i = 0; i < 20; i++) await quickPause();
  expect(told).toEqual([]);
  let1?.();
  await Promise.all(appended);
  expect(told).toEqual(told.map((_, i) => i));
  expect(told).toHaveLength(50);
  await writer.close();
});

it('what comes together makes one batch, of at most 256 entries', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const receipts = await appendAll(writer, numbered(0, 600));
  // The empty log, and then as many at a time as there is room for.
  expect(store.commits.map(({ leaves }) => leaves.length)).toEqual([0, 256, 256, 88]);
  expect(new Set(receipts.map(({ head }) => head.size))).toEqual(new Set([256, 512, 600]));
  for (const { index, head } of receipts) expect(index).toBeLessThan(head.size);
  await writer.close();
});

it('what comes while a batch is on its way makes the next one', async () => {
  const store = new MemoryStore();
  const held = Promise.withResolvers<void>();
  const slow = store.seenThrough(async (method, act) => {
    if (method === 'commit' && store.commits.length === 1) await held.promise;
    return act();
  });
  const writer = await writerOn(slow);
  const first = appendAll(writer, numbered(0, 1));
  await new Promise(setImmediate);
  const others = appendAll(writer, numbered(1, 40));
  held.resolve();
  await Promise.all([first, others]);
  expect(store.commits.map(({ leaves }) => leaves.length)).toEqual([0, 1, 40]);
  await writer.close();
});

it('a batch takes no more than 16 MiB, and always one entry', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const large = (id: string, fill: number): NewEntry => {
    const blob = blobOf(new Uint8Array(7 * 1024 * 1024).fill(fill));
    return { id, entry: utf8(id), record: recordOf(id, 1, [blob]), blobs: [blob] };
  };
  await appendAll(writer, ['a', 'b', 'c', 'd', 'e'].map(large));
  expect(store.commits.map(({ leaves }) => leaves.length)).toEqual([0, 2, 2, 1]);
  const huge = blobOf(new Uint8Array(17 * 1024 * 1024));
  await writer.append({ id: 'huge', entry: utf8('huge'), blobs: [huge] });
  expect(store.blobRows.has(huge.digest)).toBe(true);
  await writer.close();
});

it.each([1, 2, 255, 256, 257, 511, 512, 513, 1000])(
  'a log of %i leaves, and each of its states, is the tree of RFC 6962',
  async (size) => {
    const store = new MemoryStore();
    const writer = await writerOn(store);
    const entries = numbered(0, size);
    const hashes = hashesOf(entries);
    const receipts = await appendAll(writer, entries);
    for (const head of new Set(receipts.map((receipt) => receipt.head))) {
      expect(head.root).toEqual(naiveRoot(hashes.slice(0, head.size)));
    }
    expect(store.tileRows[0] ?? []).toEqual(
      Array.from(
        { length: Math.floor(size / 256) },
        (_, i) => new Uint8Array(Buffer.concat(hashes.slice(i * 256, (i + 1) * 256))),
      ),
    );
    await writer.close();
  },
);

it('at 65,536 leaves the first tile of level 1 is full; another writer goes on from there', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const entries = numbered(0, 65_536 + 3);
  const hashes = hashesOf(entries);
  await appendAll(writer, entries.slice(0, 65_535));
  expect(store.tileRows[1]).toBeUndefined();
  const [receipt] = await appendAll(writer, entries.slice(65_535, 65_536));
  expect(receipt?.head.root).toEqual(naiveRoot(hashes.slice(0, 65_536)));
  expect(store.tileRows[0]).toHaveLength(256);
  expect(store.tileRows[1]).toEqual([
    new Uint8Array(
      Buffer.concat(
        Array.from({ length: 256 }, (_, i) => naiveRoot(hashes.slice(i * 256, (i + 1) * 256))),
      ),
    ),
  ]);
  await writer.close();
  const next = await writerOn(store);
  const [, last] = await appendAll(next, entries.slice(65_536));
  expect(last?.head.root).toEqual(naiveRoot(hashes.slice(0, last?.head.size)));
  await next.close();
});

it('records and blobs go with their leaf; a blob of several entries is sent once', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const shared = blobOf(new Uint8Array(100_000).fill(1));
  const entries = ['a', 'b', 'c'].map((id, i): NewEntry => {
    const { id: _, ...record } = recordOf(id, i, [shared]);
    return { id, entry: utf8(id), record, blobs: [shared] };
  });
  await appendAll(writer, entries);
  expect(await store.records(0, 9)).toMatchObject([
    { id: 'a', index: 0, at: 0, manifest: shared.digest },
    { id: 'b', index: 1 },
    { id: 'c', index: 2 },
  ]);
  expect(store.commits.map(({ blobs }) => blobs.length)).toEqual([0, 1]);
  await writer.close();
});

it('a blob that is forgotten right after it was known is sent after all', async () => {
  const store = new MemoryStore();
  const seen = blobOf(new Uint8Array(100_000).fill(1));
  const racing = store.seenThrough(async (method, act) => {
    const answer = await act();
    if (method === 'knownBlobs') store.blobRows.delete(seen.digest);
    return answer;
  });
  const writer = await writerOn(racing);
  for (const id of ['a', 'b']) {
    const { id: _, ...record } = recordOf(id, 1, [seen]);
    await writer.append({ id, entry: utf8(id), record, blobs: [seen] });
  }
  expect(store.recordRows.size).toBe(2);
  expect(store.blobRows.has(seen.digest)).toBe(true);
  await writer.close();
});

/** Three entries that make one batch, the middle one of which is to be refused; and one before. */
async function aroundOne(bad: NewEntry<string>) {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const [first, before, after] = numbered(0, 3);
  if (!first || !before || !after) throw new Error('three');
  const entries = [first, { ...before, with: 'a' }, bad, { ...after, with: 'c' }];
  const answers = await Promise.allSettled(entries.map((entry) => writer.append(entry)));
  const [late] = await appendAll(writer, numbered(9, 1));
  await writer.close();
  return { store, answers, late };
}

it.each([
  { what: 'an id that the log has', bad: { id: 'id-0', entry: utf8('x') }, code: 'conflict' },
  { what: 'an id of its own batch', bad: { id: 'id-1', entry: utf8('x') }, code: 'conflict' },
  {
    what: 'a companion that is there already',
    bad: { id: 'x', entry: utf8('x'), with: 'a' },
    code: 'conflict',
  },
  {
    what: 'an entry that is too long',
    bad: { id: 'x', entry: new Uint8Array(65_536) },
    code: 'usage',
  },
])('$what does not take the others along', async ({ bad, code }) => {
  const { store, answers, late } = await aroundOne(bad);
  expect(answers.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(answers[2]).toMatchObject({ reason: { code } });
  expect(store.leafRows.map(({ id }) => id)).toEqual(['id-0', 'id-1', 'id-2', 'id-9']);
  expect(late?.head.root).toEqual(naiveRoot(store.leafRows.map(({ hash }) => hash)));
  expect(store.companions).toEqual(['a', 'c']);
});

it('entries that go together stand one after the other, under one head, with their changes', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const group = numbered(1, 3).map((entry, i) => ({ ...entry, with: `change-${i}` }));
  const [[first], receipts, [last]] = await Promise.all([
    writer.appendAll(numbered(0, 1)),
    writer.appendAll(group),
    writer.appendAll(numbered(4, 1)),
  ]);
  expect(receipts.map(({ id, index }) => [id, index])).toEqual([
    ['id-1', 1],
    ['id-2', 2],
    ['id-3', 3],
  ]);
  expect([first?.index, last?.index]).toEqual([0, 4]);
  // All that came at the same moment is one batch still.
  expect(store.commits.map(({ leaves }) => leaves.length)).toEqual([0, 5]);
  for (const { head } of receipts) expect(head).toBe(last?.head);
  expect(store.companions).toEqual(['change-0', 'change-1', 'change-2']);
  expect(await writer.appendAll([])).toEqual([]);
  expect(store.commits).toHaveLength(2);
  await writer.close();
  await expect(writer.appendAll(numbered(9, 2))).rejects.toMatchObject({ code: 'usage' });
});

it('entries that go together are never split over two batches, however many they are', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const sizes = [200, 100, 156, 1, 300, 1];
  const groups = sizes.map((size, i) => numbered(1_000 * i, size));
  await Promise.all(groups.map((group) => writer.appendAll(group)));
  // Each as many groups as there is room for, and always one.
  expect(store.commits.map(({ leaves }) => leaves.length)).toEqual([0, 200, 256, 1, 300, 1]);
  const blobs = [1, 2, 3].map((fill) => blobOf(new Uint8Array(7 * 1024 * 1024).fill(fill)));
  const large = blobs.map((blob, i) => ({ id: `l-${i}`, entry: utf8(`l-${i}`), blobs: [blob] }));
  await Promise.all([writer.appendAll(large), writer.appendAll(numbered(9_000, 1))]);
  expect(store.commits.slice(6).map(({ leaves }) => leaves.length)).toEqual([3, 1]);
  expect((await store.head())?.root).toEqual(naiveRoot(store.leafRows.map(({ hash }) => hash)));
  await writer.close();
});

it.each([
  { what: 'an id that the log has', bad: { id: 'id-0', entry: utf8('x') }, code: 'conflict' },
  { what: 'an id of its own', bad: { id: 'g-0', entry: utf8('x') }, code: 'usage' },
  {
    what: 'a companion that is there already',
    bad: { id: 'x', entry: utf8('x'), with: 'a' },
    code: 'conflict',
  },
  {
    what: 'an entry that is too long',
    bad: { id: 'x', entry: new Uint8Array(65_536) },
    code: 'usage',
  },
])(
  'of entries that go together none stands for $what, and all others of the batch do',
  async ({ bad, code }) => {
    const store = new MemoryStore();
    const writer = await writerOn(store);
    const own = (n: number) => ({ id: `g-${n}`, entry: utf8(`g-${n}`), with: `own-${n}` });
    await writer.append({ id: 'id-0', entry: utf8('id-0') });
    const answers = await Promise.allSettled([
      writer.appendAll([{ id: 'b-0', entry: utf8('b-0'), with: 'a' }, ...numbered(1, 1)]),
      writer.appendAll([own(0), bad, own(1)]),
      writer.appendAll([own(2), own(3)]),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code } });
    const ids = store.leafRows.map(({ id }) => id);
    expect(ids).toEqual(['id-0', 'b-0', 'id-1', 'g-2', 'g-3']);
    expect(store.companions).toEqual(['a', 'own-2', 'own-3']);
    // What was refused is as if it had never come.
    const again = await writer.appendAll([own(0), own(1)]);
    expect(again.map(({ index }) => index)).toEqual([5, 6]);
    expect((await store.head())?.root).toEqual(naiveRoot(store.leafRows.map(({ hash }) => hash)));
    await writer.close();
  },
);

it('entries that go together and whose answer is lost stand once, all of them', async () => {
  const store = new MemoryStore();
  let lost = 0;
  const lossy = store.seenThrough(async (method, act) => {
    const answer = await act();
    if (method === 'commit' && store.leafRows.length > 0 && lost++ === 0) throw unreachable();
    return answer;
  });
  const writer = await writerOn(lossy);
  const receipts = await writer.appendAll(numbered(0, 5));
  expect(lost).toBe(1);
  expect(receipts.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(store.leafRows).toHaveLength(5);
  await writer.close();
});

it('what is changed with entries goes with their batch, in their order', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const entries = numbered(0, 6).map((entry, i) =>
    i % 2 === 0 ? entry : { ...entry, with: `change-${i}` },
  );
  await appendAll(writer, entries);
  expect(store.commits.map(({ companions }) => companions)).toEqual([
    [],
    ['change-1', 'change-3', 'change-5'],
  ]);
  await writer.close();
});

it('a change whose answer is lost is made once', async () => {
  const store = new MemoryStore();
  const lossy = store.seenThrough(async (method, act) => {
    const answer = await act();
    if (method === 'commit' && store.leafRows.length > 0) throw unreachable();
    return answer;
  });
  const writer = await writerOn(lossy);
  const [entry] = numbered(0, 1);
  if (entry === undefined) throw new Error('none');
  expect((await writer.append({ ...entry, with: 'change' })).index).toBe(0);
  expect(store.companions).toEqual(['change']);
  await writer.close();
});

it('an answer that is lost after the commit was done is a good one', async () => {
  const store = new MemoryStore();
  let lost = 0;
  const lossy = store.seenThrough(async (method, act) => {
    const answer = await act();
    if (method === 'commit' && store.leafRows.length > 0 && lost++ % 2 === 0) throw unreachable();
    return answer;
  });
  const writer = await writerOn(lossy);
  const entries = numbered(0, 700);
  const receipts = await appendAll(writer, entries);
  expect(lost).toBeGreaterThan(2);
  expect(receipts.map(({ index }) => index)).toEqual(entries.map((_, i) => i));
  expect((await store.head())?.root).toEqual(naiveRoot(hashesOf(entries)));
  await writer.close();
});

it('what can’t be written is refused, all of it; the next entry goes on, and no id is there twice', async () => {
  const store = new MemoryStore();
  let isFull = false;
  const full = store.seenThrough(async (method, act) => {
    if (method === 'commit' && isFull) throw unreachable();
    return act();
  });
  const writer = await writerOn(full);
  await appendAll(writer, numbered(0, 3));
  isFull = true;
  const refused = await Promise.allSettled(numbered(3, 300).map((entry) => writer.append(entry)));
  for (const answer of refused) {
    expect(answer).toMatchObject({ reason: { code: 'unreachable', detail: 'is out of room' } });
  }
  expect(store.leafRows).toHaveLength(3);
  isFull = false;
  await appendAll(writer, numbered(3, 300));
  expect(store.leafRows.map(({ id }) => id)).toEqual(numbered(0, 303).map(({ id }) => id));
  await writer.close();
});

it('of what was sent to a store that says nothing any more nobody knows, and it says so', async () => {
  const store = new MemoryStore();
  let isGone = false;
  const gone = store.seenThrough(async (_method, act) => {
    if (isGone) throw unreachable();
    return act();
  });
  const writer = await writerOn(gone);
  isGone = true;
  const [a, b] = await Promise.allSettled(numbered(0, 2).map((entry) => writer.append(entry)));
  const unknown = 'is out of room; whether it was committed is unknown';
  expect(a).toMatchObject({ reason: { code: 'unreachable', detail: unknown } });
  expect(b).toMatchObject({ reason: { code: 'unreachable', detail: unknown } });
  isGone = false;
  // The lease is still the writer's own: nobody waits for its silence.
  const { token = 0 } = store.lease ?? {};
  const [receipt] = await appendAll(writer, numbered(0, 1));
  expect(receipt?.index).toBe(0);
  expect(store.lease?.token).toBe(token + 1);
  await writer.close();
});

it('a transaction that was given up for lost and goes through later makes no fork, and holds up nobody', async () => {
  const store = new MemoryStore();
  let late: (() => Promise<unknown>) | undefined;
  let isSlow = false;
  const slow = store.seenThrough(async (method, act) => {
    if (method === 'commit' && isSlow) {
      isSlow = false;
      late = act;
      throw unreachable();
    }
    return act();
  });
  const writer = await writerOn(slow);
  await appendAll(writer, numbered(0, 1));
  isSlow = true;
  await expect(writer.append(numbered(1, 1)[0] as NewEntry)).rejects.toMatchObject({
    code: 'unreachable',
  });
  await late?.();
  expect(store.leafRows).toHaveLength(2);
  const receipts = await appendAll(writer, numbered(2, 3));
  expect(receipts.map(({ index }) => index)).toEqual([2, 3, 4]);
  expect((await store.head())?.root).toEqual(naiveRoot(store.leafRows.map(({ hash }) => hash)));
  await expect(writer.append(numbered(1, 1)[0] as NewEntry)).rejects.toMatchObject({
    code: 'conflict',
    at: 'leaves[id-1]',
  });
  await writer.close();
});

it('closing writes what waits, lets go, and takes nothing more', async () => {
  const store = new MemoryStore();
  const writer = await writerOn(store);
  const waiting = appendAll(writer, numbered(0, 300));
  await writer.close();
  expect((await waiting).at(-1)?.index).toBe(299);
  expect(store.lease).toBeUndefined();
  await expect(writer.append({ id: 'x', entry: utf8('x') })).rejects.toMatchObject({
    code: 'usage',
    at: 'ledger',
  });
  await writer.close();
});
