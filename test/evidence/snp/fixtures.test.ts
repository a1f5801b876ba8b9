import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SNP_CHECKS } from '../../../src/evidence/snp/checks.ts';
import { conformance } from '../../support/conformance.ts';

const MANIFEST = fileURLToPath(new URL('../../../fixtures/snp/manifest.json', import.meta.url));

/** What no file can trip: these questions are asked only of a caller's own input. */
const ASKED_ELSEWHERE = new Set([
  'snp.clock',
  'snp.tcb.minimum',
  'snp.tcb.minimum_launch',
  'snp.tcb.minimum_committed',
  'snp.tcb.fixes',
]);

/** Answers that always come together with others: the first is what is wrong, the others follow. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  'snp.crl.signature': ['snp.vek.revocation'],
  'snp.crl.validity': ['snp.vek.revocation'],
};

const reports = await conformance(MANIFEST);

describe('the simulator’s own cases', () => {
  it('are there', () => {
    expect(reports.length).toBeGreaterThan(350);
  });

  it.each(reports.map((report) => [report.id, report] as const))('%s', (_, report) => {
    expect(report.differs).toEqual([]);
  });
});

describe('each check has a case in which it alone does not pass', () => {
  const ids = Object.keys(SNP_CHECKS).filter((id) => !ASKED_ELSEWHERE.has(id));
  it.each(ids)('%s', (id) => {
    const alone = reports.filter(({ failed = [], unresolved = [] }) => {
      const notPassed = [...failed, ...unresolved];
      const follows = FOLLOWS[id] ?? [];
      return (
        notPassed.includes(id) && notPassed.every((one) => one === id || follows.includes(one))
      );
    });
    expect(alone.map((report) => report.id)).not.toEqual([]);
  });
});
