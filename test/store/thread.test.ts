import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.ts';
import type { LeaseState } from '../../src/ledger/store.ts';
import { faultData, faultFrom } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import { RemoteStore } from '../../src/store/remote-store.ts';
import {
  ARCHIVE_KEY,
  batchOf,
  blobOf,
  commitWhole,
  EMPTY_LOG,
  fenceOf,
  recordOf,
} from '../support/ledger-batches.ts';
import { SQLITE, withBed } from '../support/store-beds.ts';

const BROKEN = new URL('../support/broken-thread.ts', import.meta.url);
const BEGINNING = { place: { file: 'ledger.db' }, archiveKey: undefined };
const broken = () => RemoteStore.open(BROKEN, '/var/ledger.db', BEGINNING);

describe('a thread that dies', () => {
  it.each([
    { how: 'exit', says: 'the thread that keeps it has ended' },
    { how: 'throw', says: 'the thread that keeps it has ended: a bug in the thread' },
  ])('by $how fails what waits, and all that comes later', async ({ how, says }) => {
    const store = await broken();
    const waiting = [store.head(), store.faults(), store.leafById(how)];
    const fault = { code: 'unreachable', at: '/var/ledger.db', detail: says };
    for (const call of waiting) await expect(call).rejects.toMatchObject(fault);
    await expect(store.head()).rejects.toMatchObject(fault);
    await expect(store.backup('/nowhere')).rejects.toMatchObject(fault);
    await store.close();
  });

  it('before it was ready fails the opening', async () => {
    const nowhere = new URL('./no-such-thread.ts', BROKEN);
    await expect(RemoteStore.open(nowhere, '/var/ledger.db', BEGINNING)).rejects.toMatchObject({
      code: 'unreachable',
      at: '/var/ledger.db',
    });
  });
});

describe('between threads', () => {
  it('what is no plain data is refused, and nobody waits for it', async () => {
    await withBed(SQLITE, async (bed) => {
      const store = await bed.open();
      const seen = { holder: 'a', token: 1, beat: () => 1 } as unknown as LeaseState;
      await expect(store.seizeLease('b', seen)).rejects.toMatchObject({
        code: 'internal',
        at: 'store.seizeLease',
      });
      expect(await store.head()).toBeUndefined();
    });
  });

  it('a Fault stays what it was', () => {
    const fault = new Fault('conflict', 'leaves[x]', 'this id is taken', {
      cause: new Error('below'),
    });
    const other = faultFrom(structuredClone(faultData(fault)));
    expect(other).toBeInstanceOf(Fault);
    expect(other).toMatchObject({ code: 'conflict', at: 'leaves[x]', detail: 'this id is taken' });
    expect(other.message).toBe(fault.message);
    expect((other.cause as Error).stack).toContain('below');
  });

  it('any other error is a bug of ours, with where it was', () => {
    const other = faultFrom(faultData(new TypeError('x is not a function')));
    expect(other).toMatchObject({ code: 'internal', at: 'store', detail: 'x is not a function' });
    expect((other.cause as Error).stack).toContain('thread.test.ts');
    expect(faultFrom(faultData('text'))).toMatchObject({ code: 'internal', detail: 'text' });
  });

  it('bytes that are handed in stay the caller’s, and may be a view into a larger buffer', async () => {
    await withBed(SQLITE, async (bed) => {
      const store = await bed.open();
      const large = new Uint8Array(1_000_000).fill(7);
      const bytes = large.subarray(500, 600);
      const blob = blobOf(bytes);
      const { batch } = batchOf(await fenceOf(store, 'a'), EMPTY_LOG, ['x'], {
        blobs: [blob],
        records: [recordOf('x', 1, [blob])],
      });
      await commitWhole(store, batch);
      expect(bytes).toHaveLength(100);
      expect(await store.blob(blob.digest)).toEqual(bytes);
    });
  });

  it('a state that can not be handed over ends the commit that waits for it', async () => {
    await withBed(SQLITE, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'a');
      const { batch } = batchOf(fence, EMPTY_LOG, ['x']);
      const head = { ...batch.head, by: () => 'no plain data' };
      await expect(commitWhole(store, { ...batch, head })).rejects.toMatchObject({
        code: 'internal',
      });
      expect(await store.head()).toBeUndefined();
      await commitWhole(store, batch);
      expect(await store.head()).toEqual(batch.head);
    });
  });

  it('many calls at once are all answered', async () => {
    await withBed(SQLITE, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'a');
      const { batch } = batchOf(fence, EMPTY_LOG, ['x', 'y']);
      const [, ...reads] = await Promise.all([
        commitWhole(store, batch),
        ...Array.from({ length: 100 }, (_, i) => store.leaves(0, i)),
      ]);
      expect(reads.map((leaves) => leaves.length)).toEqual(reads.map((_, i) => Math.min(i, 2)));
    });
  });
});

