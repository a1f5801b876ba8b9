import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERB_NAMES } from '../../../src/cli/verbs.ts';
import { jsonOf, UNSAFE } from '../fake-io.ts';
import { audit, exported, freshPath, infoOf, recorded, vkeyOf } from './ledgers.ts';

const dir = await recorded();
const key = await vkeyOf(dir);
const file = await exported(dir);
const state = freshPath('state');
const folder = freshPath('folder');
mkdirSync(folder);
const plain = freshPath('plain');
writeFileSync(plain, 'no ledger\n');
const none = freshPath('none');

/** What a verb needs besides its ledger. */
const REST: Readonly<Record<string, readonly string[]>> = {
  'audit info': [],
  'audit list': [],
  'audit prove': ['0'],
  'audit replay': [],
  'audit export': ['1'],
  'audit fsck': [],
  'audit publish': [],
  'audit policy': ['activated', 'policy.yaml'],
  'audit forget': ['--older-than', '1d', '--reason', 'because it is old'],
  'audit backup': [join(folder, 'backup')],
  'audit resume': ['--nothing-published', 'nothing ever was'],
};
const OTHERS = ['init', 'verify', 'restore', 'serve', 'watch', 'witness'].map(
  (one) => `audit ${one}`,
);

it('the table has every verb that opens a ledger', () => {
  const names = VERB_NAMES.filter((name) => name.startsWith('audit '));
  expect([...Object.keys(REST), ...OTHERS].sort()).toEqual([...names].sort());
});

describe.each(Object.entries(REST))('%s of what is no ledger', (name, rest) => {
  const run = (place: string, ...more: string[]) =>
    audit([...name.split(' '), place, ...rest, ...more]);

  it.each([
    ['nothing at all', none],
    ['a folder of something else', folder],
    ['a file', plain],
  ])('%s', async (_what, place) => {
    const { exit, out, err } = await run(place);
    expect(exit).toBe(69);
    expect(out).toBe('');
    expect(err).not.toMatch(/internal|bug of ours/);
    expect(err.split('\n')).toHaveLength(2);
    const json = await run(place, '--json');
    expect([json.exit, Object.keys(jsonOf(json))]).toEqual([exit, ['error']]);
  });
});

describe('a folder with one thing wrong', () => {
  it.each([
    ['ledger.json', '{"v":1}', 1],
    ['ledger.json', '{"v":2,"origin":"a","database":"sqlite"}', 1],
    ['ledger.json', '{"v":1,"origin":"a","database":"sqlite"}', 1],
    ['ledger.json', '{"v":1,"origin":"a","database":"oracle"}', 1],
    ['keys/log.key', 'PRIVATE+KEY+nonsense', 1],
    ['keys/log-ml-dsa-44.key', '', 1],
    ['keys/archive.key', '?', 1],
    ['ledger.sqlite', 'this is no database at all, but it is long enough to look'.repeat(99), 1],
  ])('%s as %.30j is named', async (name, text, exit) => {
    const own = await recorded();
    for (const end of ['-wal', '-shm']) rmSync(join(own, `ledger.sqlite${end}`), { force: true });
    writeFileSync(join(own, name), text);
    const ran = await audit(['audit', 'list', own]);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(own);
    expect(ran.err).not.toMatch(UNSAFE);
  });

  it('keys of another log are no keys of this', async () => {
    const [own, other] = [await recorded(), await recorded()];
    rmSync(join(own, 'keys'), { recursive: true });
    cpSync(join(other, 'keys'), join(own, 'keys'), { recursive: true });
    const { exit, err } = await audit(['audit', 'list', own]);
    expect(exit).toBe(1);
    expect(err).toContain('its keys are named');
  });

  it('a ledger in PostgreSQL without its address', async () => {
    const own = await recorded();
    writeFileSync(join(own, 'ledger.json'), configOf(own).replace('sqlite', 'postgres'));
    const unset = await audit(['audit', 'list', own]);
    expect([unset.exit, unset.err]).toMatchObject([
      64,
      expect.stringContaining('set DATABASE_URL'),
    ]);
    const env = (name: string) =>
      name === 'DATABASE_URL' ? 'postgres://me:secret@127.0.0.1:1/db' : undefined;
    const down = await audit(['audit', 'list', own], { env });
    expect(down.exit).toBe(69);
    expect(down.err).toContain('127.0.0.1:1/db');
    expect(down.err).not.toContain('secret');
  });
});

