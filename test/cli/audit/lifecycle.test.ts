import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseTlogProof } from '../../../src/ledger/proof/tlog-proof.ts';
import { jsonOf, UNSAFE } from '../fake-io.ts';
import {
  audit,
  decisionOf,
  exported,
  freshPath,
  infoOf,
  leavesOf,
  record,
  recorded,
  vkeyOf,
} from './ledgers.ts';

const dir = await recorded();
const key = await vkeyOf(dir);
const { index, leaf } = await decisionOf(dir);
const file = await exported(dir);

it('a first --record makes the ledger and hands out the short key alone', async () => {
  const fresh = freshPath();
  const { exit, out, err } = await record(fresh);
  const { origin, size } = await infoOf(fresh);
  expect(exit).toBe(0);
  expect(err).toContain(`no ledger in ${fresh}: made a NEW one there, ${origin};`);
  expect(err.split('\n')[1]).toBe(await vkeyOf(fresh));
  expect(Math.max(...err.split('\n').map((line) => line.length))).toBeLessThan(300);
  expect(out).toMatch(/note {2}recorded as decision [0-9a-f]{32}, leaf 1 of postern\.local\//);
  expect(size).toBe(2);
  // Of a ledger that is there nothing is said.
  expect((await record(fresh)).err).toBe('');
});

it('says in JSON where the decision stands', async () => {
  const ran = await record(freshPath(), ['--json']);
  expect(jsonOf(ran)).toMatchObject({
    verdict: 'accept',
    recorded: { index: 1, size: 2, id: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
});

it('info tells name, size, root, files and both keys', async () => {
  const { out, exit } = await audit(['audit', 'info', dir]);
  const info = await infoOf(dir);
  expect(exit).toBe(0);
  expect(info).toMatchObject({ size: 2, database: 'sqlite', published: `${dir}/published` });
  expect(info.keys.map(({ type }) => type)).toEqual(['Ed25519', 'ML-DSA-44']);
  for (const text of [info.origin, info.root, ...info.keys.map((one) => one.key)])
    expect(out).toContain(text);
  expect(out).not.toContain('restored');
});

it('list has the leaves, in JSON as they are in the log', async () => {
  const { out } = await audit(['audit', 'list', dir]);
  expect(out).toContain(`2026-06-01T00:00:00.000Z  ${leaf.id}  decision           accept`);
  expect(out).toContain(': 2 leaves\n');
  expect(leaf).toMatchObject({ time: '2026-06-01T00:00:00.000Z', verdict: 'accept', codes: [] });
  expect((await leavesOf(dir)).map((one) => one.leaf.type)).toEqual([
    'endorsements.seen',
    'decision',
  ]);
  expect((await audit(['audit', 'list', dir, '--count', '1'])).out).not.toContain('endorsements');
  expect((await audit(['audit', 'list', dir, '--from', '9'])).out.split('\n')).toHaveLength(2);
});

it.each([
  ['index', `${index}`],
  ['id', leaf.id],
])('prove by %s makes a proof that verify takes with the leaf’s bytes', async (_by, name) => {
  const proof = freshPath('proof');
  expect((await audit(['audit', 'prove', dir, name, '--out', proof])).exit).toBe(0);
  const answer = jsonOf(await audit(['audit', 'prove', dir, name, '--json']));
  expect(answer['proof']).toBe(readFileSync(proof, 'utf8'));
  expect(parseTlogProof(new Uint8Array(readFileSync(proof))).index).toBe(BigInt(index));
  const entry = freshPath('entry');
  writeFileSync(entry, Buffer.from(`${answer['entry']}`, 'base64'));
  const verify = ['audit', 'verify', proof, '--log-key', key];
  const good = await audit([...verify, '--entry', entry, '--json']);
  expect([good.exit, jsonOf(good)]).toMatchObject([0, { verdict: 'accept', index, witnesses: [] }]);

  writeFileSync(entry, 'another');
  const bad = await audit([...verify, '--entry', entry, '--json']);
  expect([bad.exit, jsonOf(bad)]).toMatchObject([1, { verdict: 'reject', at: 'proof.root' }]);
  expect((await audit(verify)).exit).toBe(64);
});

it('prove writes its JSON where it is wanted as well', async () => {
  const path = freshPath('proof.json');
  const argv = ['audit', 'prove', dir, '0', '--json'];
  expect(await audit([...argv, '--out', path])).toEqual({ exit: 0, out: '', err: '' });
  expect(readFileSync(path, 'utf8')).toBe((await audit(argv)).out);
  const { exit, err } = await audit([...argv, '--out', dir]);
  expect([exit, err]).toEqual([69, `postern: ${dir}: can’t be written (EISDIR)\n`]);
});

it('verify of an export proves it, makes it again, and says whose roots it rests on', async () => {
  const plain = await audit(['audit', 'verify', file, '--log-key', key]);
  expect(plain.exit).toBe(0);
  expect(plain.out).toContain('made again, and the same');
  expect(plain.out).toContain('the decision was ACCEPT\nMade under a simulator root');
  expect(plain.out).not.toMatch(UNSAFE);
  expect(plain.err).toContain('no witness');
  const keyFile = freshPath('vkey');
  writeFileSync(keyFile, `${key}\n`);
  const json = await audit(['audit', 'verify', file, '--log-key', keyFile, '--json']);
  expect(jsonOf(json)).toMatchObject({
    verdict: 'accept',
    decision: { id: leaf.id, verdict: 'accept', time: '2026-06-01T00:00:00.000Z' },
    replay: { outcome: 'same', anchors: 'simulator' },
    log: { size: 2 },
  });
});

it('the ML-DSA-44 key verifies as well', async () => {
  const [, second] = (await infoOf(dir)).keys;
  const { exit } = await audit(['audit', 'verify', file, '--log-key', second?.key ?? '']);
  expect(exit).toBe(0);
});

it('replay and fsck find all in order, and say of what', async () => {
  const { origin, root } = await infoOf(dir);
  expect((await audit(['audit', 'replay', dir])).out).toBe(
    `1 decision: 1 the same, 0 different, 0 not replayable\nunder ${origin}, 2 leaves, root ${root}, by own keys\n1 under roots that are no vendor’s: nobody but who named these roots vouches for them\n`,
  );
  const named = jsonOf(await audit(['audit', 'replay', dir, leaf.id, `${index}`, '--json']));
  expect(named).toMatchObject({ replayed: 2, same: 2, different: 0, notReplayable: 0 });
  const own = await audit(['audit', 'fsck', dir]);
  expect([own.exit, own.out]).toEqual([0, `✓ ${origin}, 2 leaves: nothing is wrong\n`]);
  const other = await audit(['audit', 'fsck', `${dir}/published`, '--log-key', key, '--json']);
  expect(jsonOf(other)).toEqual({
    clean: true,
    heldAgainst: 'named keys',
    origin,
    size: 2,
    findings: [],
  });
});

it('list says whose roots, and info when it was signed and by whom', async () => {
  const { out } = await audit(['audit', 'list', dir]);
  expect(out).toContain('accept, simulator anchors');
  expect(out).not.toContain('forgotten');
  expect(await infoOf(dir)).toMatchObject({
    publishedSize: 2,
    signedAt: '2026-06-01T00:00:00.000Z',
    witnesses: [],
    forgotten: 0,
  });
  const info = await audit(['audit', 'info', dir]);
  for (const part of [
    `${dir}/published: the last state\n`,
    'signed     2026-06-01T00:00:00.000Z\n',
    'witnesses  none has cosigned the last state\n',
    'forgotten  0 records\n',
  ])
    expect(info.out).toContain(part);
});

it('info of a log whose published files are gone, or behind, says that', async () => {
  const own = await recorded();
  const before = readFileSync(`${own}/published/checkpoint`);
  expect((await record(own)).exit).toBe(0);
  writeFileSync(`${own}/published/checkpoint`, before);
  expect((await audit(['audit', 'info', own])).out).toContain('2 leaves, not the last state');
  rmSync(`${own}/published`, { recursive: true });
  expect((await audit(['audit', 'info', own])).out).toContain('/published: nothing yet');
  expect(await infoOf(own)).toMatchObject({ publishedSize: null });
});

it('forget takes what was seen, leaves the proof, and is honest about it ever after', async () => {
  const old = await recorded();
  const id = (await decisionOf(old)).leaf.id;
  const later = { now: () => Date.UTC(2026, 8, 1) };
  const forget = ['audit', 'forget', old, '--older-than', '30d'];
  const dry = await audit([...forget, '--dry-run'], later);
  expect(dry.out).toBe('1 decision from before 2026-08-02T00:00:00.000Z would be forgotten\n');
  expect((await audit(forget, later)).exit).toBe(64);
  const done = await audit([...forget, '--reason', 'retention of 30 days', '--json'], later);
  expect(jsonOf(done)).toMatchObject({ records: 1, dryRun: false });
  expect(Number(jsonOf(done)['blobs'])).toBeGreaterThan(0);

  const replay = await audit(['audit', 'replay', old]);
  expect(replay.exit).toBe(2);
  expect(replay.out).toContain('not replayable: what it saw was deleted (retention of 30 days)');
  expect((await audit(['audit', 'list', old])).out).toContain('; forgotten: retention of 30 days');
  const [decision] = (await leavesOf(old)).filter(({ leaf }) => leaf.type === 'decision');
  expect(decision?.forgotten).toEqual({
    at: '2026-09-01T00:00:00.000Z',
    reason: 'retention of 30 days',
  });
  expect(await infoOf(old)).toMatchObject({ forgotten: 1 });
  const gone = await audit(['audit', 'export', old, id]);
  expect([gone.exit, gone.out]).toEqual([69, '']);
  expect(gone.err).toContain('what it saw was deleted at 2026-09-01T00:00:00.000Z');
  expect((await audit(['audit', 'prove', old, id])).exit).toBe(0);
  expect((await audit(['audit', 'fsck', old])).exit).toBe(0);
  expect(jsonOf(await audit([...forget, '--dry-run', '--json'], later))).toMatchObject({
    records: 0,
  });
});

it('publish mends the published files, and names what it wrote', async () => {
  const own = await recorded();
  const tile = `${own}/published/tile/0/000.p/2`;
  const want = readFileSync(tile);
  writeFileSync(tile, 'damaged');
  const fsck = await audit(['audit', 'fsck', own, '--json']);
  expect(fsck.exit).toBe(1);
  expect(jsonOf(fsck)['findings']).toEqual([{ at: tile, problem: 'is not what the database has' }]);
  const mended = await audit(['audit', 'publish', own, '--json']);
  expect(jsonOf(mended)).toMatchObject({ size: 2, cosignatures: 0, written: ['tile/0/000.p/2'] });
  expect(readFileSync(tile)).toEqual(want);
  expect((await audit(['audit', 'fsck', own])).exit).toBe(0);
});
