import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AskingProcess } from '../../../src/cli/ssh/asking-process.ts';
import { knownHostsVerbOf } from '../../../src/cli/ssh/known-hosts-verb.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { NODE } from '../../support/client/bed.ts';
import { loading } from '../../support/loaded-modules.ts';
import { hostKey } from '../../support/ssh/host-key.ts';
import { type VerbBed, verbBed } from '../../support/ssh/verb-bed.ts';

const LONG = 120_000;
/** What a verification needs, and an answer does not. */
const HEAVY = /node_modules|open-machines|verifier|gateway/;

let world: VerbBed;
let cache: string;
const dir = mkdtempSync(join(tmpdir(), 'postern-known-'));
beforeAll(async () => {
  world = await verbBed(hostKey());
}, LONG);
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let count = 0;
beforeEach(() => {
  cache = join(dir, `cache-${++count}`);
  world.bed.gateway.answering = (_asked, honest) => honest();
});

const one: AskingProcess = { pid: 1000, start: '1' };
const ask = (
  kind: string,
  {
    by = one,
    host = NODE,
    key = ['NONE', 'NONE'],
    more = [],
  }: {
    by?: AskingProcess | null;
    host?: string;
    key?: readonly [string, string];
    more?: readonly string[];
  } = {},
) =>
  world.run(
    knownHostsVerbOf(async () => by ?? undefined),
    [...[...world.flags, '--cache', cache, ...more], ...[kind, host, ...key, 'NONE']],
  );
const verifications = () =>
  world.bed.gateway.paths().filter((path) => path.endsWith('/evidence')).length;

/** How many verifications it takes. */
async function counted(act: () => Promise<unknown>): Promise<number> {
  const before = verifications();
  await act();
  return verifications() - before;
}

const own = () => ['ssh-ed25519', toBase64(world.key.key.blob)] as const;

