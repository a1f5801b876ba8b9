import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkEndorsements } from '../../src/endorsements/check.ts';
import { type FetchRequest, fetchTdxEndorsements } from '../../src/endorsements/fetch.ts';
import { listEndorsements } from '../../src/endorsements/list.ts';
import { type FakePccs, status } from './fake-pccs.ts';
import {
  anchors,
  DAY,
  emptyFolder,
  LIMITS,
  now,
  olderTcbInfo,
  startPccs,
  wanted,
} from './world.ts';

const bothAnchors = { intel: anchors, amd: anchors, nvidia: { device: [], rim: [] } };

function fetchInto(dir: string, pccs: FakePccs, more: Partial<FetchRequest> = {}) {
  return fetchTdxEndorsements(
    { fetch: globalThis.fetch, now: () => now },
    {
      dir,
      source: pccs.url,
      channel: 'standard',
      platforms: [wanted],
      anchors,
      limits: LIMITS,
      ...more,
    },
  );
}

async function fetched() {
  const pccs = await startPccs();
  const dir = await emptyFolder();
  const rows = await fetchInto(dir, pccs);
  return { pccs, dir, rows, path: join(dir, 'intel/tdx/f0806f000000-platform.standard.json') };
}

const stored = {
  fmspc: 'f0806f000000',
  ca: 'platform',
  channel: 'standard',
  fetchedAt: '2026-06-01T00:00:00Z',
  tcbEvaluationDataNumber: 20,
  qeEvaluationDataNumber: 20,
  issueDate: '2026-05-20T10:16:03Z',
  nextUpdate: '2026-06-19T10:16:03Z',
};

