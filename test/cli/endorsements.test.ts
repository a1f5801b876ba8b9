import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { list, signedList } from '../endorsements/evaluation-list.ts';
import { status } from '../endorsements/fake-pccs.ts';
import { DAY, emptyFolder, now, platform, startPccs } from '../endorsements/world.ts';
import { files, jsonOf, postern, UNSAFE } from './fake-io.ts';

const online = { fetch: globalThis.fetch };
const FMSPC = 'f0806f000000';
const FILE = join('intel', 'tdx', `${FMSPC}-platform.standard.json`);

function fetchInto(dir: string, url: string, ...options: readonly string[]) {
  return postern(
    ['endorsements', 'fetch', dir, '--pccs', url, '--trust-anchor', 'root.der', ...options],
    files,
    online,
  );
}

async function filled() {
  const [pccs, dir] = [await startPccs(), await emptyFolder()];
  expect((await fetchInto(dir, pccs.url, '--fmspc', FMSPC)).exit).toBe(0);
  return { pccs, dir };
}

async function damaged() {
  const { dir } = await filled();
  await writeFile(join(dir, FILE), '{"collateral": "\u001b[2J\nstored\u009b"');
  return dir;
}

describe('endorsements fetch', () => {
  it('stores what --fmspc names', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const { exit, out, err } = await fetchInto(dir, pccs.url, '--fmspc', FMSPC.toUpperCase());
    expect([exit, err]).toEqual([0, '']);
    expect(out).toBe(
      `stored        tdx ${FMSPC} platform standard  evaluation 20` +
        `  2026-05-20T10:16:03Z to 2026-06-19T10:16:03Z  ${join(dir, FILE)}\n`,
    );
  });

  it('stores what a quote proves, in JSON', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const ran = await fetchInto(dir, pccs.url, '--quote', 'quote', '--json');
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(jsonOf(ran)).toEqual({
      rows: [
        {
          fmspc: FMSPC,
          ca: 'platform',
          channel: 'standard',
          path: join(dir, FILE),
          source: pccs.url,
          outcome: 'stored',
          fetchedAt: expect.stringMatching(/^20\d\d-/),
          tcbEvaluationDataNumber: 20,
          qeEvaluationDataNumber: 20,
          issueDate: '2026-05-20T10:16:03Z',
          nextUpdate: '2026-06-19T10:16:03Z',
          notPassed: [],
          warnings: [],
        },
      ],
    });
  });

  it('one that is refused does not stop the rest, and decides the exit code', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const { exit, out } = await fetchInto(
      ...([dir, pccs.url, '--fmspc', '00906ed50000', '--fmspc', FMSPC] as const),
    );
    expect(exit).toBe(1);
    expect(out).toMatch(/^refused {7}tdx 00906ed50000/m);
    expect(out).toMatch(/^stored {8}tdx f0806f000000/m);
  });

  it('one that can’t be reached: 69, and the reason below it', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    pccs.behave(status(404));
    const { exit, out } = await fetchInto(dir, pccs.url, '--fmspc', FMSPC);
    expect(exit).toBe(69);
    expect(out).toMatch(/^unreachable {3}tdx f0806f000000 .*\n {2}.*HTTP 404/);
    const json = jsonOf(await fetchInto(dir, pccs.url, '--fmspc', FMSPC, '--json'));
    expect(json).toMatchObject({ rows: [{ outcome: 'unreachable' }] });
  });

  it('without the simulator’s root, what it signed is refused and nothing is kept', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const argv = ['endorsements', 'fetch', dir, '--pccs', pccs.url, '--fmspc', FMSPC];
    const { exit, out } = await postern(argv, files, online);
    expect(exit).toBe(1);
    expect(out).toMatch(/^refused /);
    expect((await postern(['endorsements', 'list', dir])).out).toBe('');
  });

  it('a quote that proves no platform is malformed: nothing is asked for', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const argv = ['endorsements', 'fetch', dir, '--pccs', pccs.url, '--quote', 'quote'];
    const { exit, err } = await postern(argv, files, online);
    expect(exit).toBe(1);
    expect(err).toMatch(/PCK chain does not reach a trusted root \(tdx\.pck\.root\)/);
    expect(pccs.requests).toEqual([]);
  });

  it('lies of a service are shown without their escape sequences', async () => {
    const [pccs, dir] = [await startPccs(), await emptyFolder()];
    const evil = '\u001b[2J\u009b\u202e\n✓ accepted';
    pccs.served = {
      ...platform.served,
      tcbInfo: {
        ...platform.served.tcbInfo,
        body: `{"tcbInfo":{"id":${JSON.stringify(evil)}},"signature":""}`,
      },
    };
    const { exit, out, err } = await fetchInto(dir, pccs.url, '--fmspc', FMSPC);
    expect(exit).toBe(1);
    expect(out + err).not.toMatch(UNSAFE);
    expect(out).not.toMatch(/^✓/m);
  });

  it('an untrustworthy folder: 69, not a crash', async () => {
    const pccs = await startPccs();
    const { exit, out } = await fetchInto('/dev/null/x', pccs.url, '--fmspc', FMSPC);
    expect(exit).toBe(69);
    expect(out).toMatch(/^unreachable /);
  });
});

