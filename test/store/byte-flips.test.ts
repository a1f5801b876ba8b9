import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.ts';
import type { StoreFault } from '../../src/ledger/store.ts';
import type { SummedTable } from '../../src/store/columns.ts';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { openStore } from '../../src/store/open.ts';
import { openDriver } from '../../src/store/open-driver.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { FILLED, fillFleet } from '../support/filled-fleet.ts';
import { everythingOf, hexOf } from '../support/fleet.ts';
import {
  ARCHIVE_KEY,
  batchOf,
  blobOf,
  commitWhole,
  EMPTY_LOG,
  fenceOf,
  recordOf,
} from '../support/ledger-batches.ts';
import { literal } from '../support/sql-literal.ts';
import { type Bed, describeStores, SQLITE, withBed } from '../support/store-beds.ts';

const seen = blobOf(new Uint8Array(70_000).fill(3));
const other = blobOf(Uint8Array.of(1, 2));

/** Something in every table: 300 leaves make one full tile. */
async function fill(store: GatewayStore): Promise<void> {
  const fence = await fenceOf(store, 'writer');
  const first = batchOf(
    fence,
    EMPTY_LOG,
    Array.from({ length: 290 }, (_, i) => `leaf-${i}`),
    { records: [recordOf('leaf-5', 10, [seen, other])], blobs: [seen, other] },
  );
  await commitWhole(store, first.batch);
  const ids = Array.from({ length: 10 }, (_, i) => `leaf-${290 + i}`);
  const records = [recordOf('leaf-295', 20, [other])];
  await commitWhole(store, batchOf(fence, first.log, ids, { records }).batch);
  await store.addCosignatures(300, ['— witness AAAAAAAA\n', '— witness BBBBBBBB\n']);
  await store.forget(11, 99, 'retention');
  // The first record has lost what it saw: the second still has it.
  expect(await store.blobDigests(undefined, 9)).toEqual([other.digest]);
  await fillFleet(store);
}

