import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { audit, exported, freshPath, infoOf, record, recorded, vkeyOf } from './ledgers.ts';
import { PATIENCE, type Service, started, until } from './services.ts';

const running: Service[] = [];
afterAll(() => Promise.all(running.map((one) => one.end())), 2 * PATIENCE);

/** Each starts processes and waits for them. */
const WAITING = { timeout: 4 * PATIENCE };

async function service(argv: readonly string[], ready?: RegExp): Promise<Service> {
  const one = await started(argv, ready);
  running.push(one);
  return one;
}

const LOOPBACK = ['--listen', '127.0.0.1:0'];
const net = { fetch: globalThis.fetch };

describe('audit serve', WAITING, () => {
  it('serves the published files and nothing else, and ends when told to', async () => {
    const dir = await recorded();
    const { url, err, end } = await service(['audit', 'serve', dir, ...LOOPBACK]);
    expect(err()).toBe(`postern: ${dir}/published: served at ${url}\n`);
    const note = await fetch(`${url}/checkpoint`);
    expect(await note.text()).toBe(readFileSync(join(dir, 'published/checkpoint'), 'utf8'));
    const tile = await fetch(`${url}/tile/0/000.p/2`);
    expect(Buffer.from(await tile.arrayBuffer())).toEqual(
      readFileSync(join(dir, 'published/tile/0/000.p/2')),
    );
    for (const path of [
      '/',
      '/ledger.json',
      '/keys/log.key',
      '/tile/0/001',
      '/tile/../../keys/log.key',
      '/tile/%2e%2e/%2e%2e/keys/log.key',
      '/tile/0/..%2f..%2f..%2fledger.json',
      '/tile/0',
    ])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);
    expect((await fetch(`${url}/checkpoint`, { method: 'POST', body: 'x' })).status).toBe(404);

    const key = await vkeyOf(dir);
    const fsck = await audit(['audit', 'fsck', url, '--log-key', key, '--json'], net);
    expect([fsck.exit, jsonOf(fsck)]).toMatchObject([0, { clean: true, size: 2 }]);
    const state = freshPath('state');
    const watch = ['audit', 'watch', url, '--log-key', key, '--state', state, '--once', '--json'];
    expect(jsonOf(await audit(watch, net))).toMatchObject({ event: 'first', to: 2 });
    await record(dir);
    expect(jsonOf(await audit(watch, net))).toMatchObject({ event: 'grown', from: 2, to: 3 });

    expect(await end()).toBe(0);
    const gone = await audit(watch, net);
    expect([gone.exit, jsonOf(gone)['event']]).toEqual([69, 'unreachable']);
  });
});

describe('audit serve --json', WAITING, () => {
  it('says where in one object, and on stderr what it could not answer', async () => {
    const dir = await recorded();
    const { origin } = await infoOf(dir);
    const argv = ['audit', 'serve', dir, ...LOOPBACK, '--json'];
    const { url, out, err, end } = await service(argv);
    await until(() => out() !== '');
    expect(JSON.parse(out())).toEqual({ url, address: url.slice('http://'.length), origin });
    // A link that leads to itself: whoever reads it, root as well, gets an error.
    const tile = join(dir, 'published/tile/0/000.p/2');
    rmSync(tile);
    symlinkSync(tile, tile);
    const answer = await fetch(`${url}/tile/0/000.p/2?secret=1`, { headers: { cookie: 'secret' } });
    expect([answer.status, await answer.text()]).toEqual([500, 'unexpected error\n']);
    await until(() => err().includes('GET'));
    expect(err().split('\n').slice(1)).toEqual(['postern: GET /tile/*: not answered (ELOOP)', '']);
    expect(await end()).toBe(0);
    expect(out().trim().split('\n')).toHaveLength(1);
  });
});

describe('audit watch without --once', WAITING, () => {
  it('prints a line an event, until it is told to end', async () => {
    const dir = await recorded();
    const state = freshPath('state');
    const argv = ['audit', 'watch', dir, '--log-key', await vkeyOf(dir), '--state', state];
    const { out, end } = await service([...argv, '--interval', '1s', '--json'], /("first")/);
    await record(dir);
    await until(() => out().includes('"grown"'));
    expect(await end()).toBe(0);
    const events = out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect([events[0], events.includes('grown')]).toEqual(['first', true]);
  });
});

describe('audit watch of a mirror that serves an old copy', WAITING, () => {
  it('alarms at each look, keeps the notes once, goes on, and ends with 1', async () => {
    const dir = await recorded();
    const [place, old, state] = [freshPath('mirror'), freshPath('old'), freshPath('state')];
    cpSync(join(dir, 'published'), old, { recursive: true });
    await record(dir);
    cpSync(join(dir, 'published'), place, { recursive: true });
    const argv = ['audit', 'watch', place, '--log-key', await vkeyOf(dir), '--state', state];
    const { out, end } = await service([...argv, '--interval', '1s', '--json'], /("first")/);
    const events = () =>
      out()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    cpSync(old, place, { recursive: true });
    const rollbacks = () => events().filter(({ event }) => event === 'rollback');
    expect(await until(() => rollbacks().length >= 2)).toBe(true);
    cpSync(join(dir, 'published'), place, { recursive: true });
    expect(await until(() => events().at(-1).event === 'same')).toBe(true);
    expect(await end()).toBe(1);
    const beside = readdirSync(dirname(state)).filter((name) =>
      name.startsWith(`${basename(state)}.`),
    );
    expect(beside.map((name) => name.split('.').at(-1)).sort()).toEqual(['after', 'before']);
    expect(new Set(rollbacks().map(({ proof }) => proof)).size).toBe(1);
  });
});

