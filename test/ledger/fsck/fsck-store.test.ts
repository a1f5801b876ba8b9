import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { fsckStore } from '../../../src/ledger/fsck/fsck-store.ts';
import { writeLeaf } from '../../../src/ledger/leaf/entry.ts';
import type { LedgerStore, StoreFault } from '../../../src/ledger/store.ts';
import { leafHash } from '../../../src/ledger/tree/hash.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import type { Row, Value } from '../../../src/store/driver.ts';
import { withSum } from '../../../src/store/row-sum.ts';
import { Sealer } from '../../../src/store/seal.ts';
import { decisionEntry, fillLedger, LEAVES_IN_ALL } from '../../support/filled-ledger.ts';
import { ARCHIVE_KEY, blobOf } from '../../support/ledger-batches.ts';
import { CLASSIC, checkpointOf, NOW, writerOn } from '../../support/ledger-writing.ts';
import { flipped } from '../../support/merkle.ts';
import { idOf, smallEntry } from '../../support/small-entries.ts';
import { type Bed, SQLITE } from '../../support/store-beds.ts';

let bed: Bed;
let store: LedgerStore;
let db: DatabaseSync;
beforeAll(async () => {
  bed = await SQLITE.make();
  store = await bed.open();
  await fillLedger(store);
  await store.addCosignatures(LEAVES_IN_ALL, ['— witness.example AAAAAAAAAAAA\n']);
  const file = 'file' in bed.place ? bed.place.file : '';
  db = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 10_000 });
});
afterAll(async () => {
  db.close();
  await bed.close();
});

const REASON = 'retention of 30 days';

/** A leaf by which the operator says what was deleted. */
function overrideAt(
  name: string,
  time: number,
  until = time,
  more: { readonly reason?: string; readonly action?: string } = {},
): NewEntry {
  const id = idOf(name);
  const operator = `sha256:${'cd'.repeat(32)}`;
  const said = { action: 'forget_records', reason: REASON, ...more };
  const entry = writeLeaf({ v: 1, type: 'operator.override', id, time, operator, until, ...said });
  return { id, entry };
}

async function findings(): Promise<StoreFault[]> {
  return Array.fromAsync(fsckStore({ store, identity: CLASSIC }));
}

const places = async () => (await findings()).map(({ at }) => at);

/** Runs with rows as `change` leaves them, and puts every row of the tables back. */
async function changed<T>(tables: readonly string[], change: () => void, act: () => Promise<T>) {
  const before = tables.map((table) => ({
    table,
    rows: db.prepare(`SELECT * FROM ${table}`).all(),
  }));
  try {
    change();
    return await act();
  } finally {
    db.exec('BEGIN');
    for (const { table, rows } of before) {
      db.exec(`DELETE FROM ${table}`);
      for (const row of rows) insert(table, row as Row);
    }
    db.exec('COMMIT');
  }
}

function insert(table: string, row: Row): void {
  const marks = Object.keys(row).map(() => '?');
  const sql = `INSERT INTO ${table} (${Object.keys(row)}) VALUES (${marks})`;
  db.prepare(sql).run(...Object.values(row));
}

function rowOf(table: string, where: string): Row {
  const row = db.prepare(`SELECT * FROM ${table} WHERE ${where}`).get();
  if (row === undefined) throw new Error(`no ${table} where ${where}`);
  return row as Row;
}