/** Row to damage in each table, and how a fault names it. */
const ROWS = {
  meta: { where: "name = 'archive-key'", at: /^meta\[/ },
  lease: { where: 'id = 1', at: /^lease\[/ },
  leaves: { where: 'idx = 17', at: /^leaves/ },
  tiles: { where: 'level = 0', at: /^tiles/ },
  checkpoints: { where: 'size = 290', at: /^checkpoints\[/ },
  cosignatures: { where: 'nth = 1', at: /^cosignatures\[/ },
  blobs: { where: '1 = 1', at: /^(blobs|uses)\[/ },
  records: { where: 'idx = 5', at: /^records\[/ },
  uses: { where: 'record = 295', at: /^uses\[/ },
  migrations: { where: 'version = 1', at: /^migrations\[/ },
  nodes: { where: `id = '${FILLED.id}'`, at: /^nodes\[/ },
  hardware: { where: "name = 'gpu:1'", at: /^hardware\[/ },
  spent: { where: '1 = 1', at: /^spent\[/ },
  events: { where: 'seq = 2', at: /^events\[/ },
  pool_policies: { where: "pool = 'general'", at: /^pool_policies\[/ },
  decisions: { where: '1 = 1', at: /^decisions\[/ },
  challenge_keys: { where: '1 = 1', at: /^challenge_keys\[/ },
  credentials: { where: "name = 'c'", at: /^credentials\[/ },
  usage: { where: 'seq = 2', at: /^usage\[/ },
  unmetered: { where: '1 = 1', at: /^unmetered\[/ },
} as const satisfies Readonly<Record<SummedTable | 'uses', object>>;

describeStores('a flipped byte', (kind) => {
  let bed: Bed;
  let store: GatewayStore;
  beforeAll(async () => {
    bed = await kind.make();
    store = await bed.open();
    await fill(store);
    expect(await store.faults()).toEqual([]);
  });
  afterAll(() => bed.close());

  it.each(Object.entries(ROWS))('is found in every column of %s', async (table, { where, at }) => {
    const [row] = await bed.raw(`SELECT * FROM ${table} WHERE ${where}`);
    expect(row).toBeDefined();
    for (const [column, value] of Object.entries(row ?? {})) {
      for (const damaged of damages(value, bed)) {
        const set = (to: string, on: string) =>
          bed.raw(`UPDATE ${table} SET ${column} = ${to} WHERE ${on}`);
        // A row whose key is damaged is found by what it was damaged to.
        const isKey = where.startsWith(`${column} `);
        await set(damaged, where);
        const faults = await store.faults();
        const places = faults.filter((fault) => at.test(fault.at));
        expect(places, `${table}.${column}: ${JSON.stringify(faults)}`).not.toEqual([]);
        await set(literal(value, bed), isKey ? `${column} = ${damaged}` : where);
      }
    }
    expect(await store.faults()).toEqual([]);
  });

  it('of a head, a lease or a record is met before it is believed', async () => {
    const damage = (table: string, set: string) => bed.raw(`UPDATE ${table} SET ${set}`);
    await damage('lease', 'token = token + 1');
    await expect(store.takeLease('x')).rejects.toMatchObject({ code: 'malformed', at: 'lease[1]' });
    await damage('lease', 'token = token - 1');
    await damage('records', 'moment = moment + 1');
    await expect(store.records(0, 9)).rejects.toMatchObject({
      at: expect.stringMatching(/^records/),
    });
    await expect(store.record('leaf-295')).rejects.toMatchObject({ at: 'records[295]' });
    await damage('records', 'moment = moment - 1');
    const [row] = await bed.raw('SELECT * FROM cosignatures WHERE nth = 1');
    await damage('cosignatures', "line = 'x' WHERE nth = 1");
    await expect(store.cosignatures(300)).rejects.toMatchObject({ at: 'cosignatures[300,1]' });
    await damage('cosignatures', `line = ${literal(row?.['line'], bed)} WHERE nth = 1`);
    const [head] = await bed.raw('SELECT * FROM checkpoints WHERE size = 300');
    const note = head?.['note'];
    await damage('checkpoints', `note = ${damages(note, bed)[0]} WHERE size = 300`);
    await expect(store.head()).rejects.toMatchObject({ at: 'checkpoints[300]' });
    await damage('checkpoints', `note = ${literal(note, bed)} WHERE size = 300`);
    expect(await store.faults()).toEqual([]);
  });

  it('is no worse than a key row that is gone: no other key is let in beside what is sealed', async () => {
    const [key] = await bed.raw('SELECT * FROM meta');
    await bed.raw('DELETE FROM meta');
    const lost = { at: 'meta[archive-key]', problem: 'is missing, and there are blobs' };
    expect(await store.faults()).toEqual([lost]);
    for (const archiveKey of [ARCHIVE_KEY, new Uint8Array(32).fill(99)]) {
      await expect(openStore({ ...bed.place, archiveKey })).rejects.toMatchObject({
        code: 'malformed',
        at: lost.at,
        detail: lost.problem,
      });
    }
    expect(await bed.raw('SELECT * FROM meta')).toEqual([]);
    const values = Object.values(key ?? {}).map((value) => literal(value, bed));
    await bed.raw(`INSERT INTO meta (${Object.keys(key ?? {})}) VALUES (${values})`);
    expect(await store.faults()).toEqual([]);
  });

  it('is no matter of sums alone: rows that agree with their sums must agree with each other', async () => {
    const [tile] = await bed.raw('SELECT * FROM tiles');
    await bed.raw('DELETE FROM tiles');
    expect(placesOf(await store.faults())).toEqual(['tiles[0,0]', 'tiles']);
    const values = Object.values(tile ?? {}).map((value) => literal(value, bed));
    await bed.raw(`INSERT INTO tiles (${Object.keys(tile ?? {})}) VALUES (${values})`);
    const [leaf] = await bed.raw('SELECT * FROM leaves WHERE idx = 299');
    await bed.raw('DELETE FROM leaves WHERE idx = 299');
    expect(placesOf(await store.faults())).toContain('checkpoints');
    const leafValues = Object.values(leaf ?? {}).map((value) => literal(value, bed));
    await bed.raw(`INSERT INTO leaves (${Object.keys(leaf ?? {})}) VALUES (${leafValues})`);
    await bed.raw('INSERT INTO uses (record, blob) SELECT 77, id FROM blobs');
    expect(placesOf(await store.faults())).toContain('uses[77]');
    await bed.raw('DELETE FROM uses WHERE record = 77');
    expect(await store.faults()).toEqual([]);
  });
});

function placesOf(faults: readonly StoreFault[]): string[] {
  return faults.map(({ at }) => at);
}

/** A value with one bit changed, as SQL: at its start, in its middle, and at its end. */
function damages(value: unknown, bed: Bed): string[] {
  if (value === null) return [];
  if (typeof value === 'number' || /^\d{1,19}$/.test(String(value))) {
    const number = BigInt(String(value));
    // The last is no number that JavaScript can hold.
    return [1n << 9n, 1n << 20n, 1n << 61n].map((bit) => `${number ^ bit}`);
  }
  const isText = typeof value === 'string';
  const bytes = Buffer.from(isText ? value : (value as Uint8Array));
  return [0, bytes.length >> 1, bytes.length - 1].map((at) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 8;
    return literal(isText ? copy.toString('utf8') : copy, bed);
  });
}

/** All that a store gives out; in this thread, as it is done hundreds of times. */
async function readAll(bed: Bed) {
  const driver = await openDriver(bed.place);
  const store = await SqlStore.open(driver, ARCHIVE_KEY).catch(async (error: unknown) => {
    await driver.close();
    throw error;
  });
  try {
    const faults = await store.faults();
    if (faults.length > 0) return { faults };
    const leaves = await store.leaves(0, 999);
    return {
      faults,
      head: await store.head(),
      leaves,
      byId: await Promise.all(leaves.map(({ id }) => store.leafById(id))),
      tiles: await store.tiles(0, 0, 9),
      records: await store.records(0, 99),
      blobs: await store.blobDigests(undefined, 9),
      blob: await store.blob(other.digest),
      cosignatures: await store.cosignatures(300),
      fleet: await everythingOf(store),
      events: await store.events(0, 9, 'node.enrolled'),
      decision: await store.nodeOfDecision(hexOf(1, 16)),
      byName: await store.nodeByName(FILLED.name),
      byKey: await store.nodeByKey(FILLED.key.publicKey),
      keys: await store.challengeKeys(),
      credentials: await store.credentials(),
      usage: await store.usage(0, 9),
    };
  } finally {
    await store.close();
  }
}

it('a schema that is not what was made is found, whatever it still reads', async () => {
  await withBed(SQLITE, async (bed) => {
    const store = await bed.open();
    await fill(store);
    await bed.raw('DROP INDEX uses_by_blob');
    expect(placesOf(await store.faults())).toEqual(['sqlite_schema[uses_by_blob]']);
    await bed.raw('CREATE INDEX uses_by_blob ON uses (blob, record)');
    expect(placesOf(await store.faults())).toEqual([
      'sqlite_schema[uses_by_blob]',
      'sqlite_schema[uses_by_blob]',
    ]);
    await bed.raw('DROP TABLE cosignatures');
    expect((await store.faults()).map(({ problem }) => problem)).toContainEqual(
      expect.stringContaining('lacks what it was made with'),
    );
  });
});

it('a bit flipped anywhere in a SQLite file is found, or changes nothing that is read', async () => {
  await withBed(SQLITE, async (bed) => {
    const file = 'file' in bed.place ? bed.place.file : '';
    const writer = await openStore({ ...bed.place, archiveKey: ARCHIVE_KEY });
    await fill(writer);
    await writer.close();
    const good = await readAll(bed);
    const bytes = readFileSync(file);
    const outcomes = { refused: 0, found: 0, unread: 0 };
    const end = performance.now() + 3_000;
    for (let i = 0; i < 100 || performance.now() < end; i++) {
      const at = Math.floor(Math.random() * bytes.length);
      const bit = 1 << Math.floor(Math.random() * 8);
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ bit;
      for (const beside of ['-wal', '-shm']) writeFileSync(file + beside, '');
      writeFileSync(file, copy);
      const read = await readAll(bed).catch((error: unknown) => {
        expect(error, `bit ${bit} at ${at}`).toBeInstanceOf(Fault);
        expect((error as Fault).code, `bit ${bit} at ${at}: ${error}`).not.toBe('internal');
        return undefined;
      });
      if (read === undefined) outcomes.refused++;
      else if (read.faults.length > 0) outcomes.found++;
      else {
        expect(read, `bit ${bit} at ${at}`).toEqual(good);
        outcomes.unread++;
      }
    }
    expect(outcomes.found + outcomes.refused).toBeGreaterThan(outcomes.unread / 10);
  });
}, 120_000);
