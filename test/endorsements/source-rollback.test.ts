import { describe, expect, it } from 'vitest';
import {
  DAY,
  filledFolder,
  key,
  now,
  olderTcbInfo,
  platform,
  reissued,
  sourceOf,
  startPccs,
  wanted,
} from './world.ts';

describe('a source that serves older collateral than held is refused', () => {
  const older: { name: string; edit: Parameters<typeof reissued>[0]; because: RegExp }[] = [
    {
      name: 'a lower evaluation data number of the TCB info',
      edit: ({ tcbInfo }) => {
        tcbInfo.content.tcbEvaluationDataNumber = 19;
      },
      because: /: TCB info of evaluation data number 19, held 20$/,
    },
    {
      name: 'an earlier issueDate of the TCB info',
      edit: ({ tcbInfo }) => {
        tcbInfo.content.issueDate = '2026-05-20T10:16:02Z';
      },
      because: /: TCB info issued 2026-05-20T10:16:02Z, held 2026-05-20T10:16:03Z$/,
    },
    {
      name: 'a lower evaluation data number of the QE identity',
      edit: ({ qeIdentity }) => {
        qeIdentity.content.tcbEvaluationDataNumber = 19;
      },
      because: /: QE identity of evaluation data number 19, held 20$/,
    },
    {
      name: 'an earlier issueDate of the QE identity',
      edit: ({ qeIdentity }) => {
        qeIdentity.content.issueDate = '2026-05-20T10:32:26Z';
      },
      because: /: QE identity issued 2026-05-20T10:32:26Z, held/,
    },
    {
      name: 'an earlier PCK CRL, with nobody revoked',
      edit: ({ crls }) => {
        crls.pck.thisUpdate = '2026-05-20T10:41:14Z';
        crls.pck.revoked = [];
      },
      because: /: PCK CRL issued 2026-05-20T10:41:14Z, held/,
    },
    {
      name: 'an earlier root CA CRL',
      edit: ({ crls }) => {
        crls.root.thisUpdate = '2026-03-20T11:21:56Z';
      },
      because: /: root CA CRL issued 2026-03-20T11:21:56Z, held/,
    },
  ];

  it.each(older)('$name', async ({ edit, because }) => {
    const { pccs, folder } = await filledFolder();
    pccs.served = await reissued(edit);
    const refused = await sourceOf(pccs, { folder }).refresh(wanted, now);
    expect(refused).toMatchObject({
      outcome: 'refused',
      because: expect.stringMatching(because),
    });
    expect(refused).toHaveProperty(
      'because',
      expect.stringMatching(/^the source serves older collateral than we already hold: /),
    );
    expect((await folder.read(key))?.collateral).toEqual(platform.collateral);
  });

  it.each(older)('$name: the same is welcome where nothing is held', async ({ edit }) => {
    await filledFolder(await reissued(edit));
  });

  it('also without a folder, by memory', async () => {
    const pccs = await startPccs();
    const source = sourceOf(pccs);
    await source.collateralFor(wanted, now);
    pccs.served = await olderTcbInfo();
    expect(await source.refresh(wanted, now)).toMatchObject({ outcome: 'refused' });
    const set = await source.collateralFor(wanted, now + 7 * DAY);
    expect(set).toMatchObject({ from: 'memory', state: 'current' });
    expect(set.warnings).toEqual([expect.stringContaining('serves older collateral')]);
  });

  it('also when what is held is out of date itself', async () => {
    const { pccs, folder } = await filledFolder();
    pccs.served = await reissued(({ tcbInfo, qeIdentity, crls }) => {
      tcbInfo.content.issueDate = '2026-05-13T10:16:03Z';
      tcbInfo.content.nextUpdate = '2026-12-31T00:00:00Z';
      qeIdentity.content.nextUpdate = '2026-12-31T00:00:00Z';
      crls.pck.nextUpdate = '2026-12-31T00:00:00Z';
    });
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now + 30 * DAY);
    expect(set.state).toBe('outdated');
    expect(set.warnings[0]).toContain('serves older collateral');
  });

  it('an explicit evaluation number is a channel of its own', async () => {
    const { pccs, folder } = await filledFolder();
    pccs.served = await reissued(({ tcbInfo, qeIdentity }) => {
      tcbInfo.content.tcbEvaluationDataNumber = 18;
      qeIdentity.content.tcbEvaluationDataNumber = 18;
    });
    const stored = await sourceOf(pccs, { folder, channel: 18 }).refresh(wanted, now);
    expect(stored).toMatchObject({ outcome: 'accepted' });
    expect(await folder.list()).toHaveLength(2);
  });

  it('the same set again is no rollback', async () => {
    const { pccs, folder } = await filledFolder();
    expect(await sourceOf(pccs, { folder }).refresh(wanted, now)).toMatchObject({
      outcome: 'accepted',
    });
  });
});
