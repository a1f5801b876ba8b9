import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { alice, bob, envelopeOf, written } from '../../support/signed-policy.ts';
import { bundleFilesOf, honestSmall, VERIFY_BUNDLE } from '../bundle-files.ts';
import { type Files, jsonOf, postern } from '../fake-io.ts';
import {
  audit,
  exported,
  freshPath,
  leavesOf,
  POLICY,
  record,
  recorded,
  vkeyOf,
} from './ledgers.ts';

const EAR = ['--ear-key', 'ear.key', '--ear-issuer', 'https://a.example', '--ear-audience', 'b'];
const BY_POLICY = ['--policy', 'policy.yaml', '--nonce', toHex(honestSmall.plan.nonce)];

/** With a token, at a path of its own. */
async function decided(dir: string) {
  const token = freshPath('token');
  return { token, ...(await record(dir, [...BY_POLICY, '--ear', token, ...EAR])) };
}

describe('a decision with a token', () => {
  it('has one id in leaf and token, and the token’s digest in the leaf', async () => {
    const dir = freshPath();
    const { exit, token } = await decided(dir);
    const [leaf] = (await leavesOf(dir)).flatMap((one) =>
      one.leaf.type === 'decision' ? [one.leaf] : [],
    );
    expect(exit).toBe(0);
    const bytes = new Uint8Array(readFileSync(token));
    expect(decodeJwt(readFileSync(token, 'utf8'))['jti']).toBe(leaf?.id);
    expect(leaf?.['ear']).toBe(`sha256:${toHex(sha256(bytes))}`);
    expect((await audit(['audit', 'replay', dir])).exit).toBe(0);
  });
});

it('a signed policy is recorded with keyring and revision before, and asked about again', async () => {
  const dir = freshPath();
  const canonical = readPolicy(utf8(POLICY)).canonical;
  const files: Files = {
    'signed.dsse': written(envelopeOf(canonical, [alice, bob])),
    'alice.pem': alice.publicPem,
    'bob.pem': bob.publicPem,
  };
  const keys = ['--public-key', 'alice.pem', '--public-key', 'bob.pem'];
  const nonce = ['--nonce', toHex(honestSmall.plan.nonce)];
  const by = ['--policy', 'signed.dsse', ...keys, '--policy-previous', 'signed.dsse', ...nonce];
  expect((await record(dir, by, { files })).exit).toBe(0);
  const file = JSON.parse(readFileSync(await exported(dir), 'utf8'));
  const manifest = JSON.parse(Buffer.from(file.manifest, 'base64').toString());
  const [pems, envelope] = [manifest.policy.trust.keyring.keys, manifest.policy.trust.previous];
  const blob = (digest: string) => Buffer.from(file.blobs[digest], 'base64').toString();
  expect(manifest.v).toBe(2);
  expect(pems.map(blob)).toEqual([alice.publicPem, bob.publicPem]);
  expect([manifest.policy.trust.keyring.threshold, blob(envelope)]).toEqual([
    2,
    new TextDecoder().decode(files['signed.dsse'] as Uint8Array),
  ]);
  const { exit, out } = await audit(['audit', 'replay', dir, '--json']);
  expect([exit, JSON.parse(out)]).toMatchObject([0, { same: 1, decisions: [] }]);
});

describe('policy and endorsements', () => {
  it('are announced once, before the first decision that met them', async () => {
    const dir = freshPath();
    for (let i = 0; i < 3; i++) await record(dir, BY_POLICY);
    const types = (await leavesOf(dir)).map(({ leaf }) => leaf.type);
    expect(types.filter((type) => type !== 'decision').sort()).toEqual([
      'endorsements.seen',
      'policy.published',
    ]);
    expect(types.indexOf('decision')).toBe(2);
    expect(types).toHaveLength(5);
  });
});

it('a machine that is rejected is recorded as such, and exits as it would without', async () => {
  const dir = freshPath();
  const borrowed: Files = bundleFilesOf(await simulateBundle({ fault: 'devices_left_out' }));
  const plain = await postern(VERIFY_BUNDLE, borrowed);
  const { exit, out } = await record(dir, [], { files: borrowed });
  expect([exit, plain.exit]).toEqual([1, 1]);
  expect(out).toContain('note  recorded as decision');
  const [leaf] = (await leavesOf(dir)).flatMap((one) =>
    one.leaf.type === 'decision' ? [one.leaf] : [],
  );
  expect(leaf?.['verdict']).toBe('reject');
  expect((await audit(['audit', 'replay', dir])).exit).toBe(0);
});

it('a ledger that was made for it is said to be new, where it is, and by which key, everywhere', async () => {
  const dir = freshPath();
  const first = await record(dir, ['--json']);
  const key = await vkeyOf(dir);
  expect(jsonOf(first)['recorded']).toMatchObject({ made: { dir, key } });
  expect(first.err).toContain(`there was no ledger in ${dir}: made a NEW one there`);
  expect(first.err).toContain(key);
  expect(jsonOf(await record(dir, ['--json']))['recorded']).not.toHaveProperty('made');
  const other = freshPath();
  expect((await record(other)).out).toContain(`a NEW ledger that was made in ${other}`);
});

