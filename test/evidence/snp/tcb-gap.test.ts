import { expect, it } from 'vitest';
import { parseSnpReport } from '../../../src/evidence/snp/report.ts';
import { snpTcbGap } from '../../../src/evidence/snp/tcb-gap.ts';
import type { SnpPlan } from '../../../src/simulator/snp/plan.ts';
import { createSnpPlatform } from '../../../src/simulator/snp/platform.ts';

async function gapOf(edit: (plan: SnpPlan) => void) {
  const platform = await createSnpPlatform({ edit });
  return snpTcbGap(parseSnpReport(platform.report().subarray(0, 1184)));
}

it('a machine whose firmware is committed and reported has none', async () => {
  expect(
    await gapOf(({ report }) => {
      report.committedTcb = report.currentTcb;
      report.reportedTcb = report.currentTcb;
    }),
  ).toEqual({ committed: [], reported: [] });
});

it('names each component that is below what runs, by how much', async () => {
  const gap = await gapOf(({ report }) => {
    const { currentTcb: current } = report;
    report.committedTcb = { ...current, microcode: current.microcode - 3, snp: current.snp - 1 };
    report.reportedTcb = { ...current, bootLoader: current.bootLoader - 1 };
  });
  expect(gap).toEqual({
    committed: [
      { component: 'snp', have: expect.any(Number), current: expect.any(Number) },
      { component: 'microcode', have: expect.any(Number), current: expect.any(Number) },
    ],
    reported: [{ component: 'bootLoader', have: expect.any(Number), current: expect.any(Number) }],
  });
  expect(gap?.committed.map(({ have, current }) => current - have)).toEqual([1, 3]);
});

it('of a report of version 2, which names no processor, nobody can tell', async () => {
  expect(
    await gapOf(({ report }) => {
      report.version = 2;
    }),
  ).toBeUndefined();
});
