import { INTEL_SGX_ROOT } from '../../core/x509/anchors.ts';
import type { TdxClocks } from '../../evidence/tdx/clocks.ts';
import { verifyTdx } from '../../evidence/tdx/verifier.ts';
import { verifyTdxCollateral } from '../../evidence/tdx/verify-collateral.ts';
import type { Claims } from '../../evidence/verification.ts';
import { hclReportDataBinding, parseHclReport } from '../../evidence/vtpm/hcl-report.ts';
import type { Case } from './manifest.ts';
import { type CaseContext, instantOf, type Runner } from './runner.ts';

/** A quote with its collateral, and whatever else came with it. */
export const tdxQuoteRunner: Runner = {
  name: 'TDX quote',
  reads: ['quote', 'collateral'],
  run: async (testCase, context) => {
    const { file, has } = context;
    const result = verifyTdx({
      quote: await file('quote'),
      collateral: await file('collateral'),
      anchors: await context.anchors([INTEL_SGX_ROOT]),
      at: clocksOf(testCase),
      ...(has('nonce') && { reportData: await file('nonce') }),
      ...(await eventLogOf(context)),
    });
    const reportData = result.quote?.body.reportData;
    if (!has('hclReport') || reportData === undefined) return result;
    return {
      ...result,
      claims: { ...result.claims, ...(await hclClaims(context, reportData)) },
    };
  },
};

/** Collateral by itself. */
export const tdxCollateralRunner: Runner = {
  name: 'TDX collateral',
  reads: ['collateral'],
  run: async (testCase, context) =>
    verifyTdxCollateral(await context.file('collateral'), {
      anchors: await context.anchors([INTEL_SGX_ROOT]),
      at: clocksOf(testCase),
    }),
};

function clocksOf(testCase: Case): TdxClocks {
  return {
    evidence: instantOf(testCase, 'evidence'),
    tcbInfo: instantOf(testCase, 'tcb-info'),
    qeIdentity: instantOf(testCase, 'qe-identity'),
    crl: instantOf(testCase, 'crl'),
  };
}

async function eventLogOf({ file, has }: CaseContext) {
  if (has('eventLog')) return { eventLog: { log: await file('eventLog') } };
  if (!has('ccel')) return {};
  const table = has('ccelTable') ? { table: await file('ccelTable') } : {};
  return { eventLog: { log: await file('ccel'), ...table } };
}

/** On Azure the report data binds the paravisor's runtime data, which its HCL report carries. */
async function hclClaims({ file }: CaseContext, reportData: Uint8Array): Promise<Claims> {
  const hcl = parseHclReport(await file('hclReport'));
  return { hclReportDataBinding: hclReportDataBinding(hcl, reportData) };
}