describe('what can’t be recorded is not said', () => {
  const cases: readonly (readonly [name: string, damage: (dir: string) => void, says: string])[] = [
    ['a database that takes no leaf', refuseLeaves, 'nothing was recorded'],
    ['no database', (dir) => removeDatabase(dir), 'postern audit restore'],
    ['an empty file for a database', emptied, 'it was emptied, or is another'],
    ['a database cut short', truncated, 'nothing was recorded'],
    ['a folder for a database', asFolder, 'nothing was recorded'],
    ['no archive key', (dir) => rmSync(join(dir, 'keys/archive.key')), 'keys/archive.key'],
    ['no log key', (dir) => rmSync(join(dir, 'keys/log.key')), 'keys/log.key'],
    ['an archive key that is none', (dir) => put(dir, 'keys/archive.key', 'AAAA'), 'want 32 bytes'],
    ['another archive key', (dir) => put(dir, 'keys/archive.key', ANOTHER), 'nothing was recorded'],
    ['a ledger.json of another origin', forged, 'its keys are named postern.local/'],
    ['a ledger.json that is none', (dir) => put(dir, 'ledger.json', '{'), 'ledger.json'],
    ['a published state that the database lacks', behind, 'this is an older copy'],
  ];

  it.each(cases)('%s', async (_name, damage, says) => {
    const dir = await recorded();
    damage(dir);
    const { exit, out, err, token } = await decided(dir);
    expect([exit, out]).toEqual([69, '']);
    expect(err).toContain(says);
    expect(err).not.toMatch(/internal|bug of ours/);
    expect(existsSync(token)).toBe(false);
    const json = await record(dir, ['--json']);
    expect([json.exit, jsonOf(json)]).toMatchObject([69, { error: { code: 'unreachable' } }]);
  });

  it('a folder of something else is left alone', async () => {
    const dir = freshPath();
    mkdirSync(dir);
    put(dir, 'mine.txt', 'mine');
    const { exit, out, err } = await record(dir);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain('there is something, and it is no ledger');
    expect(existsSync(join(dir, 'keys'))).toBe(false);
  });

  it('a file in place of the folder', async () => {
    const dir = freshPath();
    writeFileSync(dir, 'mine');
    const { exit, out, err } = await record(dir);
    expect([exit, out]).toEqual([69, '']);
    expect(err).toContain('can’t be made (EEXIST)');
  });
});

describe('several at once', () => {
  it('into one ledger are all recorded, one after the other', async () => {
    const dir = await recorded();
    const rans = await Promise.all([record(dir), record(dir), record(dir)]);
    expect(rans.map(({ exit, err }) => [exit, err])).toEqual(Array(3).fill([0, '']));
    const leaves = await leavesOf(dir);
    expect(leaves.map(({ leaf }) => leaf.type)).toEqual([
      'endorsements.seen',
      ...Array(4).fill('decision'),
    ]);
    expect((await audit(['audit', 'fsck', dir])).exit).toBe(0);
  });

  it('that would both make it end in one ledger', async () => {
    const dir = freshPath();
    const rans = await Promise.all([record(dir), record(dir)]);
    const good = rans.filter(({ exit }) => exit === 0);
    expect(good.length).toBeGreaterThan(0);
    for (const { exit, out } of rans.filter((one) => one.exit !== 0)) {
      expect([64, 69]).toContain(exit);
      expect(out).toBe('');
    }
    const leaves = await leavesOf(dir);
    expect(leaves.filter(({ leaf }) => leaf.type === 'decision')).toHaveLength(good.length);
    expect((await audit(['audit', 'fsck', dir])).exit).toBe(0);
  });
});

const ANOTHER = `${Buffer.alloc(32, 1).toString('base64')}\n`;

function put(dir: string, name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

function removeDatabase(dir: string): string {
  const path = join(dir, 'ledger.sqlite');
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  return path;
}

function emptied(dir: string): void {
  // Nothing published to hold it against either: still it must not begin anew.
  rmSync(join(dir, 'published'), { recursive: true });
  writeFileSync(removeDatabase(dir), '');
}

function truncated(dir: string): void {
  const path = join(dir, 'ledger.sqlite');
  writeFileSync(path, readFileSync(path).subarray(0, 10_000));
}

function asFolder(dir: string): void {
  mkdirSync(removeDatabase(dir));
}

/** As a full disk would, once all was verified and the batch is written. */
function refuseLeaves(dir: string): void {
  const db = new DatabaseSync(join(dir, 'ledger.sqlite'));
  db.exec(
    "CREATE TRIGGER no BEFORE INSERT ON leaves BEGIN SELECT RAISE(ABORT, 'no more room'); END",
  );
  db.close();
}

function forged(dir: string): void {
  put(
    dir,
    'ledger.json',
    JSON.stringify({ v: 1, origin: 'example.org/other', database: 'sqlite' }),
  );
}

/** What is published is of the ledger as it went on; the database is from before. */
function behind(dir: string): void {
  const db = new DatabaseSync(join(dir, 'ledger.sqlite'));
  db.exec(`PRAGMA foreign_keys = off; DELETE FROM leaves;
    DELETE FROM checkpoints WHERE size = 2; DELETE FROM records`);
  db.close();
}
