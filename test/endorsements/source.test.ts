import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { EndorsementFolder } from '../../src/endorsements/folder.ts';
import { tdxEndorsementKey } from '../../src/endorsements/intel/key.ts';
import { status } from './fake-pccs.ts';
import {
  DAY,
  emptyFolder,
  filledFolder,
  key,
  now,
  offline,
  olderTcbInfo,
  platform,
  sourceOf,
  startPccs,
  wanted,
} from './world.ts';

describe('from the network', () => {
  it('is verified, kept, and says when to refresh', async () => {
    const pccs = await startPccs();
    const folder = new EndorsementFolder(await emptyFolder());
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now + 1);
    const nextUpdate = Date.UTC(2026, 5, 19, 10, 16, 3);
    expect(set).toEqual({
      collateral: platform.collateral,
      state: 'current',
      from: 'network',
      provenance: { source: pccs.url, fetchedAt: now },
      validUntil: nextUpdate,
      refreshAt: now + 7 * DAY,
      warnings: [],
    });
    expect(await folder.read(key)).toEqual({
      collateral: platform.collateral,
      provenance: set.provenance,
    });
  });

  it('is refreshed at half of its remaining life when that comes first', async () => {
    const pccs = await startPccs();
    const late = Date.UTC(2026, 5, 19, 10, 16, 3) - 2 * DAY;
    const set = await sourceOf(pccs).collateralFor(wanted, late);
    expect(set.refreshAt).toBe(late + DAY);
  });

  it('one request a document for fifty callers at once', async () => {
    const pccs = await startPccs();
    const source = sourceOf(pccs, { folder: new EndorsementFolder(await emptyFolder()) });
    const sets = await Promise.all(
      Array.from({ length: 50 }, () => source.collateralFor(wanted, now)),
    );
    expect(pccs.requests).toHaveLength(4);
    expect(new Set(pccs.requests).size).toBe(4);
    expect(new Set(sets.map((set) => set.collateral)).size).toBe(1);
  });

  it('a refresh and fifty callers share their requests', async () => {
    const pccs = await startPccs();
    const source = sourceOf(pccs);
    await Promise.all([
      source.refresh(wanted, now),
      ...Array.from({ length: 50 }, () => source.collateralFor(wanted, now)),
    ]);
    expect(pccs.requests).toHaveLength(4);
  });

  it('a shared failure reaches every caller', async () => {
    const pccs = await startPccs();
    pccs.behave(status(404));
    const source = sourceOf(pccs);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => source.collateralFor(wanted, now)),
    );
    expect(outcomes.every(({ status: state }) => state === 'rejected')).toBe(true);
    expect(pccs.requests.length).toBeLessThanOrEqual(4);
  });
});

describe('once held', () => {
  it('comes from memory, without a request', async () => {
    const pccs = await startPccs();
    const source = sourceOf(pccs);
    await source.collateralFor(wanted, now);
    const again = await source.collateralFor({ ...wanted, fmspc: 'F0806F000000' }, now + DAY);
    expect(again).toMatchObject({ from: 'memory', state: 'current', warnings: [] });
    expect(pccs.requests).toHaveLength(4);
  });

  it('comes from the folder in a new process, without a request', async () => {
    const { pccs, folder } = await filledFolder();
    pccs.requests.length = 0;
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now + DAY);
    expect(set).toMatchObject({ from: 'folder', state: 'current', warnings: [] });
    expect(pccs.requests).toEqual([]);
  });

  it('is asked for again after a week, though valid', async () => {
    const { pccs, folder } = await filledFolder();
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now + 7 * DAY);
    expect(set).toMatchObject({ from: 'network', provenance: { fetchedAt: now + 7 * DAY } });
  });

  it('is asked for again when it claims to be fetched in a time to come', async () => {
    const { pccs, folder } = await filledFolder();
    const set = { collateral: platform.collateral };
    const write = (fetchedAt: number) =>
      folder.write(key, { ...set, provenance: { source: pccs.url, fetchedAt } });
    await write(now + DAY);
    const asked = pccs.requests.length;
    expect(await sourceOf(pccs, { folder }).collateralFor(wanted, now)).toMatchObject({
      from: 'network',
      provenance: { fetchedAt: now },
    });
    expect(pccs.requests).toHaveLength(asked + 4);
    // Clocks of two machines may differ by so much.
    await write(now + DAY / 48);
    const again = await sourceOf(pccs, { folder }).collateralFor(wanted, now);
    expect(again.from).toBe('folder');
  });

  it('is replaced by a newer set that another process put into the folder', async () => {
    const { pccs, folder } = await filledFolder(await olderTcbInfo());
    const source = sourceOf(pccs, { folder });
    await source.collateralFor(wanted, now);
    await folder.write(key, {
      collateral: platform.collateral,
      provenance: { source: 'https://other.example', fetchedAt: now + 7 * DAY },
    });
    const set = await source.collateralFor(wanted, now + 7 * DAY);
    expect(set).toMatchObject({ from: 'folder', collateral: platform.collateral });
  });

  it('is not replaced by an older set that somebody put into the folder', async () => {
    const { pccs, folder } = await filledFolder();
    const source = sourceOf(pccs, { folder });
    await source.collateralFor(wanted, now);
    pccs.behave(status(503));
    const older = (
      await platform.reissue(({ tcbInfo }) => {
        tcbInfo.content.tcbEvaluationDataNumber = 19;
      })
    ).collateral;
    await folder.write(key, {
      collateral: older,
      provenance: { source: 'https://other.example', fetchedAt: now + 7 * DAY },
    });
    const set = await source.collateralFor(wanted, now + 7 * DAY);
    expect(set).toMatchObject({ from: 'memory', collateral: platform.collateral });
  });
});

