import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { CheckList } from '../check-list.ts';
import { reportDataProblem } from '../report-data.ts';
import { allIn, conclude, passedIds } from '../verdict.ts';
import type { Verification } from '../verification.ts';
import { attestationKey } from './attestation-key.ts';
import { VTPM_AUTHENTIC, VTPM_BASELINE, VTPM_CHECKS, type VtpmCheckId } from './checks.ts';
import { hclClaims, pcrClaims, runtimeClaims, tpmQuoteClaims } from './claims.ts';
import { type HclReport, parseHclReport, wantedReportData } from './hcl-report.ts';
import type { HardwareEvidence, VtpmInput } from './input.ts';
import type { SelectedPcr } from './pcrs.ts';
import { checkQuote } from './quote-checks.ts';
import { parseRuntimeData, type RuntimeData } from './runtime-data.ts';

type Checks = CheckList<VtpmCheckId>;

/** A {@link Verification} of a vTPM, and what a policy looks at. */
export interface VtpmFindings extends Verification {
  /** Registers whose values a quote proves; none where it does not, or nothing is authentic. */
  readonly pcrs: readonly SelectedPcr[];
}

/**
 * Verifies what a paravisor says of a VM's vTPM, and what that vTPM says: evidence whose
 * REPORT_DATA is the hash of a JSON, the attestation key in that JSON, a quote by that key, PCR
 * values that hash to the quote.
 *
 * The chain is as good as the software at its top: on hardware of its own anybody may put the
 * hash of a JSON of their making into REPORT_DATA. A policy therefore has to know the paravisor,
 * by the evidence's measurement or, on SNP, its ID key.
 *
 * @param input.evidence the answer of the verifier of that evidence; this one adds nothing to
 *   it, and accepts nothing without it being authentic.
 * @returns `authentic` when evidence, binding, key and, where there is one, quote hold. Only
 *   PCR values that are proven are claims.
 */
export function verifyVtpm(input: VtpmInput): VtpmFindings {
  const checks = new CheckList(VTPM_CHECKS);
  checkEvidence(checks, input.evidence);
  const hcl = checks.read('vtpm.hcl.format', () => parseHclReport(input.hcl));
  if (hcl) checkBinding(checks, hcl, input.evidence);
  const runtime =
    hcl && checks.read('vtpm.runtime.format', () => parseRuntimeData(hcl.runtimeJson));
  const ak = runtime && checks.read('vtpm.ak.format', () => attestationKey(runtime));
  if (runtime) checkUserData(checks, runtime, input.userData);
  const quoted = checkQuote(checks, input, ak);

  const passed = passedIds(checks.all);
  const required = requiredFor(input);
  const authentic = allIn(passed, required.intersection(VTPM_AUTHENTIC));
  return {
    verdict: conclude(checks.all, required, passed),
    authentic,
    evidence: 'vtpm',
    anchors: input.anchors,
    revocation: input.evidence.revocation ?? 'unchecked',
    at: formatTime(input.at),
    checks: checks.all,
    pcrs: authentic ? (quoted.pcrs ?? []) : [],
    claims: {
      ...(hcl && hclClaims(hcl)),
      ...(runtime && runtimeClaims(runtime)),
      quoted: quoted.signed && quoted.quote !== undefined,
      ...(quoted.quote && { quote: tpmQuoteClaims(quoted.quote) }),
      ...(authentic && quoted.pcrs && { pcrs: pcrClaims(quoted.pcrs) }),
    },
  };
}

/** The baseline, what was given, and what was asked for besides. */
function requiredFor({
  evidence,
  quote,
  nonce,
  pcrs,
  userData,
}: VtpmInput): ReadonlySet<VtpmCheckId> {
  const asked: VtpmCheckId[] = evidence.kind === 'snp' ? ['vtpm.evidence.vmpl'] : [];
  if (quote) asked.push('vtpm.quote.format', 'vtpm.quote.signature');
  if (nonce) asked.push('vtpm.quote.nonce');
  if (pcrs) asked.push('vtpm.pcrs.format', 'vtpm.pcrs.selection', 'vtpm.pcrs.digest');
  if (userData) asked.push('vtpm.user_data');
  return VTPM_BASELINE.union(new Set(asked));
}

/** Not a failure of its own: forged evidence was rejected as such, incomplete evidence was not. */
function checkEvidence(checks: Checks, { kind, authentic, vmpl }: HardwareEvidence): void {
  const id = 'vtpm.evidence.authentic';
  if (authentic) checks.pass(id);
  else checks.unresolved(id, `the ${kind} evidence is not shown to be authentic`);
  if (kind === 'snp') checkVmpl(checks, vmpl);
}

/**
 * Whatever else is relaxed: below VMPL 0 runs the guest, under the same measurement as the
 * paravisor, and may put the hash of any JSON into its own reports.
 */
function checkVmpl(checks: Checks, vmpl: number | undefined): void {
  const id = 'vtpm.evidence.vmpl';
  if (vmpl === undefined) checks.unresolved(id, 'the evidence could not be read');
  else checks.answer(id, vmpl === 0 ? undefined : { want: 'VMPL 0', got: `VMPL ${vmpl}` });
}

function checkBinding(checks: Checks, hcl: HclReport, evidence: HardwareEvidence): void {
  const sameKind = hcl.hardware === evidence.kind;
  const kinds = { want: evidence.kind, got: hcl.hardware };
  checks.answer('vtpm.hcl.hardware', sameKind ? undefined : kinds);
  const want = wantedReportData(hcl);
  const { reportData: got } = evidence;
  if (got === undefined) {
    checks.unresolved('vtpm.hcl.binding', 'the evidence could not be read');
  } else if (equalBytes(want, got)) {
    checks.pass(
      'vtpm.hcl.binding',
      'the JSON is the word of the software that the evidence measures, so a policy has to know it',
    );
  } else {
    checks.fail('vtpm.hcl.binding', { want: toHex(want), got: toHex(got) });
  }
}

function checkUserData(
  checks: Checks,
  { userData }: RuntimeData,
  expected: Uint8Array | undefined,
): void {
  if (expected === undefined) return;
  checks.answer(
    'vtpm.user_data',
    userData
      ? reportDataProblem(userData, expected)
      : { want: toHex(expected), got: 'no user data' },
  );
}