describe('postern known-hosts', () => {
  it('says the key of a machine that it verified, as ssh names the host', async () => {
    const ran = await ask('HOSTNAME', { key: own() });
    expect(ran).toMatchObject({ exit: 0, err: '', out: `${NODE} ${own().join(' ')}\n` });
    world.bed.machine.services = { ssh: '127.0.0.1:2222' };
    const at = await ask('HOSTNAME', { key: own(), host: '[127.0.0.1]:2222' });
    expect(at).toMatchObject({ exit: 0, out: `[127.0.0.1]:2222 ${own().join(' ')}\n` });
    const asked = world.bed.gateway.asked.map(({ path }) => path);
    expect(asked.some((path) => path.includes('name=%5B127.0.0.1%5D%3A2222'))).toBe(true);
  });

  it('says no other key, and which it should have been', async () => {
    const theirs = ['ssh-ed25519', toBase64(hostKey().key.blob)] as const;
    const ran = await ask('HOSTNAME', { key: theirs });
    expect(ran).toMatchObject({ exit: 1, out: '' });
    expect(ran.err).toContain(`is not ${NODE}, which was verified`);
  });

  it('verifies once for a connection, however often it asks', async () => {
    const times = await counted(async () => {
      for (const kind of ['ORDER', 'HOSTNAME', 'ADDRESS']) {
        expect(await ask(kind, { more: ['--window', '0'] })).toMatchObject({ exit: 0 });
      }
    });
    expect(times).toBe(1);
  });

  it('verifies anew for another process, host or policy where no window is open', async () => {
    const more = ['--window', '0'];
    await ask('ORDER', { more });
    expect(await counted(() => ask('ORDER', { more, by: { ...one, start: '2' } }))).toBe(1);
    expect(await counted(() => ask('ORDER', { more, by: { ...one, pid: 1001 } }))).toBe(1);
    expect(await counted(() => ask('ORDER', { more, host: 'machine' }))).toBe(0);
    expect(await counted(() => ask('ORDER', { more: [...more, '--any-deployment'] }))).toBe(1);
    expect(await counted(() => ask('ORDER', { more }))).toBe(0);
    expect(await counted(() => ask('ORDER', { more, by: null }))).toBe(1);
  });

  it('verifies anew where a file that an option names says something else', async () => {
    await ask('ORDER');
    expect(await counted(() => ask('HOSTNAME'))).toBe(0);
    const { files } = world;
    const policy = files.get('policy.json') ?? new Uint8Array();
    files.set('policy.json', concatBytes(policy, utf8(' ')));
    expect(await counted(() => ask('HOSTNAME'))).toBe(1);
    files.set('policy.json', policy);
    expect(await counted(() => ask('HOSTNAME'))).toBe(0);
  });

  it('answers from what it remembers without loading a verifier', async () => {
    expect(await ask('ORDER', { by: null, key: own() })).toMatchObject({ exit: 0 });
    const folder = mkdtempSync(join(dir, 'files-'));
    for (const [name, bytes] of world.files) writeFileSync(join(folder, name), bytes);
    // What was verified in the simulator's time was so in ours.
    for (const name of readdirSync(cache)) {
      const file = join(cache, name);
      const verdict = JSON.parse(readFileSync(file, 'utf8'));
      const [at, until] = [Date.now() - 1000, Date.now() + 60_000];
      writeFileSync(file, JSON.stringify({ ...verdict, at, until }));
    }
    const argv = ['known-hosts', ...world.flags, '--cache', cache, 'HOSTNAME', NODE, ...own()];
    const ran = await loading([...argv, 'NONE'], folder);
    expect(ran).toMatchObject({ exit: 0, out: `${NODE} ${own().join(' ')}\n` });
    expect(ran.loaded.some((url) => url.endsWith('/cli/ssh/verdict-cache.ts'))).toBe(true);
    expect(ran.loaded.filter((url) => HEAVY.test(url))).toEqual([]);
  });

  it('serves the next connection within its window, and none after', async () => {
    const { gateway } = world.bed;
    const next = (pid: number) => ask('ORDER', { by: { pid, start: '1' } });
    expect(await counted(() => next(1))).toBe(1);
    gateway.now += 59_000;
    expect(await counted(() => next(2))).toBe(0);
    gateway.now += 2_000;
    expect(await counted(() => next(3))).toBe(1);
    gateway.now -= 10_000;
    // A clock that was put back makes nothing young again.
    expect(await counted(() => next(4))).toBe(1);
  });

  it('takes nothing that is older than its own window, however long that of others is', async () => {
    const next = (pid: number, window: string) =>
      ask('ORDER', { by: { pid, start: '1' }, more: [`--window=${window}`] });
    expect(await counted(() => next(1, '10m'))).toBe(1);
    world.bed.gateway.now += 31_000;
    expect(await counted(() => next(2, '10m'))).toBe(0);
    expect(await counted(() => next(3, '30s'))).toBe(1);
  });

  it('takes a process that goes on asking for one connection no longer than one begins', async () => {
    const more = ['--window', '0'];
    expect(await counted(() => ask('ORDER', { more }))).toBe(1);
    world.bed.gateway.now += 110_000;
    expect(await counted(() => ask('HOSTNAME', { more }))).toBe(0);
    world.bed.gateway.now += 11_000;
    expect(await counted(() => ask('ORDER', { more }))).toBe(1);
  });

  it('remembers a refusal for its connection alone', async () => {
    world.bed.gateway.answering = async () => new Response('', { status: 500 });
    const ran = await ask('ORDER');
    expect(ran.exit).toBe(69);
    expect(ran.err).toContain('candidates.refused');
    world.bed.gateway.answering = (_asked, honest) => honest();
    expect(await ask('HOSTNAME', { key: own() })).toMatchObject({ exit: 69, out: '' });
    expect(await ask('ORDER', { by: { ...one, pid: 2 } })).toMatchObject({ exit: 0 });
  });

  it('keeps what it remembers to its owner, and takes nothing from where others may write', async () => {
    await ask('ORDER');
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    const modes = readdirSync(cache).map((name) => statSync(join(cache, name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600]);
    cache = join(dir, 'open');
    mkdirSync(cache, { mode: 0o755 });
    const ran = await ask('ORDER');
    expect(ran.exit).toBe(64);
    expect(ran.err).toContain('nobody else may enter');
  });

  it('goes on without what it can’t write, and says so', async () => {
    await ask('ORDER');
    const file = join(cache, 'in-the-way');
    writeFileSync(file, '');
    cache = join(file, 'cache');
    const ran = await ask('HOSTNAME', { key: own() });
    expect(ran).toMatchObject({ exit: 0, out: `${NODE} ${own().join(' ')}\n` });
    expect(ran.err).toContain('no verdict is kept: ENOTDIR');
    expect(await counted(() => ask('HOSTNAME', { key: own() }))).toBe(1);
  });

  it.each([
    ['a b', /host/],
    ['*', /host/],
    ['x,y', /host/],
    ['@cert-authority', /host/],
  ])('never writes %j as a host', async (host, why) => {
    const ran = await ask('HOSTNAME', { host, more: ['--node', NODE] });
    expect(ran).toMatchObject({ exit: 64, out: '' });
    expect(ran.err).toMatch(why);
  });

  it('wants a window of ten minutes at most', async () => {
    for (const window of ['11m', '1h', 'x', '-1']) {
      expect((await ask('ORDER', { more: [`--window=${window}`] })).exit).toBe(64);
    }
  });
});
