import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TDX_CHECKS } from '../../../src/evidence/tdx/checks.ts';
import { conformance } from '../../support/conformance.ts';

const MANIFEST = fileURLToPath(new URL('../../../fixtures/tdx/manifest.json', import.meta.url));

/** What no file can trip: these questions are asked only of a caller's own input, in verifier.test.ts. */
const ASKED_ELSEWHERE = new Set([
  'tdx.clock',
  'tdx.collateral.format',
  'tdx.pck_crl.signer',
  'tdx.tcb.evaluation_data_number',
  'tdx.event_log.expected',
]);

/** Answers that always come together with others: the first is what is wrong, the others follow. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  'tdx.root_crl.format': [
    'tdx.tcb_info.revocation',
    'tdx.qe_identity.revocation',
    'tdx.pck.revocation',
  ],
  'tdx.root_crl.signature': [
    'tdx.tcb_info.revocation',
    'tdx.qe_identity.revocation',
    'tdx.pck.revocation',
  ],
  'tdx.pck_crl.format': ['tdx.pck.revocation'],
  'tdx.pck_crl.signature': ['tdx.pck.revocation'],
  'tdx.tcb.not_revoked': ['tdx.tcb.status'],
};

const reports = await conformance(MANIFEST);

describe('the simulator’s own cases', () => {
  it('are there', () => {
    expect(reports.length).toBeGreaterThan(250);
  });

  it.each(reports.map((report) => [report.id, report] as const))('%s', (_, report) => {
    expect(report.differs).toEqual([]);
  });
});

describe('each check has a case in which it alone does not pass', () => {
  const ids = Object.keys(TDX_CHECKS).filter((id) => !ASKED_ELSEWHERE.has(id));
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
