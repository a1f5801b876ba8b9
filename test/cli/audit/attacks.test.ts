import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { parseVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { parseForkProof, verifyForkProof } from '../../../src/ledger/proof/fork-proof.ts';
import { leafHash } from '../../../src/ledger/tree/hash.ts';
import { columnsOf, type SummedTable } from '../../../src/store/columns.ts';
import { rowSum } from '../../../src/store/row-sum.ts';
import { Sealer } from '../../../src/store/seal.ts';
import { jsonOf } from '../fake-io.ts';
import { exportOf, named, type Pieces, piecesOf, putDown } from './forge.ts';
import { audit, exported, freshPath, infoOf, record, recorded, vkeyOf } from './ledgers.ts';

const dir = await recorded();
const key = await vkeyOf(dir);
const honest = piecesOf(await exported(dir));

async function verified(text: string, by = key) {
  const ran = await audit(['audit', 'verify', 'export', '--log-key', by, '--json'], {
    files: { export: text },
  });
  return { exit: ran.exit, ...jsonOf(ran) };
}

it('an export taken apart and put together again is what it was', async () => {
  expect(await verified(exportOf(honest))).toMatchObject({ exit: 0, verdict: 'accept' });
  // And an operator's own ledger with the same in it is good as well: what follows is not.
  const own = await putDown(honest);
  expect((await audit(['audit', 'replay', own])).exit).toBe(0);
  expect((await audit(['audit', 'fsck', own])).exit).toBe(0);
});

describe('an export that somebody edited on its way', () => {
  const { leaf, manifest, blobs } = honest;
  const result = manifest['result'] as Record<string, never>;
  const [digest = ''] = Object.keys(blobs);
  const cases: readonly (readonly [name: string, edited: Pieces, at: string])[] = [
    ['its verdict', { ...honest, leaf: { ...leaf, verdict: 'reject' } }, 'export.proof.root'],
    [
      'its time',
      { ...honest, leaf: { ...leaf, time: '2025-06-01T00:00:00.000Z' } },
      'export.proof.root',
    ],
    [
      'its record, which the leaf does not name',
      { ...honest, manifest: { ...manifest, result: { ...result, verdict: 'reject' } } },
      'export.manifest',
    ],
    [
      'its record, and the leaf with it',
      named({ ...honest, manifest: { ...manifest, time: '2025-06-01T00:00:00.000Z' } }),
      'export.proof.root',
    ],
    ['its index', { ...honest, index: 0 }, 'export.index'],
    [
      'a piece of evidence',
      { ...honest, blobs: { ...blobs, [digest]: utf8('other') } },
      'export.blobs',
    ],
    [
      'a piece taken away',
      { ...honest, blobs: { [digest]: blobs[digest] ?? utf8('') } },
      'export.blobs',
    ],
    [
      'a piece added',
      { ...honest, blobs: { ...blobs, [`sha256:${'0'.repeat(64)}`]: utf8('') } },
      'export.blobs',
    ],
  ];
  it.each(cases)('%s', async (_name, edited, at) => {
    const answer = await verified(exportOf(edited));
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject' });
    expect(`${(answer as { at?: unknown }).at}`).toContain(at);
  });

  it('two exports with each other’s proofs', async () => {
    const own = await recorded();
    await record(own);
    const [first, second] = await Promise.all(
      ['1', '2'].map(async (index) => {
        const path = freshPath('export');
        await audit(['audit', 'export', own, index, '--out', path]);
        return piecesOf(path);
      }),
    );
    if (!first || !second) throw new Error('want two');
    const by = await vkeyOf(own);
    expect(await verified(exportOf(first), by)).toMatchObject({ exit: 0 });
    for (const swapped of [
      { ...first, proof: second.proof },
      { ...first, proof: second.proof, index: second.index },
    ]) {
      expect(await verified(exportOf(swapped), by)).toMatchObject({
        exit: 1,
        verdict: 'reject',
        at: 'export.proof.root',
      });
    }
  });

  it('under another log’s key of the same name', async () => {
    const [one, other] = [freshPath(), freshPath()];
    for (const own of [one, other]) {
      await audit(['audit', 'init', own, '--origin', 'example.org/same']);
      await record(own);
    }
    const text = readFileSync(await exported(one), 'utf8');
    expect(await verified(text, await vkeyOf(one))).toMatchObject({ exit: 0 });
    expect(await verified(text, await vkeyOf(other))).toMatchObject({ exit: 1, verdict: 'reject' });
  });
});

/** Whoever has the log's keys can sign any leaf: the decision in it is made again, and tells. */
describe('an operator’s own ledger, properly signed, in which', () => {
  const { leaf, manifest } = honest;
  const result = manifest['result'] as Record<string, never>;
  const anchors = manifest['anchors'] as Record<string, never>;
  const [vendor] = AMD_ROOTS;
  const withResult = (more: Record<string, unknown>) =>
    named({
      ...honest,
      leaf: { ...leaf, ...more } as never,
      manifest: { ...manifest, result: { ...result, ...more } } as never,
    });
  /** Without the certificates that no anchor names any more. */
  const asVendors = (): Pieces => {
    const [snp] = (anchors as unknown as { snp: { certificate: string }[] }).snp;
    const { [snp?.certificate ?? '']: _gone, ...blobs } = honest.blobs;
    return named({
      ...honest,
      blobs,
      leaf: { ...leaf, anchors: 'vendor' },
      manifest: {
        ...manifest,
        anchors: { ...anchors, snp: [{ vendor: vendor?.name ?? '' }] },
        result: { ...result, anchors: 'vendor' },
      } as never,
    });
  };
  const cases: readonly (readonly [name: string, forged: Pieces, says: string])[] = [
    ['another verdict was recorded', withResult({ verdict: 'reject' }), 'verdict'],
    ['codes were left out or made up', withResult({ codes: ['snp.crl'] }), 'codes'],
    ['it was said to be a vendor’s', withResult({ anchors: 'vendor' }), 'anchors'],
    ['the machine’s own root goes by a vendor’s name', asVendors(), 'came out otherwise'],
    [
      'the leaf is better than its record',
      named({ ...honest, leaf: { ...leaf, authentic: false } }),
      'leaf.authentic',
    ],
    [
      'the leaf is about another machine than its record',
      named({ ...honest, leaf: { ...leaf, subject: `hmac-sha256:${'0'.repeat(64)}` } }),
      'leaf.subject',
    ],
    [
      'the record is about another machine than its evidence',
      named({ ...honest, manifest: { ...manifest, subject: [] } }),
      'subject',
    ],
    [
      'the decision was made at another time than its evidence held, and its leaf says so',
      named({
        ...honest,
        leaf: {
          ...leaf,
          time: '2026-09-01T00:00:00.000Z',
          at: (laterInput(manifest) as { at: { evidence: string } }).at.evidence,
        } as never,
        manifest: {
          ...manifest,
          time: '2026-09-01T00:00:00.000Z',
          input: laterInput(manifest),
        } as never,
      }),
      'came out otherwise',
    ],
    [
      'the decision was made at another time than its evidence held',
      named({
        ...honest,
        leaf: { ...leaf, time: '2026-09-01T00:00:00.000Z' },
        manifest: {
          ...manifest,
          time: '2026-09-01T00:00:00.000Z',
          input: laterInput(manifest),
        } as never,
      }),
      'leaf.at',
    ],
  ];
  it.each(cases)('%s', async (_name, forged, says) => {
    const own = await putDown(forged);
    expect((await audit(['audit', 'fsck', own])).out).toContain('example.org/forger, 1 leaf');
    const replay = await audit(['audit', 'replay', own]);
    expect(replay.exit).toBe(1);
    expect(replay.out).toContain(says);
    const answer = await verified(readFileSync(await exported(own), 'utf8'), await vkeyOf(own));
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', replay: { outcome: 'different' } });
  });
});

function laterInput(manifest: Pieces['manifest']) {
  const input = manifest['input'] as { at: Record<string, string> };
  const later = Object.keys(input.at).map((name) => [name, '2026-09-01T00:00:00.000Z']);
  return { ...input, at: Object.fromEntries(later) };
}

/** Whoever has the database can write any row, and a sum that goes with it. */
function rewrite(own: string, table: SummedTable, where: string, change: Record<string, unknown>) {
  const db = new DatabaseSync(join(own, 'ledger.sqlite'), { enableForeignKeyConstraints: false });
  const row = db.prepare(`SELECT * FROM ${table} WHERE ${where}`).get() as Record<string, never>;
  const next = { ...row, ...change } as Record<string, never>;
  const names = Object.keys(columnsOf(table).summed);
  const set = [...names, 'sum'].map((name) => `${name} = ?`).join(', ');
  const values = [...names.map((name) => next[name] ?? null), rowSum(table, next)];
  const { changes } = db
    .prepare(`UPDATE ${table} SET ${set} WHERE ${where}`)
    .run(...(values as never[]));
  db.close();
  if (changes !== 1) throw new Error('nothing was rewritten');
}

describe('a database that its operator rewrote, sums and all', () => {
  const edited = utf8(canonicalJson({ ...honest.leaf, verdict: 'reject' }));

  it('a leaf, and its hash', async () => {
    const own = await recorded();
    rewrite(own, 'leaves', 'idx = 1', {
      entry: edited,
      hash: leafHash(edited),
      id: honest.leaf['id'],
    });
    const fsck = await audit(['audit', 'fsck', own, '--json']);
    expect([fsck.exit, jsonOf(fsck)['clean']]).toEqual([1, false]);
    expect((await audit(['audit', 'replay', own])).exit).toBe(1);
    expect((await record(own)).exit).toBe(69);
    // A proof of it can be written, and proves nothing.
    const path = freshPath('proof');
    await audit(['audit', 'prove', own, '1', '--out', path]);
    const verify = ['audit', 'verify', path, '--log-key', await vkeyOf(own), '--entry', 'entry'];
    expect((await audit(verify, { files: { entry: edited } })).exit).not.toBe(0);
  });

  it('a leaf, and not its hash', async () => {
    const own = await recorded();
    rewrite(own, 'leaves', 'idx = 1', { entry: edited });
    const fsck = await audit(['audit', 'fsck', own]);
    expect(fsck.exit).toBe(1);
    expect(fsck.out).toContain('leaves[1]');
    const replay = await audit(['audit', 'replay', own]);
    expect(replay.exit).toBe(1);
    expect(replay.out).toContain('the leaf is not the one that was signed');
  });

  it('a piece of the archive, sealed anew', async () => {
    const own = await recorded();
    const archive = Buffer.from(readFileSync(join(own, 'keys/archive.key'), 'utf8'), 'base64');
    const sealer = await Sealer.open(new Uint8Array(archive));
    const input = honest.manifest['input'] as { bundle: string };
    const sealed = sealer.seal(input.bundle, utf8('another machine'));
    rewrite(own, 'blobs', `digest = '${input.bundle}'`, { sealed });
    const fsck = await audit(['audit', 'fsck', own]);
    expect(fsck.exit).toBe(1);
    expect(fsck.out).toContain(input.bundle);
    const replay = await audit(['audit', 'replay', own]);
    expect(replay.exit).toBe(2);
    expect(replay.out).toContain('not replayable');
    expect((await audit(['audit', 'export', own, '1'])).out).toBe('');
  });

  it('a record, taken away', async () => {
    const own = await recorded();
    const db = new DatabaseSync(join(own, 'ledger.sqlite'), { enableForeignKeyConstraints: false });
    db.exec('DELETE FROM uses; DELETE FROM records');
    db.close();
    const fsck = await audit(['audit', 'fsck', own, '--json']);
    expect(fsck.exit).toBe(1);
    expect(JSON.stringify(jsonOf(fsck)['findings'])).toContain('record');
  });

  it('a record, said to be forgotten, which its operator may do: with his words, and never as good', async () => {
    const own = await recorded();
    rewrite(own, 'records', 'idx = 1', { forgotten: 1, reason: 'it embarrassed us' });
    const replay = await audit(['audit', 'replay', own]);
    expect(replay.exit).toBe(2);
    expect(replay.out).toContain('what it saw was deleted (it embarrassed us)');
    expect((await audit(['audit', 'export', own, '1'])).exit).toBe(69);
  });
});

describe('watch', () => {
  const look = (place: string, by: string, state: string) =>
    audit(['audit', 'watch', place, '--log-key', by, '--state', state, '--once', '--json']);

  /** Files that are put beside a state: the two notes that don't go together. */
  const proofsOf = (state: string) =>
    readdirSync(dirname(state)).filter((name) => name.startsWith(`${basename(state)}.`));

  it('tells an old checkpoint that is served again from a log that stands still', async () => {
    const own = await recorded();
    const by = await vkeyOf(own);
    const [old, state] = [freshPath('old'), freshPath('state')];
    cpSync(join(own, 'published'), old, { recursive: true });
    const sights = [await look(old, by, state), await look(own, by, state)];
    await record(own);
    for (const place of [own, old, own]) sights.push(await look(place, by, state));
    const events = sights.map((ran) => [ran.exit, jsonOf(ran)['event']]);
    expect(events).toEqual([
      [0, 'first'],
      [0, 'same'],
      [0, 'grown'],
      [1, 'rollback'],
      [0, 'same'],
    ]);
    expect(proofsOf(state)).toHaveLength(2);
    const later = await audit(
      ['audit', 'watch', own, '--log-key', by, '--state', state, '--once', '--json'],
      { now: () => Date.UTC(2026, 5, 3) },
    );
    expect([later.exit, jsonOf(later)['event']]).toEqual([1, 'stall']);
  });

  it.each([
    ['of the same size', 1],
    ['of another size', 2],
  ])('tells a fork %s, and keeps both signed states', async (_name, more) => {
    const own = await recorded();
    const fork = freshPath('fork');
    cpSync(own, fork, { recursive: true });
    await record(own);
    for (let i = 0; i < more; i++) await record(fork);
    const by = await vkeyOf(own);
    const state = freshPath('state');
    expect((await look(own, by, state)).exit).toBe(0);
    const seen = await look(fork, by, state);
    expect([seen.exit, jsonOf(seen)['event']]).toEqual([1, 'fork']);
    const kept = proofsOf(state);
    const [proof, ...none] = kept.filter((name) => name.endsWith('.fork.json'));
    expect(none).toEqual([]);
    const bytes = new Uint8Array(readFileSync(join(dirname(state), proof ?? '')));
    expect(verifyForkProof(parseForkProof(bytes), [parseVerifierKey(by)])).toMatchObject({
      smaller: { size: 3n },
      larger: { size: BigInt(2 + more) },
    });
    const texts = kept
      .filter((name) => name !== proof)
      .map((name) => readFileSync(join(dirname(state), name), 'utf8'));
    expect(texts.sort()).toEqual(
      [own, fork].map((one) => readFileSync(join(one, 'published/checkpoint'), 'utf8')).sort(),
    );
  });

  it('believes no checkpoint but the key’s, and no tile but the signed ones', async () => {
    const own = await recorded();
    const by = await vkeyOf(own);
    const state = freshPath('state');
    const stranger = await look(own, key, state);
    expect([stranger.exit, jsonOf(stranger)['event']]).toEqual([1, 'invalid']);
    const tile = join(own, 'published/tile/0/000.p/2');
    writeFileSync(tile, readFileSync(tile).reverse());
    const bad = await look(own, by, state);
    expect([bad.exit, jsonOf(bad)['event']]).toEqual([1, 'invalid']);
    rmSync(tile);
    const gone = await look(own, by, state);
    expect([gone.exit, jsonOf(gone)['event']]).toEqual([69, 'unreachable']);
  });

  it('of a fork ends without --once too', async () => {
    const [own, fork, state] = [await recorded(), freshPath('fork'), freshPath('state')];
    cpSync(own, fork, { recursive: true });
    await record(own);
    await record(fork);
    const by = await vkeyOf(own);
    await look(own, by, state);
    const { exit } = await audit(['audit', 'watch', fork, '--log-key', by, '--state', state]);
    expect(exit).toBe(1);
  });
});

it('a folder that says it is another log is not written', async () => {
  const own = await recorded();
  const config = join(own, 'ledger.json');
  writeFileSync(config, readFileSync(config, 'utf8').replace('postern.local', 'example.org'));
  for (const argv of [
    ['list', own],
    ['publish', own],
    ['fsck', own],
    ['policy', own, 'activated', 'policy.yaml'],
  ])
    expect((await audit(['audit', ...argv])).exit).toBe(1);
});

it('a ledger whose published files were lost and whose database is new never signs', async () => {
  const own = await recorded();
  const other = freshPath();
  await audit(['audit', 'init', other, '--origin', (await infoOf(own)).origin]);
  rmSync(join(own, 'published'), { recursive: true });
  for (const end of ['', '-wal', '-shm']) rmSync(join(own, `ledger.sqlite${end}`), { force: true });
  expect((await record(own)).exit).toBe(69);
  renameSync(join(other, 'ledger.sqlite'), join(own, 'ledger.sqlite'));
  expect((await record(own)).exit).toBe(69);
});
