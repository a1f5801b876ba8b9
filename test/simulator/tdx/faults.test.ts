import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { TDX_CHECKS, type TdxCheckId } from '../../../src/evidence/tdx/checks.ts';
import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import { type TdxVerification, verifyTdx } from '../../../src/evidence/tdx/verifier.ts';
import type { TdxFault } from '../../../src/simulator/tdx/faults/fault.ts';
import {
  TDX_FAULTS,
  type TdxFaultName,
  type TdxVariantName,
  tdxCase,
} from '../../../src/simulator/tdx/faults/table.ts';
import { TDX_VARIANTS } from '../../../src/simulator/tdx/faults/variants.ts';
import { simulateTdx } from '../../../src/simulator/tdx/simulate.ts';

async function verified(fault: TdxFaultName | TdxVariantName): Promise<TdxVerification> {
  const { quote, collateral, root, at, questions } = await simulateTdx({ fault });
  const anchors = [anchorFromCertificate(root, 'root')];
  return verifyTdx({ quote, collateral, at: clocksAt(at), anchors, ...questions });
}

function answers({ checks }: TdxVerification, outcome: string): string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

describe('each fault trips its own checks and no other', () => {
  it.each(Object.keys(TDX_FAULTS) as TdxFaultName[])('%s', async (name) => {
    const { fails = [], unresolved = [], tcbStatus } = tdxCase(name);
    const verification = await verified(name);
    expect(answers(verification, 'fail').sort()).toEqual([...fails].sort());
    expect(answers(verification, 'unresolved').sort()).toEqual([...unresolved].sort());
    expect(verification.verdict).toBe(fails.length > 0 ? 'reject' : 'indeterminate');
    if (tcbStatus) expect(verification.tcb?.status).toBe(tcbStatus);
  });
});

describe('what is merely out of the ordinary is accepted', () => {
  it.each(Object.keys(TDX_VARIANTS) as TdxVariantName[])('%s', async (name) => {
    const verification = await verified(name);
    expect([answers(verification, 'fail'), answers(verification, 'unresolved')]).toEqual([[], []]);
    expect(verification.verdict).toBe('accept');
    expect(verification.tcb?.status).toBe('UpToDate');
  });
});

/** Asked without a quote, of a clock, or of a file before there is any evidence. */
const NOT_OF_EVIDENCE: readonly TdxCheckId[] = [
  'tdx.clock',
  'tdx.collateral.format',
  'tdx.pck_crl.signer',
];

/** A revoked level is no level to accept either: these two fall together. */
const NEVER_ALONE: readonly TdxCheckId[] = ['tdx.tcb.not_revoked'];

it('has a fault for every check that trips that check alone', () => {
  const faults: readonly TdxFault[] = Object.values(TDX_FAULTS);
  const tripped = (fault: TdxFault) => [...(fault.fails ?? []), ...(fault.unresolved ?? [])];
  const alone = new Set(
    faults.flatMap((fault) => {
      const wrong = fault.fails ?? fault.unresolved ?? [];
      return wrong.length === 1 ? wrong : [];
    }),
  );
  const ids = (Object.keys(TDX_CHECKS) as TdxCheckId[]).filter(
    (id) => !NOT_OF_EVIDENCE.includes(id),
  );
  const everTripped = new Set(faults.flatMap(tripped));
  expect(ids.filter((id) => !everTripped.has(id))).toEqual([]);
  expect(ids.filter((id) => !alone.has(id))).toEqual(NEVER_ALONE);
});

it('has no fault without a consequence', () => {
  const faults = Object.entries<TdxFault>(TDX_FAULTS);
  const idle = faults.filter(([, { fails, unresolved }]) => !fails?.length && !unresolved?.length);
  expect(idle).toEqual([]);
  expect(faults.length).toBeGreaterThan(250);
});
