import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { html, status } from '../endorsements/amd/fake-kds.ts';
import { key, now, startKds, world } from '../endorsements/amd/world.ts';
import { DAY, emptyFolder, startPccs } from '../endorsements/world.ts';
import { jsonOf, postern, files as tdxFiles, UNSAFE } from './fake-io.ts';

const files = { report: world.report, 'root.der': world.anchor.certificate.der };
const online = { fetch: globalThis.fetch, now: () => now };
const TRUST = ['--trust-anchor', 'root.der'];

function fetchInto(dir: string, url: string, ...options: readonly string[]) {
  const argv = ['endorsements', 'fetch', dir, '--kds', url, ...TRUST, ...options];
  return postern(argv, files, online);
}

async function filled() {
  const [kds, dir] = [await startKds(), await emptyFolder()];
  expect((await fetchInto(dir, kds.url, '--report', 'report')).exit).toBe(0);
  return { kds, dir };
}

describe('endorsements fetch', () => {
  it('stores what a report needs, and says what it waits for', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    const { exit, out, err } = await fetchInto(dir, kds.url, '--report', 'report');
    expect(exit).toBe(0);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(
        /^stored {8}snp genoa vcek-chain {2}2022-01-26T15:34:37Z to 2047-.*\.pem$/,
      ),
      expect.stringMatching(
        /^stored {8}snp genoa vcek-crl {2}2026-05-15T00:00:00Z to 2027-.*\.crl$/,
      ),
      expect.stringMatching(
        new RegExp(
          `^stored {8}snp genoa vcek chip ${key.hwid.slice(0, 16)} TCB ${key.tcb} {2}2026`,
        ),
      ),
      '',
    ]);
    expect(err).toMatch(/^postern: waiting 10 s before asking http:.*\/vcek\/v1\/Genoa\/\S+\n$/);
  });

  it('in JSON, one object', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    const ran = await fetchInto(dir, kds.url, '--report', 'report', '--json');
    expect(jsonOf(ran)).toMatchObject({
      rows: [
        { kind: 'snp', document: 'vcek-chain', product: 'genoa', outcome: 'stored' },
        { kind: 'snp', document: 'vcek-crl', outcome: 'stored' },
        { kind: 'snp', document: 'vcek', hwid: key.hwid, tcb: key.tcb, outcome: 'stored' },
      ],
    });
  });

  it('a product line: no chip is named to anybody', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    const { exit } = await fetchInto(dir, kds.url, '--product', 'genoa');
    expect(exit).toBe(0);
    expect(kds.requests).toEqual([
      '/vcek/v1/Genoa/cert_chain',
      '/vcek/v1/Genoa/crl',
      '/vlek/v1/Genoa/cert_chain',
      '/vlek/v1/Genoa/crl',
    ]);
  });

  it('Intel’s and AMD’s in one go', async () => {
    const [kds, pccs, dir] = [await startKds(), await startPccs(), await emptyFolder()];
    const tdxRoot = tdxFiles['root.der'] ?? '';
    const argv = ['endorsements', 'fetch', dir, '--kds', kds.url, '--pccs', pccs.url, ...TRUST];
    const more = [
      '--trust-anchor',
      'tdx-root.der',
      '--fmspc',
      'f0806f000000',
      '--product',
      'genoa',
    ];
    const all = { ...files, 'tdx-root.der': tdxRoot };
    const { exit, out } = await postern([...argv, ...more], all, online);
    expect(exit).toBe(0);
    expect(out.match(/^stored {8}(tdx|snp) /gm)).toHaveLength(5);
    const checked = await postern(
      ['endorsements', 'check', dir, ...TRUST, '--trust-anchor', 'tdx-root.der'],
      all,
      online,
    );
    expect(checked).toMatchObject({ exit: 0, err: '' });
  });

  it('69 when it can’t be reached, 1 when it lies', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    kds.behave(/crl/, status(404));
    const down = await fetchInto(dir, kds.url, '--report', 'report');
    expect(down.exit).toBe(69);
    expect(down.out).toMatch(/^unreachable {3}snp genoa vcek-crl .*\n {2}.*HTTP 404/m);
    kds.behave(/crl/, html);
    const lies = await fetchInto(dir, kds.url, '--report', 'report');
    expect(lies.exit).toBe(1);
    expect(lies.out + lies.err).not.toMatch(UNSAFE);
  });

  it('without the simulator’s root, what it signed is refused', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    const argv = ['endorsements', 'fetch', dir, '--kds', kds.url, '--report', 'report'];
    const { exit, out } = await postern(argv, files, online);
    expect(exit).toBe(1);
    expect(out).not.toMatch(/^stored/m);
    expect((await postern(['endorsements', 'list', dir])).out).toBe('');
  });

  it.each([
    [['--product', 'bergamo'], '--product: want milan, genoa, turin; got "bergamo"'],
    [['--product', 'genoa', '--kds', 'http://kdsintf.amd.com'], '--kds: plain http is for'],
    [['--kds', 'http://127.0.0.1'], '--kds is about AMD'],
  ])('%j: usage', async (options, problem) => {
    const dir = await emptyFolder();
    const { exit, err } = await postern(['endorsements', 'fetch', dir, ...options], files);
    expect([exit, err]).toEqual([64, expect.stringContaining(problem)]);
  });

  it('a report that is none: malformed, nothing is asked for', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    const argv = ['endorsements', 'fetch', dir, '--kds', kds.url, '--report', 'root.der'];
    expect(await postern(argv, files, online)).toMatchObject({ exit: 1 });
    expect(kds.requests).toEqual([]);
  });
});

describe('endorsements list', () => {
  it('a line a document', async () => {
    const { dir } = await filled();
    const { exit, out } = await postern(['endorsements', 'list', dir]);
    expect(exit).toBe(0);
    expect(out.split('\n').map((line) => line.split('  ')[0])).toEqual([
      `snp genoa vcek chip ${key.hwid.slice(0, 16)} TCB ${key.tcb}`,
      'snp genoa vcek-chain',
      'snp genoa vcek-crl',
      '',
    ]);
  });

  it('a damaged file: 1', async () => {
    const { dir } = await filled();
    await writeFile(join(dir, 'amd', 'genoa', 'vcek.crl'), '\u001b[2Jx');
    const { exit, out } = await postern(['endorsements', 'list', dir]);
    expect(exit).toBe(1);
    expect(out).toMatch(/^snp genoa vcek-crl {2}\S+\n {2}\S+: /m);
    expect(out).not.toMatch(UNSAFE);
  });
});

describe('endorsements check', () => {
  const check = (dir: string, ...options: readonly string[]) =>
    postern(['endorsements', 'check', dir, ...options], files, online);

  it('all in date: 0', async () => {
    const { dir } = await filled();
    const { exit, out } = await check(dir, ...TRUST);
    expect(exit).toBe(0);
    expect(out.match(/^accept {8}snp genoa /gm)).toHaveLength(3);
  });

  it('a CRL out of date: 2', async () => {
    const { dir } = await filled();
    const at = new Date(now + 400 * DAY).toISOString();
    const { exit, out } = await check(dir, ...TRUST, '--at', at);
    expect(exit).toBe(2);
    expect(out).toMatch(/^indeterminate snp genoa vcek-crl .*\n {2}snp\.crl\.validity: want /m);
  });

  it('not AMD’s: 1', async () => {
    const { dir } = await filled();
    const { exit, out } = await check(dir);
    expect(exit).toBe(1);
    expect(out).toMatch(/^reject {8}snp genoa vcek-chain .*\n {2}snp\.vek\.root: /m);
  });
});