describe('closing', () => {
  it('may be done twice, lets go of the file, and ends all else', async () => {
    await withBed(SQLITE, async (bed) => {
      const store = await bed.open();
      const head = store.head();
      await Promise.all([store.close(), store.close()]);
      expect(await head).toBeUndefined();
      await store.close();
      const closed = { code: 'unreachable', detail: 'is closed' };
      await expect(store.head()).rejects.toMatchObject(closed);
      await expect(store.takeLease('a')).rejects.toMatchObject(closed);
    });
  });
});

it('an event loop goes on while the disk is busy', async () => {
  await withBed(SQLITE, async (bed) => {
    const store = await bed.open();
    const fence = await fenceOf(store, 'a');
    const blobs = Array.from({ length: 4 }, (_, i) => blobOf(new Uint8Array(2_000_000).fill(i)));
    const { batch } = batchOf(fence, EMPTY_LOG, ['x'], { blobs });
    let turns = 0;
    let isDone = false;
    const commit = commitWhole(store, batch).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    await commit;
    // Sealing 8 MB takes tens of milliseconds; this thread had thousands of turns meanwhile.
    expect(turns).toBeGreaterThan(50);
  });
});

const STRANGERS_KEY = new Uint8Array(32).fill(8);

it('in the thread of whoever waits for it, a store is the same one', async () => {
  await withBed(SQLITE, async ({ place }) => {
    const here = await openStore({ ...place, thread: 'this', archiveKey: ARCHIVE_KEY });
    expect(here).not.toBeInstanceOf(RemoteStore);
    const blob = blobOf(Uint8Array.of(1));
    const extras = { blobs: [blob], records: [recordOf('x', 1, [blob])] };
    const { batch } = batchOf(await fenceOf(here, 'a'), EMPTY_LOG, ['x'], extras);
    await commitWhole(here, batch);
    await expect(commitWhole(here, batch)).rejects.toMatchObject({ code: 'conflict' });
    await here.close();
    await expect(here.head()).rejects.toMatchObject({ at: fileOf(place) });
    const own = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
    expect(await own.head()).toEqual(batch.head);
    expect(await own.blob(blob.digest)).toEqual(blob.bytes);
    expect(await own.faults()).toEqual([]);
    await own.close();
  });
});

it('without the archive key all but blobs is read, and no blob is archived', async () => {
  await withBed(SQLITE, async (bed) => {
    const store = await bed.open();
    const blob = blobOf(Uint8Array.of(1));
    const fence = await fenceOf(store, 'a');
    const extras = { blobs: [blob], records: [recordOf('x', 1, [blob])] };
    const first = batchOf(fence, EMPTY_LOG, ['x'], extras);
    await commitWhole(store, first.batch);
    const keyless = await openStore(bed.place);
    expect(await keyless.head()).toEqual(first.batch.head);
    expect(await keyless.blobDigests(undefined, 9)).toEqual([blob.digest]);
    expect(await keyless.faults()).toEqual([]);
    const needsKey = { code: 'usage', at: 'archiveKey' };
    await expect(keyless.blob(blob.digest)).rejects.toMatchObject(needsKey);
    const next = batchOf(fence, first.log, ['y'], { blobs: [blobOf(Uint8Array.of(2))] });
    await expect(commitWhole(keyless, next.batch)).rejects.toMatchObject(needsKey);
    await keyless.close();
    for (const thread of ['own', 'this'] as const) {
      const stranger = openStore({ ...bed.place, thread, archiveKey: STRANGERS_KEY });
      await expect(stranger).rejects.toMatchObject({ code: 'conflict', at: fileOf(bed.place) });
      const short = openStore({ ...bed.place, thread, archiveKey: STRANGERS_KEY.subarray(1) });
      await expect(short).rejects.toMatchObject(needsKey);
    }
  });
});

it.each(['mysql://x/y', 'ledger.db', ''])('%j is no address', async (url) => {
  await expect(openStore({ url })).rejects.toMatchObject({ code: 'usage', at: 'store' });
});

it('a folder that is not there is named', async () => {
  const file = join(tmpdir(), 'postern-no', 'such', 'ledger.db');
  await expect(openStore({ file })).rejects.toMatchObject({
    code: 'unreachable',
    at: file,
    detail: 'its folder is not there',
  });
});

function fileOf(place: object): string {
  return 'file' in place ? String(place.file) : '';
}