describe('two ledgers with a witness of their own each', WAITING, () => {
  it('cosign each other, and a quorum holds or does not', async () => {
    const [one, other] = [await recorded(), await recorded()];
    const keys = await Promise.all([vkeyOf(one), vkeyOf(other)]);
    const homes = [freshPath('witness'), freshPath('witness')];
    const witnesses: Service[] = [];
    for (const [i, home] of homes.entries()) {
      const name = ['--name', `witness.example/${i}`];
      const logs = keys.flatMap((key) => ['--log-key', key]);
      witnesses.push(await service(['audit', 'witness', home, ...name, ...logs, ...LOOPBACK]));
    }
    const lines = witnesses.map(({ err, url }, i) => {
      const [vkey] = err().split('\n');
      return `witness w${i} ${vkey} ${url}\n`;
    });
    const policyOf = (
      key: string | undefined,
      who: readonly (string | undefined)[],
      rest: string,
    ) => `log ${key}\n${who.join('')}${rest}\n`;
    const run = (argv: readonly string[], policy: string) =>
      audit([...argv, '--tlog-policy', 'trust', '--json'], { ...net, files: { trust: policy } });

    // Each ledger is cosigned by the other's witness.
    for (const [i, dir] of [one, other].entries()) {
      const asked = policyOf(keys[i], [lines[1 - i]], `quorum w${1 - i}`);
      const published = await run(['audit', 'publish', dir], asked);
      expect([published.exit, jsonOf(published)]).toMatchObject([
        0,
        { cosignatures: 1, problems: [] },
      ]);
      const info = await audit(['audit', 'info', dir]);
      expect(info.out).toMatch(new RegExp(`witnesses +witness\\.example/${1 - i} at 20`));
      const path = await exported(dir);
      const good = await run(['audit', 'verify', path], asked);
      expect([good.exit, jsonOf(good)]).toMatchObject([
        0,
        { verdict: 'accept', witnesses: [{ name: `w${1 - i}` }] },
      ]);
      const both = policyOf(keys[i], lines, 'group both all w0 w1\nquorum both');
      const bad = await run(['audit', 'verify', path], both);
      expect([bad.exit, jsonOf(bad)['verdict']]).toEqual([1, 'reject']);
      const wrong = await run(['audit', 'publish', dir], policyOf(keys[1 - i], lines, 'quorum w0'));
      expect([wrong.exit, wrong.err]).toMatchObject([64, expect.stringContaining('no log line')]);
    }

    // A copy from before what a witness has seen is refused, though nothing else knows of it.
    const backup = freshPath('backup');
    await audit(['audit', 'backup', one, backup]);
    await record(one);
    const asked = policyOf(keys[0], lines, 'group any any w0 w1\nquorum any');
    const seen = await run(['audit', 'publish', one], asked);
    expect([seen.exit, jsonOf(seen)]).toMatchObject([0, { size: 3, cosignatures: 2 }]);
    for (const name of ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm', 'published'])
      rmSync(join(one, name), { recursive: true, force: true });
    expect((await audit(['audit', 'restore', backup, one])).exit).toBe(0);
    const refused = await run(['audit', 'resume', one], asked);
    expect([refused.exit, refused.err]).toMatchObject([1, expect.stringContaining('3')]);
    expect((await record(one)).exit).toBe(69);
    expect(await infoOf(one)).toMatchObject({ size: 2, restoredAt: expect.any(String) });

    // A witness that does not answer is not taken for one that has seen nothing.
    expect(await Promise.all(witnesses.map((witness) => witness.end()))).toEqual([0, 0]);
    const silent = await run(['audit', 'resume', one], asked);
    expect(silent.exit).toBe(69);
    const lonely = await run(['audit', 'publish', other], policyOf(keys[1], lines, 'quorum w0'));
    expect([lonely.exit, jsonOf(lonely)]).toMatchObject([69, { problems: [{}] }]);

    // Its keys and what it cosigned outlast it.
    const again = await service([
      ...['audit', 'witness', homes[0] ?? '', '--log-key', keys[1] ?? '', ...LOOPBACK],
    ]);
    expect(again.err().split('\n')[0]).toBe(lines[0]?.split(' ')[2]);

    // Keys that have lost what they cosigned would cosign any other history.
    const home = homes[1] ?? '';
    for (const end of ['', '-wal', '-shm'])
      rmSync(join(home, `witness.sqlite${end}`), { force: true });
    const forgot = await audit(['audit', 'witness', home, '--log-key', keys[0] ?? '', ...LOOPBACK]);
    expect([forgot.exit, forgot.err]).toMatchObject([
      69,
      expect.stringContaining('a witness that forgot what it cosigned must not go on'),
    ]);
  });
});