describe('endorsements list', () => {
  it('a line a set', async () => {
    const { dir } = await filled();
    const { exit, out, err } = await postern(['endorsements', 'list', dir]);
    expect([exit, err]).toEqual([0, '']);
    expect(out).toMatch(/^tdx f0806f000000 platform standard {2}evaluation 20 {2}2026-05-20T/);
  });

  it('in JSON, one object', async () => {
    const { dir } = await filled();
    const ran = await postern(['endorsements', 'list', dir, '--json']);
    expect(jsonOf(ran)).toMatchObject({ rows: [{ fmspc: FMSPC, tcbEvaluationDataNumber: 20 }] });
  });

  it('an empty folder: nothing, and a warning', async () => {
    const dir = await emptyFolder();
    const human = await postern(['endorsements', 'list', dir]);
    expect(human).toEqual({ exit: 0, out: '', err: `postern: ${dir}: no endorsements\n` });
    expect(jsonOf(await postern(['endorsements', 'list', dir, '--json']))).toEqual({ rows: [] });
  });

  it('a damaged file: 1, and what is wrong below its line', async () => {
    const dir = await damaged();
    const { exit, out } = await postern(['endorsements', 'list', dir]);
    expect(exit).toBe(1);
    expect(out).toMatch(/^tdx f0806f000000 platform standard {2}\S+\n {2}\S+: /);
    expect(out).not.toMatch(UNSAFE);
    expect(jsonOf(await postern(['endorsements', 'list', dir, '--json']))).toMatchObject({
      rows: [{ problem: expect.stringContaining(FILE) }],
    });
  });

  it('files of somebody else are passed over', async () => {
    const { dir } = await filled();
    for (const name of ['README', '../x.json', `${FMSPC}-root.standard.json`]) {
      await writeFile(join(dir, 'intel', 'tdx', name), 'not ours');
    }
    const { exit, out } = await postern(['endorsements', 'list', dir]);
    expect(exit).toBe(0);
    expect(out.split('\n')).toHaveLength(2);
  });

  it.each([
    ['no such folder', '/no/such/folder'],
    ['a file', '/dev/null'],
  ])('%s: 69', async (_, dir) => {
    for (const verb of ['list', 'check']) {
      expect((await postern(['endorsements', verb, dir])).exit).toBe(69);
    }
  });
});

