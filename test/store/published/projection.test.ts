import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fsckPublished } from '../../../src/ledger/fsck/fsck-published.ts';
import { publishedPaths } from '../../../src/ledger/tiles/published.ts';
import { writeTilePath } from '../../../src/ledger/tiles/tile-path.ts';
import { readOwnCheckpoint } from '../../../src/ledger/writer/identity.ts';
import { Projection } from '../../../src/store/published/projection.ts';
import { folderLog } from '../../../src/store/published/published-log.ts';
import { appendAll, CLASSIC, ORIGIN, writerOn } from '../../support/ledger-writing.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { flipped } from '../../support/merkle.ts';
import { smallEntry } from '../../support/small-entries.ts';
import { temporaryFolder } from '../../support/store-beds.ts';

async function all<T>(findings: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(findings);
}

const atOnce = async () => undefined;
const faults = (pause: () => Promise<unknown> = atOnce) => all(projection.faults(pause));

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

const SIZES = [1, 5, 255, 256, 600] as const;
const SIZE = 600;
/** What older checkpoints speak of; the first one stays until its tile is full. */
const OLD_PARTS = ['tile/1/000.p/1', 'tile/0/001.p/44'];

let folder: string;
let good: string;
let store: MemoryStore;
let projection: Projection;

/** A log that was published at each of these sizes. */
beforeAll(async () => {
  folder = temporaryFolder();
  good = join(temporaryFolder(), 'copy');
  store = new MemoryStore();
  const writer = await writerOn(store);
  projection = new Projection(folder, store);
  await projection.publish();
  let from = 0;
  for (const size of SIZES) {
    const entries = Array.from({ length: size - from }, (_, i) => smallEntry(`leaf ${from + i}`));
    await appendAll(writer, entries);
    await projection.publish();
    if (size === 5) {
      expect(await verified()).toEqual([]);
      expect(filesOf(folder)).toContain('tile/0/000.p/1');
    }
    from = size;
  }
  await writer.close();
  await store.addCosignatures(SIZE, [`— ${ORIGIN} AAAAAAAA\n`]);
  await projection.publish();
  // A part that an older checkpoint speaks of.
  const part = join(folder, 'tile/0/001.p/44');
  mkdirSync(dirname(part), { recursive: true });
  writeFileSync(part, readFileSync(join(folder, 'tile/0/001')).subarray(0, 44 * 32));
  cpSync(folder, good, { recursive: true });
});

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(good, folder, { recursive: true });
});

afterAll(() => {
  for (const one of [folder, dirname(good)]) rmSync(one, { recursive: true, force: true });
});

/** What somebody without the database finds. */
async function verified() {
  const log = folderLog(folder);
  const note = await log.readCheckpoint();
  return all(fsckPublished(log, readOwnCheckpoint(CLASSIC, note, 'checkpoint')));
}

function mend(name: string): void {
  copyFileSync(join(good, name), join(folder, name));
}

const currentFiles = () => [...publishedPaths(SIZE)].map(writeTilePath);