describe('offline', () => {
  it('takes what the folder holds, of any age while it is valid', async () => {
    const { folder } = await filledFolder();
    const set = await offline(folder).collateralFor(wanted, now + 15 * DAY);
    expect(set).toMatchObject({ from: 'folder', state: 'current', warnings: [] });
  });

  it('gives an outdated set with the reason', async () => {
    const { folder } = await filledFolder();
    const set = await offline(folder).collateralFor(wanted, now + 30 * DAY);
    expect(set).toMatchObject({ from: 'folder', state: 'outdated' });
    expect(set.warnings.join()).toMatch(/tdx\.tcb_info\.validity: .*ended 2026-06-19T10:16:03Z/);
  });

  it('says what is missing when there is nothing', async () => {
    const folder = new EndorsementFolder(await emptyFolder());
    await expect(offline(folder).collateralFor(wanted, now)).rejects.toMatchObject({
      code: 'unreachable',
      at: folder.root,
      detail: 'no endorsements for FMSPC f0806f000000 (platform CA, standard), and offline',
    });
  });

  it('never uses a set that was tampered with, and says so', async () => {
    const { folder } = await filledFolder();
    const path = folder.pathOf(key);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('UpToDate', 'OutOfDate'));
    await expect(offline(folder).collateralFor(wanted, now)).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringContaining('passed over: tdx.tcb_info.signature: want signed by'),
    });
  });

  it('never uses a set filed under another FMSPC', async () => {
    const { folder } = await filledFolder();
    const other = { ...wanted, fmspc: '00906ed50000' };
    const stored = await folder.read(key);
    await folder.write(tdxEndorsementKey(other, 'standard'), stored as never);
    await expect(offline(folder).collateralFor(other, now)).rejects.toMatchObject({
      detail: expect.stringContaining('TCB info is for FMSPC f0806f000000'),
    });
  });

  it('can’t refresh', async () => {
    const folder = new EndorsementFolder(await emptyFolder());
    await expect(offline(folder).refresh(wanted, now)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a folder in trouble does not stop an honest source', () => {
  it('a damaged file is replaced, with a warning', async () => {
    const { pccs, folder } = await filledFolder();
    await writeFile(folder.pathOf(key), '{');
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now);
    expect(set).toMatchObject({ from: 'network', state: 'current' });
    expect(set.warnings).toEqual([expect.stringMatching(/^\/.*standard\.json: .*; passed over$/)]);
    expect((await folder.read(key))?.collateral).toEqual(platform.collateral);
  });

  it('one that can’t be written costs a warning', async () => {
    const pccs = await startPccs();
    const folder = new EndorsementFolder('/dev/null/endorsements');
    const source = sourceOf(pccs, { folder });
    const set = await source.collateralFor(wanted, now);
    expect(set).toMatchObject({ from: 'network', state: 'current' });
    expect(set.warnings.at(-1)).toMatch(/^not kept: /);
    expect(await source.collateralFor(wanted, now)).toMatchObject({ from: 'memory' });
  });
});

it('refuses a bad FMSPC before it asks anybody', async () => {
  const pccs = await startPccs();
  const platformOf = { fmspc: '../..', ca: 'platform' as const };
  await expect(sourceOf(pccs).collateralFor(platformOf, now)).rejects.toMatchObject({
    code: 'usage',
    at: 'fmspc',
  });
  expect(pccs.requests).toEqual([]);
});