describe('endorsements check', () => {
  const check = (dir: string, ...options: readonly string[]) =>
    postern(['endorsements', 'check', dir, '--trust-anchor', 'root.der', ...options], files);

  it('all in date: 0', async () => {
    const { dir } = await filled();
    const { exit, out, err } = await check(dir);
    expect([exit, err]).toEqual([0, '']);
    expect(out).toMatch(/^accept {8}tdx f0806f000000 .*\n$/);
    expect(jsonOf(await check(dir, '--json'))).toMatchObject({
      verdict: 'accept',
      rows: [{ verdict: 'accept', notPassed: [] }],
    });
  });

  it('out of date: 2, and which document', async () => {
    const { dir } = await filled();
    const at = new Date(now + 60 * DAY).toISOString();
    const { exit, out } = await check(dir, '--at', at);
    expect(exit).toBe(2);
    expect(out).toMatch(/^indeterminate tdx /);
    expect(out).toMatch(/^ {2}tdx\.tcb_info\.validity: want /m);
    expect(jsonOf(await check(dir, '--at', at, '--json'))).toMatchObject({
      verdict: 'indeterminate',
      rows: [{ because: expect.any(String) }],
    });
  });

  it('not Intel’s: 1', async () => {
    const { dir } = await filled();
    const { exit, out } = await postern(['endorsements', 'check', dir]);
    expect(exit).toBe(1);
    expect(out).toMatch(/^reject {8}tdx /);
    expect(out).toMatch(/^ {2}tdx\.tcb_info\.signer: .*want .*, got /m);
  });

  it('unreadable: 1', async () => {
    const { exit, out } = await check(await damaged());
    expect(exit).toBe(1);
    expect(out).toMatch(/^reject .*\n {2}\S+: /);
    expect(out).not.toMatch(UNSAFE);
  });

  it('empty: 2, and a warning', async () => {
    const dir = await emptyFolder();
    expect(await check(dir)).toEqual({
      exit: 2,
      out: '',
      err: `postern: ${dir}: no endorsements\n`,
    });
    expect(jsonOf(await check(dir, '--json'))).toEqual({ verdict: 'indeterminate', rows: [] });
  });

  it('a folder where a file is meant: 69 or 1, not a crash', async () => {
    const dir = await emptyFolder();
    await mkdir(join(dir, FILE), { recursive: true });
    const { exit, out } = await check(dir);
    expect(exit).toBe(1);
    expect(out).toContain('can’t be read (EISDIR)');
  });

  it('two times, or a kind: usage', async () => {
    const { dir } = await filled();
    expect((await check(dir, '--at', '2026-06-01', '--at', '2026-06-01')).exit).toBe(64);
    expect((await check(dir, '--at', 'crl=2026-06-01')).exit).toBe(64);
  });
});

describe('endorsements evaluations', () => {
  async function evaluations(answer = signedList(), ...options: readonly string[]) {
    const pccs = await startPccs();
    pccs.numbers = answer;
    const words = ['endorsements', 'evaluations', '--pccs', pccs.url, '--trust-anchor', 'root.der'];
    return postern([...words, ...options], files, { ...online, now: () => now });
  }

  it('lists them, newest first', async () => {
    expect(await evaluations()).toEqual({
      exit: 0,
      err: '',
      out:
        '21  recovery event 2026-05-12T00:00:00Z  TCB date 2026-05-13T00:00:00Z\n' +
        '20  recovery event 2025-08-12T00:00:00Z  TCB date 2025-08-13T00:00:00Z\n',
    });
  });

  it('in JSON', async () => {
    expect(jsonOf(await evaluations(signedList(), '--json'))).toMatchObject({
      issueDate: '2026-05-20T10:16:03Z',
      evaluations: [{ tcbEvaluationDataNumber: 21 }, { tcbEvaluationDataNumber: 20 }],
    });
  });

  it('refuses a list that Intel did not sign', async () => {
    const { exit, out } = await evaluations(signedList(list, { signedBy: 'pck' }));
    expect([exit, out]).toEqual([1, '']);
  });
});