/** Each with which findings have to name it. */
const ROWS = [
  { table: 'migrations', where: 'version = 1', at: /^migrations\[/ },
  { table: 'migrations', where: 'version = 2', at: /^migrations\[/ },
  { table: 'meta', where: "name = 'archive-key'", at: /^meta\[/ },
  { table: 'lease', where: 'id = 1', at: /^lease\[/ },
  { table: 'leaves', where: 'idx = 17', at: /^leaves/ },
  { table: 'leaves', where: 'idx = 257', at: /^leaves/ },
  { table: 'leaves', where: 'idx = 599', at: /^leaves/ },
  { table: 'tiles', where: 'level = 0 AND idx = 0', at: /^tiles/ },
  { table: 'tiles', where: 'level = 0 AND idx = 1', at: /^tiles/ },
  { table: 'checkpoints', where: 'size = 256', at: /^checkpoints\[/ },
  { table: 'checkpoints', where: 'size = 600', at: /^checkpoints\[/ },
  { table: 'cosignatures', where: 'size = 600', at: /^cosignatures\[/ },
  { table: 'records', where: 'idx = 3', at: /^records\[/ },
  { table: 'records', where: 'idx = 599', at: /^records\[/ },
  { table: 'blobs', where: 'id = 1', at: /^(blobs|uses)\[/ },
  {
    table: 'uses',
    where: 'record = 257 AND blob = (SELECT min(blob) FROM uses WHERE record = 257)',
    at: /^(uses|records)\[/,
  },
] as const;

function damagedValues(value: Value): Value[] {
  if (value === null) return ['x'];
  if (typeof value === 'number') return [value + 100_000];
  if (typeof value === 'string') {
    const last = value.charCodeAt(value.length - 1);
    return [value.slice(0, -1) + String.fromCharCode(last ^ 1)];
  }
  return [0, value.length >> 1, value.length - 1].map((at) => flipped(value, 8 * at + 5));
}

describe('fsck of a database', () => {
  it('finds nothing where nothing is wrong, and says how far it is', async () => {
    const said: string[] = [];
    const onProgress = ({ what, done }: { what: string; done: number }) =>
      said.push(`${what} ${done}`);
    expect(await Array.fromAsync(fsckStore({ store, identity: CLASSIC, onProgress }))).toEqual([]);
    expect(said).toContain('leaves 600');
    expect(said).toContain('records 600');
  });

  it.each(ROWS)(
    'finds every damaged column of $table where $where',
    async ({ table, where, at }) => {
      for (const [column, value] of Object.entries(rowOf(table, where))) {
        // Of one that may be null, by what it may be.
        const values = column === 'forgotten' ? [1] : damagedValues(value);
        for (const to of values) {
          const found = await changed(
            [table],
            () => db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(to),
            places,
          );
          expect(
            found.filter((one) => at.test(one)),
            `${table}.${column}: ${found}`,
          ).not.toEqual([]);
        }
      }
      expect(await findings()).toEqual([]);
    },
  );

  it.each(ROWS)('finds that a row is gone of $table where $where', async ({ table, where }) => {
    const found = await changed(
      [table],
      () => db.exec(`DELETE FROM ${table} WHERE ${where}`),
      async () => places().catch((error: unknown) => [String(error)]),
    );
    // Older checkpoints and cosignatures are nobody's need.
    const isNoNeed = table === 'cosignatures' || where === 'size = 256';
    expect(found.length > 0, `${found}`).toBe(!isNoNeed);
  });

  it('of one that nothing was signed in says so', async () => {
    const found = await changed(['checkpoints'], () => db.exec('DELETE FROM checkpoints'), places);
    expect(found).toContain('checkpoints');
  });
});

/** Rows that agree with their own sums, as whoever knows how sums are made would write them. */
const FORGERIES: readonly {
  readonly what: string;
  readonly tables: readonly string[];
  readonly forge: () => void | Promise<void>;
  readonly at: string;
}[] = [
  {
    what: 'another entry with its hash',
    tables: ['leaves'],
    forge: () => {
      const { entry } = smallEntry('forged');
      update('leaves', 'idx = 20', { entry, hash: leafHash(entry) });
    },
    at: 'tiles[0][0]',
  },
  {
    what: 'another entry with its hash, behind the last tile',
    tables: ['leaves'],
    forge: () => {
      const { entry } = smallEntry('forged');
      update('leaves', 'idx = 590', { entry, hash: leafHash(entry) });
    },
    at: 'checkpoints',
  },
  {
    what: 'another id than the leaf says',
    tables: ['leaves'],
    forge: () => update('leaves', 'idx = 20', { id: 'f'.repeat(32) }),
    at: 'leaves[20].entry',
  },
  {
    what: 'a leaf that is none',
    tables: ['leaves'],
    forge: () => update('leaves', 'idx = 20', { entry: utf8('{}'), hash: leafHash(utf8('{}')) }),
    at: 'leaves[20].entry',
  },
  {
    what: 'a leaf beyond the head',
    tables: ['leaves'],
    forge: () => {
      const { id, entry } = smallEntry('beyond');
      insert('leaves', withSum('leaves', { idx: 600, id, entry, hash: leafHash(entry) }));
    },
    at: 'leaves[600]',
  },
  {
    what: 'a tile',
    tables: ['tiles'],
    forge: () => update('tiles', 'idx = 1', { hashes: new Uint8Array(8192) }),
    at: 'tiles[0][1]',
  },
  {
    what: 'a root without a signature',
    tables: ['checkpoints'],
    forge: () => update('checkpoints', 'size = 600', { root: new Uint8Array(32) }),
    at: 'checkpoints[600].note',
  },
  {
    what: 'another root, well signed',
    tables: ['checkpoints'],
    forge: () => {
      const root = new Uint8Array(32);
      update('checkpoints', 'size = 600', { root, note: checkpointOf(600, root) });
    },
    at: 'checkpoints',
  },
  {
    what: 'another origin, well signed',
    tables: ['checkpoints'],
    forge: () => {
      const { root } = rowOf('checkpoints', 'size = 600');
      const note = checkpointOf(600, root as Uint8Array, 'log.example/other');
      update('checkpoints', 'size = 600', { note });
    },
    at: 'checkpoints[600].note',
  },
  {
    what: 'another root of an earlier state, well signed',
    tables: ['checkpoints'],
    forge: () => {
      const root = new Uint8Array(32);
      update('checkpoints', 'size = 256', { root, note: checkpointOf(256, root) });
    },
    at: 'checkpoints[256].root',
  },
  {
    what: 'an earlier state by another origin',
    tables: ['checkpoints'],
    forge: () => {
      const { root } = rowOf('checkpoints', 'size = 256');
      const note = checkpointOf(256, root as Uint8Array, 'log.example/other');
      update('checkpoints', 'size = 256', { note });
    },
    at: 'checkpoints[256].note',
  },
  {
    what: 'an earlier state without a signature, where leaves are missing before it',
    tables: ['checkpoints', 'leaves'],
    forge: () => {
      update('checkpoints', 'size = 512', { note: utf8('none') });
      db.exec('DELETE FROM leaves WHERE idx = 20');
    },
    at: 'checkpoints[512].note',
  },
  {
    what: 'a cosignature that is none',
    tables: ['cosignatures'],
    forge: () => update('cosignatures', 'size = 600', { line: 'nobody signed\n' }),
    at: 'cosignatures[600][0]',
  },
  {
    what: 'no leaves at the end',
    tables: ['leaves'],
    forge: () => db.exec('DELETE FROM leaves WHERE idx >= 590'),
    at: 'leaves[590]',
  },
  {
    what: 'records, where leaves are missing at the end',
    tables: ['leaves', 'records'],
    forge: () => {
      db.exec('DELETE FROM leaves WHERE idx >= 590');
      update('records', 'idx = 257', { moment: NOW });
    },
    at: 'records[257].moment',
  },
  {
    what: 'no record of a decision',
    tables: ['records', 'uses'],
    forge: () =>
      db.exec('DELETE FROM records WHERE idx = 257; DELETE FROM uses WHERE record = 257'),
    at: 'records[257]',
  },
  {
    what: 'a record of a leaf that is no decision',
    tables: ['records'],
    forge: () => update('records', 'idx = 257', { idx: 258 }),
    at: 'records[258]',
  },
  {
    what: 'another time',
    tables: ['records'],
    forge: () => update('records', 'idx = 257', { moment: NOW }),
    at: 'records[257].moment',
  },
  {
    what: 'another manifest',
    tables: ['records'],
    forge: () => {
      const { manifest } = rowOf('records', 'idx = 3');
      update('records', 'idx = 257', { manifest: manifest ?? '' });
    },
    at: 'records[257].manifest',
  },
  {
    what: 'another text of the same blob, well sealed',
    tables: ['blobs'],
    forge: async () => {
      const sealer = await Sealer.open(ARCHIVE_KEY);
      const digest = String(rowOf('blobs', 'id = 2')['digest']);
      update('blobs', 'id = 2', { sealed: sealer.seal(digest, utf8('forged')) });
    },
    at: '',
  },
  {
    what: 'a manifest that is archived, and is of another decision',
    tables: ['leaves', 'records'],
    forge: () => {
      // Leaf and record both name what the first decision saw.
      const { manifest } = rowOf('records', 'idx = 3');
      const entry = renamed(rowOf('leaves', 'idx = 257')['entry'], manifest);
      update('leaves', 'idx = 257', { entry, hash: leafHash(entry) });
      update('records', 'idx = 257', { manifest: manifest ?? '' });
    },
    at: 'records[257]',
  },
];

function renamed(entry: Value | undefined, manifest: Value | undefined): Uint8Array {
  const text = new TextDecoder().decode(entry as Uint8Array);
  return utf8(text.replace(/sha256:[0-9a-f]{64}(?=","subject")/, `${manifest}`));
}

function update(table: Parameters<typeof withSum>[0], where: string, to: Row): void {
  const row = withSum(table, { ...rowOf(table, where), ...to });
  const sets = Object.keys(row).map((name) => `${name} = ?`);
  db.prepare(`UPDATE ${table} SET ${sets} WHERE ${where}`).run(...Object.values(row));
}

describe('fsck of rows that agree with their sums finds', () => {
  it.each(FORGERIES)('$what', async ({ tables, forge, at }) => {
    const digest = String(rowOf('blobs', 'id = 2')['digest']);
    const before = tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]);
    await forge();
    const found = await places();
    db.exec('BEGIN');
    for (const [table, rows] of before) {
      db.exec(`DELETE FROM ${table}`);
      for (const row of rows ?? []) insert(String(table), row as unknown as Row);
    }
    db.exec('COMMIT');
    expect(found).toContain(at === '' ? `blobs[${digest}]` : at);
    expect(await findings()).toEqual([]);
  });
});

it('leaves that end short of what was signed are not given out as if they were all', async () => {
  const cut = () => db.exec('DELETE FROM leaves WHERE idx >= 590');
  await changed(['leaves'], cut, async () => {
    const short = { code: 'malformed', at: 'leaves[590]' };
    await expect(store.leaves(580, 600)).rejects.toMatchObject(short);
    await expect(store.leaves(580, 9_999)).rejects.toMatchObject(short);
    await expect(store.leafHashes(580, 591)).rejects.toMatchObject(short);
    await expect(store.leaves(595, 596)).rejects.toMatchObject({ at: 'leaves[595]' });
    expect(await store.leaves(580, 590)).toHaveLength(10);
    expect(await store.leafHashes(600, 601)).toEqual([]);
  });
});

describe('the times of leaves', () => {
  /** A ledger of its own with leaves that were put down at these times. */
  async function timed(...times: readonly number[]) {
    const own = await SQLITE.make();
    const store = await own.open();
    const writer = await writerOn(store);
    for (const [i, time] of times.entries()) await writer.append(overrideAt(`leaf ${i}`, time));
    await writer.close();
    const remarks: StoreFault[] = [];
    const onRemark = (remark: StoreFault) => void remarks.push(remark);
    const found = await Array.fromAsync(fsckStore({ store, identity: CLASSIC, onRemark }));
    await own.close();
    return { found, remarks };
  }

  it('that go back by less than ten minutes are remarked, once', async () => {
    expect(await timed(NOW, NOW, NOW - 1000, NOW + 600_000, NOW)).toEqual({
      found: [],
      remarks: [
        {
          at: 'leaves[2].time',
          problem:
            'times go back 2 times from here on, by at most 600 s: clocks of several writers differ, or entries waited to be written',
        },
      ],
    });
    expect(await timed(NOW, NOW + 1)).toEqual({ found: [], remarks: [] });
  });

  it('that go back by more are a finding, at the leaf', async () => {
    const { found, remarks } = await timed(NOW, NOW - 600_001, NOW - 600_000);
    expect(found).toEqual([
      {
        at: 'leaves[1].time',
        problem: 'is 600.001 s before that of the leaf before, more than 600 s',
      },
    ]);
    expect(remarks).toEqual([]);
  });
});

describe('of a ledger that is written meanwhile', () => {
  /** The store, and what somebody does just after its first answer to one question. */
  function meanwhile(
    store: LedgerStore,
    method: keyof LedgerStore,
    act: () => Promise<unknown>,
  ): LedgerStore {
    let done = false;
    return new Proxy(store, {
      get: (target, name) => {
        const answers = Reflect.get(target, name);
        return async (...args: unknown[]) => {
          const answer = await answers.apply(target, args);
          if (name === method && !done) {
            done = true;
            await act();
          }
          return answer;
        };
      },
    });
  }

  it.each(['head', 'records', 'blob', 'blobDigests'] as const)(
    'what came or was forgotten by the book is no finding, after its first %s',
    async (method) => {
      const bed = await SQLITE.make();
      const own = await bed.open();
      const writer = await writerOn(own);
      await writer.append(decisionEntry('a', NOW));
      await writer.append(decisionEntry('b', NOW + 1));
      const seen = meanwhile(own, method, async () => {
        await writer.append(overrideAt('forget', NOW + 9, NOW + 1));
        expect(await own.forget(NOW + 1, NOW + 10, REASON)).toMatchObject({ records: 1 });
        await writer.append(decisionEntry('c', NOW + 11));
      });
      expect(await Array.fromAsync(fsckStore({ store: seen, identity: CLASSIC }))).toEqual([]);
      expect(await own.head()).toMatchObject({ size: 4 });
      await writer.close();
      await bed.close();
    },
  );
});

it('what was forgotten is damage until the log says so, and a blob that nobody uses is none', async () => {
  await changed(
    ['records', 'uses', 'blobs'],
    () => undefined,
    async () => {
      expect(await store.forget(NOW + 4, NOW + 9999, REASON)).toMatchObject({ records: 1 });
      const unsaid = {
        at: 'records[3].forgotten',
        problem: `what it saw was deleted (${REASON}), and no operator.override of the log says so`,
      };
      expect(await findings()).toEqual([unsaid]);
      const writer = await writerOn(store);
      // Of an earlier time, for another reason, and for something else.
      await writer.append(overrideAt('too early', NOW + 9000, NOW + 3));
      await writer.append(overrideAt('another', NOW + 9001, NOW + 4, { reason: 'another reason' }));
      await writer.append(overrideAt('other', NOW + 9002, NOW + 4, { action: 'resume_restored' }));
      expect(await findings()).toEqual([unsaid]);
      await writer.append(overrideAt('said', NOW + 9003, NOW + 4));
      await writer.close();
      expect(await findings()).toEqual([]);
      const sealer = await Sealer.open(ARCHIVE_KEY);
      const { digest, bytes } = blobOf(utf8('orphan'));
      const sealed = sealer.seal(digest, bytes);
      insert('blobs', withSum('blobs', { id: 9999, digest, sealed }));
      expect(await findings()).toEqual([]);
    },
  );
  expect(decisionEntry('decision 3', NOW + 3).record?.at).toBe(NOW + 3);
});
