import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { status } from '../endorsements/fake-pccs.ts';
import { DAY, emptyFolder, now, startPccs } from '../endorsements/world.ts';
import { expectVerificationJson } from './design-json.ts';
import { files, honest, jsonOf, postern, UNSAFE } from './fake-io.ts';

const ARGV = ['verify', 'tdx', 'quote', '--trust-anchor', 'root.der', '--json'];
const online = { fetch: globalThis.fetch };

async function verdictOf(options: readonly string[], io: Partial<Io> = {}) {
  const ran = await postern([...ARGV, ...options], files, io);
  const json = jsonOf(ran);
  expectVerificationJson(json);
  expect(ran.err).not.toMatch(UNSAFE);
  for (const line of ran.err.trimEnd().split('\n')) expect(line).toMatch(/^(postern: .|$)/);
  return { exit: ran.exit, verdict: json['verdict'], err: ran.err, json };
}

describe('verify tdx with a folder and a caching service', () => {
  it('fetches once, then works offline', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const first = await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    expect(first).toMatchObject({ exit: 0, verdict: 'accept', err: '' });
    expect(pccs.requests).toHaveLength(4);
    expect(await readdir(join(dir, 'intel', 'tdx'))).toEqual([
      'f0806f000000-platform.standard.json',
    ]);
    const second = await verdictOf(['--endorsements', dir, '--offline']);
    expect(second).toMatchObject({ exit: 0, verdict: 'accept', err: '' });
    const third = await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    expect(third).toMatchObject({ exit: 0, verdict: 'accept', err: '' });
    expect(pccs.requests).toHaveLength(4);
    expect(second.json).toEqual(first.json);
  });

  it('without a folder fetches each time', async () => {
    const pccs = await startPccs();
    for (const requests of [4, 8]) {
      expect(await verdictOf(['--pccs', pccs.url], online)).toMatchObject({ exit: 0, err: '' });
      expect(pccs.requests).toHaveLength(requests);
    }
  });

  it('an answer that is the same as with --collateral', async () => {
    const pccs = await startPccs();
    const fetched = await verdictOf(['--pccs', pccs.url], online);
    const given = await verdictOf(['--collateral', 'collateral.json']);
    const withoutFormat = (given.json['checks'] as { id: string }[]).filter(
      ({ id }) => id !== 'tdx.collateral.format',
    );
    expect({ ...given.json, checks: withoutFormat }).toEqual(fetched.json);
  });

  it('asks for the early evaluation when told to', async () => {
    const pccs = await startPccs();
    await verdictOf(['--pccs', pccs.url, '--update', 'early'], online);
    expect(pccs.requests.every((path) => !path.includes('tcb') || path.includes('early'))).toBe(
      true,
    );
  });

  it('a service that is down: a warning, and indeterminate', async () => {
    const pccs = await startPccs();
    pccs.behave(status(404));
    const answer = await verdictOf(['--pccs', pccs.url], online);
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate' });
    expect(answer.err).toMatch(/^postern: .*no endorsements for FMSPC f0806f000000 .*HTTP 404/);
    expect(answer.json['authentic']).toBe(false);
  });

  it('nobody there at all: the same', async () => {
    const pccs = await startPccs();
    const { url } = pccs;
    await pccs.stop();
    const answer = await verdictOf(['--pccs', url], online);
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate' });
    expect(answer.err).toContain(url);
  });

  it('a service that lies: a warning, and indeterminate, never reject', async () => {
    const pccs = await startPccs();
    pccs.served = {
      ...pccs.served,
      tcbInfo: { ...pccs.served.tcbInfo, body: pccs.served.tcbInfo.body.replace('"', '" ') },
    };
    const answer = await verdictOf(['--pccs', pccs.url], online);
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate' });
    expect(answer.err).toContain('refused what it serves');
  });

  it('a service that answers in escape sequences does not reach the terminal raw', async () => {
    const pccs = await startPccs();
    const evil = '\u001b]0;mine\u0007\u009b2J\u202e';
    pccs.served = {
      ...pccs.served,
      tcbInfo: { ...pccs.served.tcbInfo, body: `{"tcbInfo":{"id":${JSON.stringify(evil)}}}` },
    };
    const answer = await verdictOf(['--pccs', pccs.url], online);
    expect(answer.exit).toBe(2);
    expect(answer.err).not.toBe('');
  });

  it('a service that is down while the folder still holds: accepted, with a warning', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    pccs.behave(status(404));
    const later = { ...online, now: () => now + 8 * DAY };
    const answer = await verdictOf(['--endorsements', dir, '--pccs', pccs.url], later);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(answer.err).toContain('HTTP 404');
  });

  it('a folder whose set has run out: indeterminate, and it says so', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    const later = { now: () => now + 60 * DAY };
    const answer = await verdictOf(['--endorsements', dir, '--offline'], later);
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate' });
    expect(answer.err).toMatch(/^postern: /);
  });

  it('offline with nothing to use: a warning, and indeterminate', async () => {
    for (const options of [['--offline'], ['--offline', '--endorsements', await emptyFolder()]]) {
      const answer = await verdictOf(options);
      expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate' });
      expect(answer.err).toContain('and offline');
    }
  });

  it('--offline makes no request, whatever else is said', async () => {
    const pccs = await startPccs();
    await verdictOf(['--offline', '--pccs', pccs.url], online);
    expect(pccs.requests).toEqual([]);
  });

  it('a damaged file in the folder is passed over with a warning', async () => {
    const dir = await emptyFolder();
    await mkdir(join(dir, 'intel', 'tdx'), { recursive: true });
    await writeFile(
      join(dir, 'intel', 'tdx', 'f0806f000000-platform.standard.json'),
      '{"\u001b[2J',
    );
    const offline = await verdictOf(['--endorsements', dir, '--offline']);
    expect(offline).toMatchObject({ exit: 2 });
    expect(offline.err).toContain('passed over');
    const pccs = await startPccs();
    const mended = await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    expect(mended).toMatchObject({ exit: 0 });
  });

  it.skipIf(process.getuid?.() === 0)('a folder that can’t be written: a warning', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    await chmod(dir, 0o500);
    const answer = await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(answer.err).toContain('not kept');
  });

  it('a folder that is a file: a warning, and the fetched set is used', async () => {
    const dir = join(await emptyFolder(), 'file');
    await writeFile(dir, '');
    const pccs = await startPccs();
    const answer = await verdictOf(['--endorsements', dir, '--pccs', pccs.url], online);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(answer.err).toContain('not kept');
    expect(await readFile(dir, 'utf8')).toBe('');
  });

  it('asks nobody for a platform that the quote does not prove', async () => {
    const pccs = await startPccs();
    const ran = await postern(
      ['verify', 'tdx', 'quote', '--json', '--pccs', pccs.url],
      files,
      online,
    );
    expect(ran.exit).toBe(1);
    expect(pccs.requests).toEqual([]);
    const noQuote = { ...files, quote: honest.root };
    expect((await postern([...ARGV, '--pccs', pccs.url], noQuote, online)).exit).toBe(1);
    expect(pccs.requests).toEqual([]);
  });

  it('never an address that the operator did not mean', async () => {
    const { exit, err } = await postern([...ARGV, '--pccs', 'http://pccs.example'], files, online);
    expect(exit).toBe(64);
    expect(err).toBe(
      'postern: --pccs: plain http is for loopback and private networks only: "http://pccs.example"\n',
    );
  });
});