describe('fetch', () => {
  it('stores and tells what', async () => {
    const { pccs, rows, path } = await fetched();
    expect(rows).toEqual([
      { ...stored, path, source: pccs.url, outcome: 'stored', notPassed: [], warnings: [] },
    ]);
  });

  it('one platform that fails does not stop the next', async () => {
    const pccs = await startPccs();
    const platforms = [{ ...wanted, fmspc: '00906ed50000' }, wanted];
    const rows = await fetchInto(await emptyFolder(), pccs, { platforms });
    expect(rows.map((row) => row.outcome)).toEqual(['refused', 'stored']);
    expect(rows[0]?.because).toContain('TCB info is for FMSPC f0806f000000');
  });

  it('tells a source that is down from one that lies', async () => {
    const pccs = await startPccs();
    pccs.behave(status(503));
    const [down] = await fetchInto(await emptyFolder(), pccs);
    expect(down).toMatchObject({
      outcome: 'unreachable',
      because: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/.*: HTTP 503$/),
    });
  });

  it('leaves what is stored alone when the source serves older collateral', async () => {
    const { pccs, dir, path } = await fetched();
    const before = await readFile(path, 'utf8');
    pccs.served = await olderTcbInfo();
    const [row] = await fetchInto(dir, pccs);
    expect(row).toMatchObject({
      outcome: 'refused',
      because: expect.stringContaining('older collateral than we already hold'),
    });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('says so when a good set can’t be written', async () => {
    const pccs = await startPccs();
    const [row] = await fetchInto('/dev/null/endorsements', pccs);
    expect(row).toMatchObject({
      outcome: 'unreachable',
      because: expect.stringContaining('can’t be written'),
    });
  });

  it.each([
    { name: 'a bad URL', more: { source: 'http://pccs.example.com' }, at: 'source' },
    { name: 'a bad FMSPC', more: { platforms: [wanted, { ...wanted, fmspc: '1' }] }, at: 'fmspc' },
    { name: 'a bad number', more: { channel: 0 }, at: 'update' },
  ])('refuses $name before anything is fetched', async ({ more, at }) => {
    const pccs = await startPccs();
    await expect(fetchInto(await emptyFolder(), pccs, more)).rejects.toMatchObject({
      code: 'usage',
      at,
    });
    expect(pccs.requests).toEqual([]);
  });
});

describe('list', () => {
  it('tells what a folder says it holds', async () => {
    const { pccs, dir, path } = await fetched();
    expect(await listEndorsements(dir)).toEqual([{ ...stored, path, source: pccs.url }]);
  });

  it('shows a damaged file beside the others', async () => {
    const { dir, path } = await fetched();
    const damaged = join(dir, 'intel/tdx/000000000001-processor.early.json');
    await writeFile(damaged, '{');
    const unreadable = join(dir, 'intel/tdx/000000000002-processor.early.json');
    const text = await readFile(path, 'utf8');
    await writeFile(unreadable, text.replace('TD_QE', 'TD_QF'));
    expect(await listEndorsements(dir)).toEqual([
      expect.objectContaining({
        fmspc: '000000000001',
        ca: 'processor',
        channel: 'early',
        problem: expect.stringContaining(damaged),
      }),
      expect.objectContaining({
        fmspc: '000000000002',
        problem: expect.stringContaining(`${unreadable}: collateral.qe_identity.id`),
      }),
      expect.not.objectContaining({ problem: expect.anything() }),
    ]);
  });
});

describe('check', () => {
  it('verifies a good folder', async () => {
    const { pccs, dir, path } = await fetched();
    expect(await checkEndorsements(dir, { anchors: bothAnchors, at: now + DAY })).toEqual({
      verdict: 'accept',
      rows: [{ ...stored, path, source: pccs.url, verdict: 'accept', notPassed: [] }],
    });
  });

  it('an outdated set leaves the question open', async () => {
    const { dir } = await fetched();
    const { verdict, rows } = await checkEndorsements(dir, {
      anchors: bothAnchors,
      at: now + 30 * DAY,
    });
    expect(verdict).toBe('indeterminate');
    expect(rows).toMatchObject([{ verdict: 'indeterminate', tcbEvaluationDataNumber: 20 }]);
    expect(rows[0]?.notPassed.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['tdx.pck_crl.validity', 'unresolved'],
      ['tdx.tcb_info.validity', 'unresolved'],
      ['tdx.qe_identity.validity', 'unresolved'],
    ]);
  });

  it('an empty folder is nothing to rely on', async () => {
    const dir = await emptyFolder();
    expect(await checkEndorsements(dir, { anchors: bothAnchors, at: now })).toEqual({
      verdict: 'indeterminate',
      rows: [],
    });
  });

  it.each([
    {
      name: 'a changed signed text',
      damage: (text: string) => text.replace('UpToDate', 'OutOfDate'),
      failing: ['tdx.tcb_info.signature'],
    },
    { name: 'a file cut short', damage: (text: string) => text.slice(0, 100), failing: [] },
    {
      name: 'a member missing',
      damage: (text: string) => text.replace('"pck_crl":', '"other":'),
      failing: [],
    },
  ])('$name is rejected', async ({ damage, failing }) => {
    const { dir, path } = await fetched();
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const { verdict, rows } = await checkEndorsements(dir, { anchors: bothAnchors, at: now });
    expect(verdict).toBe('reject');
    expect(rows).toMatchObject([{ verdict: 'reject', because: expect.any(String) }]);
    expect(rows[0]?.notPassed.map((check) => check.id)).toEqual(failing);
  });

  it('a set under another name is rejected', async () => {
    const { dir, path } = await fetched();
    await writeFile(path.replace('standard', '18'), await readFile(path, 'utf8'));
    const { verdict, rows } = await checkEndorsements(dir, { anchors: bothAnchors, at: now });
    expect(verdict).toBe('reject');
    expect(rows.map((row) => row.verdict)).toEqual(['reject', 'accept']);
    expect(rows[0]?.because).toContain('TCB info has evaluation data number 20');
  });

  it('without the anchor nothing is accepted', async () => {
    const { dir } = await fetched();
    expect(
      await checkEndorsements(dir, {
        anchors: { intel: [], amd: [], nvidia: { device: [], rim: [] } },
        at: now,
      }),
    ).toMatchObject({
      verdict: 'reject',
    });
  });
});
