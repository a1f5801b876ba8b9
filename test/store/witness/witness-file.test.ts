import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Witnessed } from '../../../src/ledger/witness/witness.ts';
import { WitnessFile } from '../../../src/store/witness/witness-file.ts';
import { temporaryFolder } from '../../support/store-beds.ts';
import { history, LOG, requestOf, witnessOn } from '../../support/witnessing.ts';

const state = (size: bigint, fill = 1): Witnessed => ({
  size,
  root: new Uint8Array(32).fill(fill),
  note: new Uint8Array(100).fill(fill),
});

async function withFile(act: (file: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  try {
    await act(join(folder, 'witness.db'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('what a witness cosigned last', () => {
  it('stays, for each log its own, up to the largest size there is', async () => {
    await withFile(async (file) => {
      const first = await WitnessFile.make(file);
      expect(await first.last('a')).toBeUndefined();
      expect(await first.advance('a', 0n, state(0n))).toBe(true);
      expect(await first.advance('a', 0n, state(5n))).toBe(true);
      expect(await first.advance('b', 0n, state(2n ** 64n - 1n, 2))).toBe(true);
      await first.close();
      const second = await WitnessFile.open(file);
      expect(await second.last('a')).toEqual(state(5n));
      expect(await second.last('b')).toEqual(state(2n ** 64n - 1n, 2));
      expect(await second.last('c')).toBeUndefined();
      await second.close();
    });
  });

  it('is replaced only by who knew it', async () => {
    await withFile(async (file) => {
      const store = await WitnessFile.make(file);
      expect(await store.advance('a', 3n, state(5n))).toBe(false);
      expect(await store.last('a')).toBeUndefined();
      await store.advance('a', 0n, state(5n));
      for (const from of [0n, 4n, 6n])
        expect(await store.advance('a', from, state(9n))).toBe(false);
      expect(await store.last('a')).toEqual(state(5n));
      expect(await store.advance('a', 5n, state(9n, 3))).toBe(true);
      expect(await store.last('a')).toEqual(state(9n, 3));
      await store.close();
    });
  });

  it('goes one way, however many ask at once, and by whichever connection', async () => {
    await withFile(async (file) => {
      const stores = [await WitnessFile.make(file), await WitnessFile.open(file)];
      for (let size = 0n; size < 20n; size++) {
        let taken = 0;
        // One connection after the other: two that wait for each other in one thread wait for ever.
        for (const store of stores) {
          const answers = await Promise.all(
            [1, 2, 3].map((fill) => store.advance('a', size, state(size + 1n, fill))),
          );
          taken += answers.filter(Boolean).length;
        }
        expect(taken).toBe(1);
        for (const store of stores) expect(await store.last('a')).toEqual(state(size + 1n, 1));
      }
      await Promise.all(stores.map((store) => store.close()));
    });
  });

  it('is not believed when a byte of it is another', async () => {
    await withFile(async (file) => {
      const store = await WitnessFile.make(file);
      await store.advance('a', 0n, state(5n));
      const db = new DatabaseSync(file);
      for (const [column, to] of [
        ['size', "'4'"],
        ['size', "'x'"],
        ['root', `X'${'02'.repeat(32)}'`],
        ['root', "X''"],
        ['note', "X'00'"],
        ['sum', "'x'"],
      ]) {
        const [row] = db.prepare('SELECT * FROM witnessed').all();
        db.exec(`UPDATE witnessed SET ${column} = ${to}`);
        const damaged = { code: 'malformed', at: 'witnessed[a]' };
        await expect(store.last('a')).rejects.toMatchObject(damaged);
        await expect(store.advance('a', 5n, state(6n))).rejects.toMatchObject(damaged);
        db.prepare(`UPDATE witnessed SET ${column} = ?`).run(row?.[column ?? ''] ?? null);
      }
      // A log's row under another log's name is nobody's.
      db.exec("UPDATE witnessed SET origin = 'b'");
      await expect(store.last('b')).rejects.toMatchObject({ at: 'witnessed[b]' });
      db.close();
      await store.close();
      // Nobody asks for that name, and the log's own row is gone: nothing goes on from there.
      const renamed = { code: 'malformed', at: 'witnessed[b]' };
      await expect(WitnessFile.open(file)).rejects.toMatchObject(renamed);
      await expect(WitnessFile.make(file)).rejects.toMatchObject(renamed);
    });
  });

  it('is not begun anew where the file, or what is in it, is gone', async () => {
    await withFile(async (file) => {
      await expect(WitnessFile.open(file)).rejects.toMatchObject({
        code: 'unreachable',
        at: file,
        detail: expect.stringContaining('must not go on under this key'),
      });
      expect(existsSync(file)).toBe(false);
      writeFileSync(file, '');
      await expect(WitnessFile.open(file)).rejects.toMatchObject({ code: 'malformed', at: file });
      await expect(WitnessFile.open(file)).rejects.toMatchObject({ code: 'malformed', at: file });
    });
  });

  it('is not believed when its index says otherwise', async () => {
    await withFile(async (file) => {
      const store = await WitnessFile.make(file);
      await store.advance('example.org/log', 0n, state(5n));
      await store.close();
      const bytes = readFileSync(file);
      // Root page of the schema, then the table's, then that of the index over its names.
      const at = bytes.indexOf('example.org/log', 2 * 4096);
      expect(at).toBeGreaterThan(0);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      await expect(WitnessFile.open(file)).rejects.toMatchObject({ code: 'malformed', at: file });
    });
  });
});

it('a witness that is started anew holds the log to what it cosigned', async () => {
  await withFile(async (file) => {
    const before = await WitnessFile.make(file);
    expect(await witnessOn(before).addCheckpoint(requestOf(0, history(5)))).toMatchObject({
      status: 200,
    });
    await before.close();
    const after = await WitnessFile.open(file);
    const witness = witnessOn(after);
    expect(await witness.addCheckpoint(requestOf(0, history(6)))).toMatchObject({
      status: 409,
      body: '5\n',
    });
    const forked = await witness.addCheckpoint(requestOf(5, history(6, { from: 2 })));
    expect(forked).toMatchObject({ status: 422 });
    expect(await witness.addCheckpoint(requestOf(5, history(6)))).toMatchObject({ status: 200 });
    expect((await after.last(LOG))?.size).toBe(6n);
    await after.close();
  });
});
