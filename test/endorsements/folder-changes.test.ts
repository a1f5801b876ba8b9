import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { AmdEndorsementSource } from '../../src/endorsements/amd/source.ts';
import { Shelf } from '../../src/endorsements/shelf.ts';
import * as amd from './amd/world.ts';
import * as nvidia from './nvidia/world.ts';
import {
  clientOf,
  filledFolder,
  key,
  now,
  offline,
  olderTcbInfo,
  reissued,
  sourceOf,
  startPccs,
  wanted,
} from './world.ts';

const HOUR = 3_600_000;

describe('a folder that another process writes, while a service runs', () => {
  it('a newer set is noticed, online and offline', async () => {
    const { pccs, folder } = await filledFolder();
    const newer = await reissued(({ tcbInfo }) => {
      tcbInfo.content.issueDate = '2026-05-25T10:16:03Z';
    });
    const [online, alone] = [sourceOf(pccs, { folder }), offline(folder)];
    for (const source of [online, alone]) {
      const before = await source.collateralFor(wanted, now);
      expect(before.collateral.tcb_info).not.toContain('2026-05-25');
      expect(await source.collateralFor(wanted, now)).toMatchObject({ from: 'memory' });
    }
    const other = await startPccs(newer);
    await sourceOf(other, { folder }).refresh(wanted, now + HOUR);
    pccs.requests.length = 0;
    for (const source of [online, alone]) {
      const after = await source.collateralFor(wanted, now + HOUR);
      expect(after).toMatchObject({ from: 'folder', state: 'current', warnings: [] });
      expect(after.collateral.tcb_info).toContain('2026-05-25');
      expect(await source.collateralFor(wanted, now + HOUR)).toMatchObject({ from: 'memory' });
      expect((await source.stored(wanted, now + HOUR)).collateral).toBe(after.collateral);
    }
    expect(pccs.requests).toEqual([]);
  });

  it('an older set is not taken, nor one that is gone', async () => {
    const { pccs, folder } = await filledFolder();
    const source = sourceOf(pccs, { folder });
    const { collateral } = await source.collateralFor(wanted, now);
    const older = await sourceOf(await startPccs(await olderTcbInfo())).refresh(wanted, now);
    if (older.outcome !== 'accepted') throw new Error('not made');
    await folder.write(key, older.set);
    expect((await source.collateralFor(wanted, now)).collateral).toBe(collateral);
    await rm(folder.pathOf(key));
    expect((await source.collateralFor(wanted, now)).collateral).toBe(collateral);
    expect(pccs.requests).toHaveLength(4);
  });

  it('of AMD’s: a newer list', async () => {
    const { kds, folder } = await amd.filledFolder();
    const source = new AmdEndorsementSource({ anchors: amd.anchors, folder });
    const ask = () => source.crlFor('genoa', 'vcek', amd.now);
    expect(await ask()).toMatchObject({ bytes: amd.world.crl });
    expect(await ask()).toMatchObject({ from: 'memory' });
    const newer = await amd.crlIssued('2026-05-30T00:00:00Z', '2027-05-30T00:00:00Z');
    kds.serve(/crl/, newer);
    await amd.sourceOf(kds, { folder }).refresh(amd.CRL, amd.now);
    expect(await ask()).toMatchObject({ bytes: newer, from: 'folder' });
  });

  it('of NVIDIA’s: a revocation', async () => {
    const { folder } = await nvidia.filledFolder();
    const source = nvidia.offline(folder);
    const { brom } = nvidia.wants;
    expect(await source.get(brom, nvidia.now)).toMatchObject({ facts: { status: 'good' } });
    expect(await source.get(brom, nvidia.now)).toMatchObject({ from: 'memory' });
    const bytes = nvidia.response('brom', {
      status: { revokedAt: '2026-05-30T00:00:00Z', reason: 1 },
    });
    await folder.write(brom, {
      bytes,
      provenance: { source: 'https://other.example', fetchedAt: nvidia.now },
    });
    for (const found of [
      await source.stored(brom, nvidia.now),
      await source.get(brom, nvidia.now),
    ]) {
      expect(found).toMatchObject({ facts: { status: 'revoked' } });
    }
  });

  it('without a folder nobody looks', async () => {
    const pccs = await startPccs();
    const source = sourceOf(pccs, { network: clientOf(pccs) });
    await source.collateralFor(wanted, now);
    expect(await source.collateralFor(wanted, now)).toMatchObject({ from: 'memory' });
  });
});

describe('a shelf', () => {
  it('is bounded in number and in weight', () => {
    const shelf = new Shelf<number, string>({ entries: 3, weight: 10 });
    for (let i = 0; i < 5; i++) shelf.put(`${i}`, i, 'x', 1);
    expect(shelf.all().map(({ key: i }) => i)).toEqual([2, 3, 4]);
    shelf.put('heavy', 9, 'x', 9);
    expect(shelf.all().map(({ key: i }) => i)).toEqual([4, 9]);
  });

  it('knows when something was asked for last, and a newer issue inherits that', () => {
    const shelf = new Shelf<number, string>({ entries: 3, weight: 10 });
    shelf.put('a', 1, 'old', 1);
    expect(shelf.all()[0]?.usedAt).toBeUndefined();
    shelf.use('a', 5000);
    shelf.use('a', 4000);
    shelf.use('b', 4000);
    shelf.put('a', 1, 'new', 1);
    expect(shelf.all()).toEqual([{ key: 1, document: 'new', usedAt: 5000 }]);
  });
});
