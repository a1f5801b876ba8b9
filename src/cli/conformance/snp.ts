import { verifyVtpmOn } from '../../appraisal/vtpm.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { malformed } from '../../core/fault.ts';
import { AMD_ROOTS } from '../../core/x509/amd-roots.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { SnpClocks } from '../../evidence/snp/input.ts';
import { SNP_REPORT_SIZE } from '../../evidence/snp/report.ts';
import { verifySnp } from '../../evidence/snp/verifier.ts';
import { verifySnpChain } from '../../evidence/snp/verify-chain.ts';
import { HCL_HARDWARE_REPORT_AT, parseHclReport } from '../../evidence/vtpm/hcl-report.ts';
import type { VtpmInput } from '../../evidence/vtpm/input.ts';
import type { Case } from './manifest.ts';
import type { Outcome } from './outcome.ts';
import { type CaseContext, instantOf, type Runner } from './runner.ts';

/** A report with the certificates that came with it. */
export const snpReportRunner: Runner = {
  name: 'SEV-SNP report',
  reads: ['report'],
  run: async (testCase, context) => verifyCase(testCase, context, await context.file('report')),
};

/** A report with its certificate table behind it. */
export const snpExtendedReportRunner: Runner = {
  name: 'SEV-SNP extended report',
  reads: ['extendedReport'],
  run: async (testCase, context) =>
    verifyCase(testCase, context, await context.file('extendedReport')),
};

/** An Azure HCL report alone: the attestation report is inside. */
export const snpHclRunner: Runner = {
  name: 'SEV-SNP HCL report',
  reads: ['hcl'],
  run: async (testCase, context) => {
    const hcl = await context.file('hcl');
    const report = hcl.subarray(HCL_HARDWARE_REPORT_AT, HCL_HARDWARE_REPORT_AT + SNP_REPORT_SIZE);
    return verifyCase(testCase, context, report);
  },
};

/** Certificates by themselves. */
export const snpChainRunner: Runner = {
  name: 'SEV-SNP certificate chain',
  reads: ['chain'],
  run: async (testCase, context) =>
    verifySnpChain({
      ...(context.has('vek') && { vek: await context.file('vek') }),
      ...(context.has('crl') && { crl: await context.file('crl') }),
      chain: await chainOf(context),
      anchors: await anchorsOf(testCase, context),
      at: clocksOf(testCase),
    }),
};

async function verifyCase(
  testCase: Case,
  context: CaseContext,
  report: Uint8Array,
): Promise<Outcome> {
  const { file, has } = context;
  const at = clocksOf(testCase);
  const result = verifySnp({
    report,
    ...(has('vek') && { vek: await file('vek') }),
    chain: await chainOf(context),
    ...(has('crl') && { crl: await file('crl') }),
    ...(has('nonce') && { reportData: await file('nonce') }),
    anchors: await anchorsOf(testCase, context),
    at,
  });
  if (!has('hcl')) return result;
  // On Azure the report data binds the paravisor's runtime data.
  const hcl = await file('hcl');
  if (has('runtimeJson')) expectRuntimeJson(hcl, await file('runtimeJson'));
  const vtpm = verifyVtpmOn(result, { hcl, at: at.evidence, ...(await quoteOf(context)) });
  return {
    ...vtpm,
    checks: [...result.checks, ...vtpm.checks],
    claims: { ...result.claims, ...vtpm.claims },
  };
}

/** A quote proves the PCR values beside it; alone it is about nothing that a case has. */
async function quoteOf({ file, has }: CaseContext): Promise<Pick<VtpmInput, 'quote' | 'pcrs'>> {
  if (!has('tpmQuoteMessage') || !has('pcrs')) return {};
  const [message, signature] = [await file('tpmQuoteMessage'), await file('tpmQuoteSignature')];
  return { quote: { message, signature }, pcrs: await file('pcrs') };
}

/** @throws Fault `malformed` when the case shows another JSON than its envelope holds. */
function expectRuntimeJson(hcl: Uint8Array, json: Uint8Array): void {
  if (!equalBytes(parseHclReport(hcl).runtimeJson, json)) {
    throw malformed('runtimeJson', 'not the JSON of the HCL report');
  }
}

/** What sits above the leaf, under whatever name the manifest has it. */
function chainOf({ file, has }: CaseContext): Promise<readonly Uint8Array[]> {
  return Promise.all(['chain', 'intermediate', 'root'].filter(has).map(file));
}

function anchorsOf({ trust }: Case, context: CaseContext): Promise<readonly TrustAnchor[]> {
  return trust === 'none' ? Promise.resolve(AMD_ROOTS) : context.anchors(AMD_ROOTS);
}

function clocksOf(testCase: Case): SnpClocks {
  return { evidence: instantOf(testCase, 'evidence'), crl: instantOf(testCase, 'crl') };
}