describe('init', () => {
  it.each([
    [['--origin', 'two words'], 64, '--origin'],
    [['--origin', 'a+b'], 64, '--origin'],
    [['--origin', 'https://example.org/log'], 64, 'no scheme: want example.org/log, got https:'],
    [['--origin', 'https://'], 64, 'no scheme: want example.org/log'],
    [['--origin', `${'x'.repeat(256)}`], 64, 'at most 255 bytes'],
    [[], 64, '--origin is missing'],
  ])('%.40j makes nothing', async (argv, exit, says) => {
    const path = freshPath();
    const ran = await audit(['audit', 'init', path, ...argv]);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(says);
    expect((await audit(['audit', 'info', path])).err).toContain('is not there');
  });

  it('makes none where one is, where something else is, or where nobody can', async () => {
    for (const [path, exit] of [
      [dir, 64],
      [plain, 69],
      [join(plain, 'below'), 69],
    ] as const) {
      expect((await audit(['audit', 'init', path, '--origin', 'example.org/x'])).exit).toBe(exit);
    }
    const own = freshPath();
    mkdirSync(own);
    writeFileSync(join(own, 'mine'), '');
    expect((await audit(['audit', 'init', own, '--origin', 'example.org/x'])).exit).toBe(64);
  });

  it('leaves nothing behind where the database can’t be had', async () => {
    const path = freshPath();
    const argv = ['audit', 'init', path, '--origin', 'example.org/x'];
    const env = (name: string) =>
      name === 'DATABASE_URL' ? 'postgres://127.0.0.1:1/db' : undefined;
    expect((await audit(argv, { env })).exit).toBe(69);
    expect((await audit(argv)).exit).toBe(0);
  });
});

describe('the wrong leaf', () => {
  it.each([
    [['export', dir, '0'], 64, 'leaf 0 is no decision, but endorsements.seen'],
    [['replay', dir, '0'], 64, 'leaf 0 is no decision, but endorsements.seen'],
    [['replay', dir, '1', '--from', '0'], 64, 'want either decisions by name'],
    [['replay', dir, '--from', '2', '--to', '1'], 64, 'is not before'],
    [['replay', dir, '--from', '3'], 64, 'there are only 2 leaves'],
    [['prove', dir, '2'], 69, 'leaf 2: is not in this ledger'],
    [['prove', dir, '-'], 64, 'want the id of a leaf or its index'],
    [['prove', dir, '99999999999999999999'], 64, 'want the id of a leaf or its index'],
    [['prove', dir, '0'.repeat(32)], 69, 'no leaf of this ledger has this id'],
    [['list', dir, '--count', 'x'], 64, '--count'],
    [['forget', dir, '--older-than', '1y', '--reason', 'because it is old'], 64, '--older-than'],
    [['forget', dir, '--older-than', '1d'], 64, '--reason is missing'],
  ])('%j', async (argv, exit, says) => {
    const ran = await audit(['audit', ...argv]);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(says);
  });

  it('a range without a decision says so', async () => {
    const { exit, err } = await audit(['audit', 'replay', dir, '--to', '1']);
    // Nothing was shown to be wrong, and nothing to be right.
    expect([exit, err]).toEqual([
      2,
      expect.stringContaining('there was no decision to make again\n'),
    ]);
    const json = await audit(['audit', 'replay', dir, '--to', '1', '--json']);
    expect([json.exit, jsonOf(json)]).toMatchObject([2, { replayed: 0, decisions: [] }]);
  });
});

