import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fsckStore } from '../../src/ledger/fsck/fsck-store.ts';
import type { NewEntry } from '../../src/ledger/writer/batch.ts';
import { readOwnCheckpoint } from '../../src/ledger/writer/identity.ts';
import type { Place } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import { decisionEntry } from '../support/filled-ledger.ts';
import { ARCHIVE_KEY } from '../support/ledger-batches.ts';
import { CLASSIC, NOW } from '../support/ledger-writing.ts';
import { OwnPostgres, POSTGRES_PROGRAMS } from '../support/own-postgres.ts';
import type { RecordingTask } from '../support/recording-child.ts';
import { rootsOf } from '../support/roots.ts';
import { startChild } from '../support/store-children.ts';

const CHILD = new URL('../support/recording-child.ts', import.meta.url);
const SEED = Number(process.env['POSTERN_KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SQLITE_KILLS = 100;
const POSTGRES_KILLS = 30;
const DECISIONS = 6;

/** The same numbers for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** All that writers ever printed. */
class Promised {
  /** Index of each entry that was said to be durable. */
  readonly indexes = new Map<string, number>();
  readonly checkpoints = new Set<string>();

  read(line: string): void {
    const [id, index, checkpoint, end] = line.split(' ');
    // A process may be killed in the middle of a line.
    if (id === undefined || checkpoint === undefined || end !== '.') return;
    expect(this.indexes.get(id) ?? Number(index)).toBe(Number(index));
    this.indexes.set(id, Number(index));
    this.checkpoints.add(checkpoint);
  }
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Decisions of one life of a writer, captured here so that it need not. */
function decisionsOf(life: string): { readonly file: string; readonly entries: NewEntry[] } {
  const entries = Array.from({ length: DECISIONS }, (_, i) =>
    decisionEntry(`${life} decision ${i}`, NOW + i),
  );
  const file = join(folder, `${life}.decisions`);
  writeFileSync(file, serialize(entries));
  return { file, entries };
}

/**
 * No decision without leaf, no leaf twice, no fork, nothing lost of what was promised so far. The
 * log may go on meanwhile.
 */
async function expectKept(place: Place, promised: Promised, decisions: readonly NewEntry[]) {
  const [ids, checkpoints] = [[...promised.indexes], [...promised.checkpoints]];
  const store = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
  try {
    expect(await Array.fromAsync(fsckStore({ store, identity: CLASSIC }))).toEqual([]);
    const size = (await store.head())?.size ?? 0;
    const leaves = await store.leaves(0, size);
    expect(leaves).toHaveLength(size);
    const indexes = new Map(leaves.map(({ id, index }) => [id, index]));
    expect(indexes.size).toBe(size);
    for (const [id, index] of ids) expect(indexes.get(id), id).toBe(index);
    const roots = rootsOf(leaves.map(({ entry }) => entry));
    for (const checkpoint of checkpoints) {
      const said = readOwnCheckpoint(CLASSIC, Buffer.from(checkpoint, 'base64'), 'printed');
      expect(Buffer.from(said.root).toString('hex'), `at ${said.size}`).toBe(roots[said.size]);
    }
    let recorded = 0;
    for (const { id, record, blobs = [] } of decisions) {
      const index = indexes.get(id);
      // Both or none; the other way round is for fsck, which knows no decision by name.
      if (index === undefined) continue;
      recorded++;
      const { at, manifest } = record ?? {};
      expect(await store.record(id)).toEqual({ id, index, at, manifest });
      for (const { digest, bytes } of blobs.slice(0, 1)) {
        expect(Buffer.compare((await store.blob(digest)) ?? Buffer.of(), bytes)).toBe(0);
      }
    }
    return { size, recorded };
  } finally {
    await store.close();
  }
}

function record(task: Omit<RecordingTask, 'decisions'>, file: string, promised: Promised) {
  let first: (() => void) | undefined;
  const began = new Promise<void>((resolve) => {
    first = resolve;
  });
  const started = startChild(CHILD, { ...task, decisions: file }, (line) => {
    promised.read(line);
    first?.();
  });
  return { ...started, began: Promise.race([began, started.ended]) };
}

it(`a writer that is killed ${SQLITE_KILLS} times keeps every promise, on SQLite (seed ${SEED})`, async () => {
  const random = chance(SEED);
  const place = { file: join(folder, 'ledger.db') };
  const promised = new Promised();
  const all: NewEntry[] = [];
  /** The next one is on its way while one is killed: it waits for the lease, or has had it once. */
  const start = (life: number) => {
    const name = `life ${life}`;
    const { file, entries } = decisionsOf(name);
    all.push(...entries);
    const task = { place, name, whenGone: 'die', most: Number.MAX_SAFE_INTEGER } as const;
    return record(task, file, promised);
  };
  let writer = start(0);
  await writer.began;
  for (let life = 1; life <= SQLITE_KILLS; life++) {
    const next = start(life);
    // Some are killed before they have written anything: in the midst of taking over.
    const isEarly = random() < 0.2;
    if (!isEarly) await next.began;
    await sleep(random() * 60);
    writer.child.kill('SIGKILL');
    expect(await writer.ended).toMatchObject({ signal: 'SIGKILL', errors: '' });
    writer = next;
    if (life === SQLITE_KILLS / 2) await expectKept(place, promised, all);
  }
  await writer.began;
  writer.child.kill('SIGKILL');
  expect(await writer.ended).toMatchObject({ signal: 'SIGKILL', errors: '' });
  const { recorded } = await expectKept(place, promised, all);
  expect(promised.indexes.size).toBeGreaterThan(SQLITE_KILLS);
  expect(recorded).toBeGreaterThan(SQLITE_KILLS);
});

it.skipIf(POSTGRES_PROGRAMS === undefined)(
  `a writer whose server is killed ${POSTGRES_KILLS} times keeps every promise, on PostgreSQL (seed ${SEED})`,
  async () => {
    const random = chance(SEED);
    const cluster = await OwnPostgres.create(POSTGRES_PROGRAMS ?? '', await freePort());
    const place = { url: cluster.url };
    const promised = new Promised();
    const { file, entries } = decisionsOf('server');
    const task = {
      place,
      name: 'server',
      whenGone: 'again',
      most: Number.MAX_SAFE_INTEGER,
    } as const;
    const writer = record(task, file, promised);
    try {
      await writer.began;
      for (let kill = 0; kill < POSTGRES_KILLS; kill++) {
        await sleep(random() * 150);
        const before = promised.indexes.size;
        await cluster.kill();
        await cluster.start();
        // It goes on by itself, soon.
        for (let i = 0; promised.indexes.size === before; i++) {
          expect(i, `after kill ${kill}`).toBeLessThan(1_000);
          await sleep(10);
        }
      }
      writer.child.kill('SIGKILL');
      expect(await writer.ended).toMatchObject({ signal: 'SIGKILL', errors: '' });
      const { size, recorded } = await expectKept(place, promised, entries);
      expect(recorded).toBe(DECISIONS);
      expect(size).toBeGreaterThan(POSTGRES_KILLS);
    } finally {
      writer.child.kill('SIGKILL');
      await writer.ended;
      await cluster.remove();
    }
  },
);

if (POSTGRES_PROGRAMS === undefined) {
  it.skip('a writer whose PostgreSQL is killed: NOT TESTED, as there is no initdb');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