describe('a published log', () => {
  it('has the files of its last state, and parts of tiles only while there is no more of them', async () => {
    expect(filesOf(folder)).toEqual(['checkpoint', ...OLD_PARTS, ...currentFiles()].sort());
    expect(currentFiles()).toContain('tile/1/000.p/2');
    expect(await faults()).toEqual([]);
    expect(await verified()).toEqual([]);
    const note = new TextDecoder().decode(await projection.checkpoint());
    expect(note).toContain(`${ORIGIN}\n600\n`);
    expect(note.endsWith('AAAAAAAA\n')).toBe(true);
  });

  it('is read at an older state too, out of what is full by now', async () => {
    for (const size of [1, 5, 255, 256]) {
      const head = await store.checkpoint(size);
      // Its batch may have been signed together with others.
      if (head === undefined) continue;
      expect(await all(fsckPublished(folderLog(folder), head))).toEqual([]);
    }
    expect(await store.checkpoint(256)).toBeDefined();
  });

  it('a byte flipped in any of its files is found by the database, with its path, and mended', async () => {
    for (const name of filesOf(good)) {
      const path = join(folder, name);
      const bytes = new Uint8Array(readFileSync(path));
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        writeFileSync(path, flipped(bytes, 8 * at + (at % 7)));
        const findings = await faults();
        expect(findings.map((finding) => finding.at)).toEqual([path]);
      }
      const isOldPart = OLD_PARTS.includes(name);
      const mended = await new Projection(folder, store).restore();
      const isSaid = name !== 'checkpoint' && !isOldPart;
      expect(mended).toEqual(isSaid ? [name] : []);
      if (isOldPart) mend(name);
      expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
    }
    expect(await faults()).toEqual([]);
  });

  it('a byte flipped in any file of its last state is found without the database, and where', async () => {
    for (const name of currentFiles()) {
      const path = join(folder, name);
      const bytes = new Uint8Array(readFileSync(path));
      for (const at of [0, 1, bytes.length >> 1, bytes.length - 1]) {
        writeFileSync(path, flipped(bytes, 8 * at + (at % 7)));
        const findings = await verified();
        expect(
          findings.map((finding) => finding.at),
          `${name} at ${at}`,
        ).toContain(name);
      }
      mend(name);
    }
    expect(await verified()).toEqual([]);
  });

  it('a file that is cut, empty, longer or gone is found either way, and written anew', async () => {
    for (const name of currentFiles()) {
      const path = join(folder, name);
      const damages = [
        () => truncateSync(path, statSync(path).size - 1),
        () => truncateSync(path, 0),
        () => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.of(0)])),
        () => rmSync(path),
      ];
      for (const damage of damages) {
        damage();
        expect((await faults()).map(({ at }) => at)).toEqual([path]);
        expect((await verified()).map(({ at }) => at)).toContain(name);
        const mended = await new Projection(folder, store).restore();
        expect(mended).toEqual([name]);
      }
    }
    rmSync(join(folder, 'tile/entries/000'));
    expect(await new Projection(folder, store).restore()).toEqual(['tile/entries/000']);
    rmSync(join(folder, 'checkpoint'));
    expect((await faults()).map(({ at }) => at)).toEqual([join(folder, 'checkpoint')]);
    expect(await new Projection(folder, store).restore()).toEqual([]);
    expect(existsSync(join(folder, 'checkpoint'))).toBe(true);
    expect(await faults()).toEqual([]);
  });

  it.each([
    { name: 'tile/0/003', problem: 'is of leaves that the log does not have' },
    { name: 'tile/0/002.p/89', problem: 'is of leaves that the log does not have' },
    { name: 'tile/1/000', problem: 'is of leaves that the log does not have' },
    { name: 'tile/8/000.p/1', problem: 'is of leaves that the log does not have' },
    { name: 'tile/entries/002.p/89', problem: 'is of leaves that the log does not have' },
    { name: 'tile/0/002.p/3', problem: 'is not what the database has' },
    { name: 'tile/entries/002.p/3', problem: 'is not what the database has' },
    { name: 'tile/0/0', problem: 'is no file of a log' },
    { name: 'tile/x/000', problem: 'is no file of a log' },
    { name: 'index.html', problem: 'is no file of a log' },
    { name: 'checkpoint.old', problem: 'is no file of a log' },
  ])('a strange file is found: $name', async ({ name, problem }) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'strange');
    expect(await faults()).toEqual([{ at: path, problem }]);
    rmSync(path);
  });

  it('what a killed process was about to write is no damage', async () => {
    const path = join(folder, 'tile/0/002.p/88.123e4567-e89b-42d3-a456-426614174000.new');
    writeFileSync(path, 'half');
    expect(await faults()).toEqual([]);
    rmSync(path);
  });

  it('a tile that the database lacks is said, and the rest is read on', async () => {
    const [tiles = []] = store.tileRows;
    const tile = tiles.pop();
    const findings = await all(new Projection(folder, store).faults());
    expect(findings.map(({ at }) => at)).toEqual(
      ['tile/0/001', 'tile/1/000.p/2'].map((name) => join(folder, name)),
    );
    if (tile) tiles.push(tile);
    expect(await faults()).toEqual([]);
  });
});