describe('verify, watch and fsck of a published log', () => {
  it.each([
    [['verify', file], 64, 'must come from elsewhere'],
    [['verify', file, '--log-key', 'a+b+c'], 64, '--log-key'],
    [['verify', file, '--log-key', none], 69, none],
    [['verify', file, '--log-key', 'foo'], 69, '<name>+<8 hex digits>+<base64>'],
    [['verify', file, '--log-key', 'foo+bar'], 64, '<name>+<8 hex digits>+<base64>'],
    [['verify', file, '--log-key', plain], 64, '<name>+<8 hex digits>+<base64>'],
    [['verify', none, '--log-key', key], 69, none],
    [['verify', file, '--log-key', key, '--entry', plain], 64, 'an export has its leaf'],
    [['verify', file, '--log-key', key, '--tlog-policy', plain], 64, 'want either'],
    [['verify', file, '--tlog-policy', plain], 64, '--tlog-policy'],
    [['fsck', folder, '--log-key', key], 69, 'checkpoint'],
    [['fsck', 'http://example.org/log', '--log-key', key], 64, 'plain http'],
    [['watch', folder, '--log-key', key], 64, '--state is missing'],
    [['watch', folder, '--log-key', key, '--state', plain, '--once'], 64, '--state'],
    [['watch', folder, '--log-key', key, '--state', folder, '--once'], 69, folder],
    [['watch', folder, '--log-key', key, '--state', state, '--interval', '0s'], 64, '--interval'],
    [['watch', folder, '--log-key', key, '--state', state, '--interval', '99d'], 64, 'at most 20d'],
    [['watch', folder, '--log-key', key, '--state', state, '--stall', '1y'], 64, '--stall'],
    [['watch', dir, '--log-key', key, '--state', join(plain, 'x'), '--once'], 69, plain],
    [['serve', folder, '--listen', '127.0.0.1:0'], 69, 'is no published log'],
    [['serve', dir], 64, '--listen is missing'],
    [['serve', dir, '--listen', 'here'], 64, '--listen: want host:port'],
    [['serve', dir, '--listen', '127.0.0.1:99999'], 64, '--listen: want host:port'],
    [['serve', dir, '--listen', '192.0.2.1:0'], 69, 'can’t be listened on'],
    [['witness', none, '--log-key', key], 64, '--listen is missing'],
    [['witness', none, '--listen', '127.0.0.1:0'], 64, 'must come from elsewhere'],
    [
      ['witness', freshPath(), '--log-key', key, '--listen', '127.0.0.1:0'],
      64,
      '--name is missing',
    ],
    [['witness', plain, '--log-key', key, '--listen', '127.0.0.1:0', '--name', 'a'], 69, plain],
    [['publish', dir, '--tlog-policy', plain], 64, '--tlog-policy'],
  ])('%j', async (argv, exit, says) => {
    const ran = await audit(['audit', ...argv]);
    expect(ran.exit).toBe(exit);
    expect(ran.out).toBe('');
    expect(ran.err).toContain(says);
    expect(ran.err).not.toMatch(/internal|bug of ours/);
  });
});

function configOf(own: string): string {
  return readFileSync(join(own, 'ledger.json'), 'utf8');
}

describe('verify of what is neither proof nor export', () => {
  it.each([
    ['a line of text', plain, 'is nothing that is verified here'],
    ['a checkpoint', join(dir, 'published/checkpoint'), 'is a checkpoint by itself'],
    ['a tile', join(dir, 'published/tile/0/000.p/2'), 'is nothing that is verified here'],
  ])('%s says what is wanted', async (_what, path, says) => {
    const ran = await audit(['audit', 'verify', path, '--log-key', key]);
    expect(ran.exit).toBe(1);
    for (const part of [path, says, 'c2sp.org/tlog-proof@v1', 'export of a decision'])
      expect(ran.out).toContain(part);
  });
});

describe('a folder and the key that is named for it', () => {
  it('are held against each other by replay and fsck, or it is said that they were not', async () => {
    const other = await vkeyOf(await recorded());
    const { root, size, origin } = await infoOf(dir);
    for (const verb of ['replay', 'fsck']) {
      const run = (...more: string[]) => audit(['audit', verb, dir, ...more]);
      const own = await run();
      expect([own.exit, own.err]).toEqual([0, expect.stringContaining('no --log-key')]);
      const named = await run('--log-key', key);
      expect([named.exit, named.err]).toEqual([0, '']);
      const wrong = await run('--log-key', other, '--json');
      expect([verb, wrong.exit]).toEqual([verb, 1]);
      expect(wrong.out).toContain('none is of a known key');
    }
    const replayed = await audit(['audit', 'replay', dir, '--log-key', key]);
    expect(replayed.out).toContain(
      `under ${origin}, ${size} leaves, root ${root}, by named keys\n`,
    );
    const log = { origin, size, root };
    expect(jsonOf(await audit(['audit', 'replay', dir, '--json']))).toMatchObject({
      log: { ...log, heldAgainst: 'own keys' },
    });
    expect(jsonOf(await audit(['audit', 'fsck', dir, '--json', '--log-key', key]))).toMatchObject({
      clean: true,
      heldAgainst: 'named keys',
    });
  });
});
