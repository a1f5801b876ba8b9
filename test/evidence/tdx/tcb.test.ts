import { describe, expect, it } from 'vitest';
import { anchorFromCertificate, INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import { verifyTdx } from '../../../src/evidence/tdx/verifier.ts';
import { verifyTdxCollateral } from '../../../src/evidence/tdx/verify-collateral.ts';
import { teeTcbSvn } from '../../../src/simulator/tdx/faults/tcb-level.ts';
import { simulateTdx, type TdxSimulation } from '../../../src/simulator/tdx/simulate.ts';

async function verified(options: TdxSimulation) {
  const made = await simulateTdx(options);
  return verifyTdx({
    quote: made.quote,
    collateral: made.collateral,
    at: clocksAt(made.at),
    anchors: [anchorFromCertificate(made.root, 'root')],
  });
}

function failed({ checks }: Awaited<ReturnType<typeof verified>>): readonly string[] {
  return checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
}

describe('a revoked level', () => {
  it('is not hidden behind another component without a level', async () => {
    const result = await verified({
      edit: ({ tcbInfo, quote }) => {
        for (const level of tcbInfo.content.tcbLevels) level.tcbStatus = 'Revoked';
        quote.qeReport.isvSvn = 0;
      },
    });
    expect(failed(result)).toEqual(['tdx.tcb.not_revoked', 'tdx.tcb.supported']);
    expect(result.authentic).toBe(false);
  });
});

it('a platform below every level is genuine all the same', async () => {
  const result = await verified({ fault: 'tcb_no_match' });
  expect(failed(result)).toEqual(['tdx.tcb.supported']);
  expect(result).toMatchObject({ authentic: true, verdict: 'reject' });
});

it('worse now than at launch: levels, date and advisories are those of now', async () => {
  const result = await verified({ fault: 'td15_current_ood' });
  expect(result.tcb).toMatchObject({
    status: 'OutOfDate',
    components: { platform: 'UpToDate', module: 'OutOfDate', qe: 'UpToDate' },
  });
  expect(result.tcb?.behind).toEqual([expect.stringMatching(/^TDX module TDX_0\d: ISVSVN has/)]);
  const check = result.checks.find(({ id }) => id === 'tdx.tcb.status');
  expect(check?.because).toContain('UpToDate at launch, worse now');
});

it('the level of a module that came after the launch is told, though at launch there was none', async () => {
  const result = await verified({
    fault: 'td15_current_ood',
    edit: ({ quote: { body } }) => {
      body.teeTcbSvn = teeTcbSvn(5, 0);
    },
  });
  expect(result.tcb).toMatchObject({
    status: 'OutOfDate',
    components: { platform: 'UpToDate', module: 'OutOfDate', qe: 'UpToDate' },
  });
});

it('an identity TDX_00 is none of a module of version 0', async () => {
  const result = await verified({
    fault: 'module_v0_all16',
    edit: ({ tcbInfo }) => {
      const [identity] = tcbInfo.content.tdxModuleIdentities ?? [];
      if (identity === undefined) throw new Error('no identity to copy');
      const levels = identity.tcbLevels.map((level) => ({
        ...level,
        tcbStatus: 'OutOfDate' as const,
      }));
      tcbInfo.content.tdxModuleIdentities?.push({ ...identity, id: 'TDX_00', tcbLevels: levels });
    },
  });
  expect(result.tcb).toMatchObject({ status: 'UpToDate' });
});

it('more advisories than anybody prints are refused, before they cost anything', async () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `A${i}`);
  const result = await verified({
    fault: 'comp_low',
    edit: ({ tcbInfo }) => {
      for (const level of tcbInfo.content.tcbLevels) level.advisoryIDs = ids;
    },
  });
  expect(failed(result)).toEqual(['tdx.tcb_info.format']);
  expect(JSON.stringify(result.checks).length).toBeLessThan(20_000);
});

describe('a document that ends before it is issued', () => {
  it.each([
    ['tcbInfo', 'tdx.tcb_info.validity'],
    ['qeIdentity', 'tdx.qe_identity.validity'],
  ] as const)('is never in date, and readable all the same: %s', async (document, id) => {
    for (const dates of [
      { issueDate: '2027-01-01T00:00:00Z' },
      { nextUpdate: '2025-01-01T00:00:00Z' },
    ]) {
      const result = await verified({
        edit: (plan) => {
          Object.assign(plan[document].content, dates);
        },
      });
      const open = result.checks.filter(({ outcome }) => outcome !== 'pass');
      expect(open.map((check) => [check.id, check.outcome])).toEqual([[id, 'unresolved']]);
      expect(result).toMatchObject({ verdict: 'indeterminate', tcb: { status: 'UpToDate' } });
    }
  });
});

describe('collateral under one of several anchors', () => {
  it('that has run out is open, in whichever order they are named', async () => {
    const { root, collateral, at } = await simulateTdx();
    const ours = anchorFromCertificate(root, 'root');
    for (const anchors of [
      [ours, INTEL_SGX_ROOT],
      [INTEL_SGX_ROOT, ours],
    ]) {
      const later = clocksAt(at + 400 * 24 * 3600 * 1000);
      expect(verifyTdxCollateral(collateral, { anchors, at: later }).verdict).toBe('indeterminate');
      expect(verifyTdxCollateral(collateral, { anchors, at: clocksAt(at) }).verdict).toBe('accept');
    }
  });
});