describe('looked at while it is written', () => {
  /** A log of its own, whose files are behind its database by some leaves. */
  async function behind(published: number, stored: number) {
    const own = new MemoryStore();
    const writer = await writerOn(own);
    const place = new Projection(join(temporaryFolder(), 'own'), own);
    const append = (from: number, to: number) =>
      appendAll(
        writer,
        Array.from({ length: to - from }, (_, i) => smallEntry(`leaf ${from + i}`)),
      );
    await append(0, published);
    await place.publish();
    await append(published, stored);
    return { place, append };
  }

  it.each([
    [5, 9, 9],
    [5, 9, 20],
    [200, 300, 300],
    [200, 255, 600],
  ])('at %i of %i leaves, and %i a moment later, it is whole', async (published, stored, later) => {
    const { place, append } = await behind(published, stored);
    const goesOn = async () => {
      await append(stored, later);
      await place.publish();
    };
    expect(await all(place.faults(goesOn))).toEqual([]);
    expect(await all(place.faults(atOnce))).toEqual([]);
  });

  it('what stays behind is found', async () => {
    const { place } = await behind(5, 300);
    const found = await all(place.faults(atOnce));
    expect(found.map(({ at }) => at)).toContain(join(place.folder, 'checkpoint'));
    expect(found).toContainEqual({
      at: join(place.folder, 'tile/entries/000'),
      problem: 'is missing',
    });
  });

  it('what is damaged is found, whatever comes meanwhile', async () => {
    const { place, append } = await behind(300, 300);
    const path = join(place.folder, 'tile/entries/000');
    writeFileSync(path, flipped(new Uint8Array(readFileSync(path)), 77));
    const goesOn = async () => {
      await append(300, 310);
      await place.publish();
    };
    expect(await all(place.faults(goesOn))).toEqual([
      { at: path, problem: 'is not what the database has' },
    ]);
  });
});

it('an old bundle that is damaged is mended by a restore of all, and passed over by who starts to write', async () => {
  const path = join(folder, 'tile/entries/000');
  const bytes = new Uint8Array(readFileSync(path));
  writeFileSync(path, flipped(bytes, 77));
  expect(await new Projection(folder, store).restore('last')).toEqual([]);
  await new Projection(folder, store).publish();
  expect(new Uint8Array(readFileSync(path))).not.toEqual(bytes);
  expect(await new Projection(folder, store).restore()).toEqual(['tile/entries/000']);
  expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
});

it('nothing is published of a log that was never signed, and nothing is wrong with that', async () => {
  const empty = new Projection(join(folder, 'none'), new MemoryStore());
  expect(await empty.restore()).toEqual([]);
  await empty.publish();
  expect(await all(empty.faults(atOnce))).toEqual([]);
  expect(await empty.checkpoint()).toBeUndefined();
});

it('a folder that can’t be written is named', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const blocked = new Projection(join(file, 'published'), store);
  await expect(blocked.restore()).rejects.toMatchObject({
    code: 'unreachable',
    at: expect.stringContaining(join(file, 'published')),
  });
  rmSync(file);
});

it('a log whose last leaves are gone is not published without them', async () => {
  const short = new MemoryStore();
  const writer = await writerOn(short);
  await appendAll(
    writer,
    Array.from({ length: 5 }, (_, i) => smallEntry(`leaf ${i}`)),
  );
  await writer.close();
  short.leafRows.pop();
  const projection = new Projection(join(temporaryFolder(), 'short'), short);
  await expect(projection.publish()).rejects.toMatchObject({ code: 'malformed', at: 'leaves[4]' });
});

describe('a file that is asked for by its name', () => {
  it('is the one that is there', async () => {
    for (const name of ['checkpoint', 'tile/0/001', 'tile/entries/000']) {
      const bytes = await projection.read(name);
      expect(Buffer.from(bytes ?? [])).toEqual(readFileSync(join(folder, name)));
    }
  });

  it('is made of the database for a state that was signed and not published', async () => {
    const name = 'tile/0/001.p/17';
    expect(existsSync(join(folder, name))).toBe(false);
    const full = readFileSync(join(folder, 'tile/0/001'));
    expect(Buffer.from((await projection.read(name)) ?? [])).toEqual(full.subarray(0, 17 * 32));
  });

  it.each(['tile/0/002.p/89', 'tile/0/003', 'tile/3/000', 'tile/entries/002.p/200', 'postern.db'])(
    'is none beyond the log: %s',
    async (name) => {
      expect(await projection.read(name)).toBeUndefined();
    },
  );
});
