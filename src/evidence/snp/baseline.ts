import { verifyP384 } from '#crypto';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../check-list.ts';
import { reportDataProblem } from '../report-data.ts';
import { amdSignature } from './amd-signature.ts';
import { bit } from './bits.ts';
import type { SnpCheckId } from './checks.ts';
import { shortOfFixes } from './floors/fixes.ts';
import { knownBulletin } from './floors/floor.ts';
import { GUEST_POLICY_BITS, MUST_BE_ONE, unknownPolicyBits } from './guest-policy.ts';
import type { SnpInput, SnpRelaxation } from './input.ts';
import { unknownPlatformInfoBits } from './platform-info.ts';
import { PRODUCT_LINES } from './product.ts';
import {
  ECDSA_P384_SHA384,
  HOST_REQUESTED,
  keyInfoOf,
  reservedProblem,
  type SnpReport,
} from './report.ts';
import { asksSomething, type MinimumTcb, tcbShortfall, tcbVersion } from './tcb-version.ts';
import type { Vek } from './vek-chain.ts';

type Checks = CheckList<SnpCheckId>;

/** What the report is, before it is asked who signed it. */
export function checkForm(checks: Checks, report: SnpReport): void {
  checks.answer('snp.report.reserved', reservedProblem(report));
  const { signatureAlgo } = report;
  checks.answer(
    'snp.report.signature_algo',
    signatureAlgo === ECDSA_P384_SHA384
      ? undefined
      : { want: `${ECDSA_P384_SHA384}`, got: `${signatureAlgo}` },
  );
  const { signingKey, code } = keyInfoOf(report);
  const named = signingKey === 'vcek' || signingKey === 'vlek';
  checks.answer(
    'snp.report.signing_key',
    named
      ? undefined
      : { want: '0 (VCEK) or 1 (VLEK)', got: `${code} (${signingKey ?? 'reserved'})` },
  );
}

/** The signature's own bytes are not signed, so that each of them is looked at. */
export function checkSignature(checks: Checks, report: SnpReport, vek: Vek | undefined): void {
  const signature = checks.read('snp.report.signature_format', () =>
    amdSignature(report.signature),
  );
  if (signature === undefined || vek === undefined) return;
  const { publicKey } = vek.certificate;
  const signed =
    publicKey.kind === 'P-384' && verifyP384(publicKey.key, report.signed, signature.signature);
  checks.answer(
    'snp.report.signature',
    signed
      ? undefined
      : {
          want: 'bytes 0x0 to 0x29f signed by this certificate’s key',
          got: 'an invalid signature',
        },
  );
}

/** What the baseline forbids of a genuine report, but for what the caller allows. */
export function checkAcceptable(
  checks: Checks,
  report: SnpReport,
  relax: SnpRelaxation = {},
): void {
  checkGuestPolicy(checks, report);
  checkPlatformInfo(checks, report, relax.platformInfoBits ?? []);
  checkVmpl(checks, report, relax.vmpls ?? []);
}

function checkGuestPolicy(checks: Checks, report: SnpReport): void {
  const { policy } = report;
  const got = `0x${policy.toString(16)}`;
  checks.answer(
    'snp.policy.reserved',
    bit(policy, MUST_BE_ONE)
      ? refusedBits(unknownPolicyBits(policy), got)
      : { want: 'bit 17 set, as every guest policy has it', got },
  );
  checks.answer(
    'snp.policy.debug',
    bit(policy, GUEST_POLICY_BITS.debug) ? { want: 'DEBUG (bit 19) 0', got } : undefined,
  );
  checks.answer(
    'snp.policy.migrate_ma',
    bit(policy, GUEST_POLICY_BITS.migrateMa) ? { want: 'MIGRATE_MA (bit 18) 0', got } : undefined,
  );
}

function checkPlatformInfo(
  checks: Checks,
  { platformInfo }: SnpReport,
  allowed: readonly number[],
): void {
  const unknown = unknownPlatformInfoBits(platformInfo);
  const refused = unknown.filter((position) => !allowed.includes(position));
  const got = `0x${platformInfo.toString(16)}`;
  if (unknown.length > 0 && refused.length === 0) {
    checks.waived(
      'snp.platform_info.reserved',
      `relaxed by the caller: unknown bit ${unknown.join(', ')} of ${got} is allowed`,
    );
  } else {
    checks.answer('snp.platform_info.reserved', refusedBits(refused, got));
  }
}

function refusedBits(positions: readonly number[], got: string): Mismatch | undefined {
  if (positions.length === 0) return undefined;
  return { want: 'known bits only', got: `${got}: unknown bit ${positions.join(', ')}` };
}

function checkVmpl(checks: Checks, { vmpl }: SnpReport, allowed: readonly number[]): void {
  const id = 'snp.report.vmpl';
  if (vmpl === HOST_REQUESTED) {
    checks.fail(id, {
      want: 'a report that the guest asked for',
      got: 'one that the host asked for',
    });
  } else if (vmpl !== 0 && allowed.includes(vmpl)) {
    checks.waived(id, `relaxed by the caller: VMPL ${vmpl} is allowed`);
  } else {
    checks.answer(id, vmpl === 0 ? undefined : { want: 'VMPL 0', got: `VMPL ${vmpl}` });
  }
}

/** What the caller asked for besides. */
export function checkRequests(
  checks: Checks,
  report: SnpReport,
  vek: Vek | undefined,
  { reportData, minimumTcb, minimumLaunchTcb, minimumCommittedTcb, fixes }: SnpInput,
): void {
  if (reportData) {
    checks.answer('snp.report_data', reportDataProblem(report.reportData, reportData));
  }
  checkMinimum(checks, 'snp.tcb.minimum', report.reportedTcb, vek, minimumTcb);
  checkMinimum(checks, 'snp.tcb.minimum_launch', report.launchTcb, vek, minimumLaunchTcb);
  checkMinimum(checks, 'snp.tcb.minimum_committed', report.committedTcb, vek, minimumCommittedTcb);
  if (fixes?.length) checkFixes(checks, report, vek, fixes);
}

const NO_LAYOUT = 'without a certificate the TCB’s layout is not known';

function checkMinimum(
  checks: Checks,
  id: 'snp.tcb.minimum' | 'snp.tcb.minimum_launch' | 'snp.tcb.minimum_committed',
  tcb: Uint8Array,
  vek: Vek | undefined,
  minimum: MinimumTcb | undefined,
): void {
  if (!asksSomething(minimum)) return;
  if (vek === undefined) {
    checks.unresolved(id, NO_LAYOUT);
    return;
  }
  const version = tcbVersion(tcb, PRODUCT_LINES[vek.office.line].layout);
  const short = tcbShortfall(version, minimum);
  checks.answer(
    id,
    short.length === 0
      ? undefined
      : {
          want: short.map(({ component, want }) => `${component} at least ${want}`).join(', '),
          got: short.map(({ component, got }) => `${component} ${got ?? '(none)'}`).join(', '),
        },
  );
}

/** @throws Fault `usage` for a bulletin that the table of floors does not have. */
function checkFixes(
  checks: Checks,
  report: SnpReport,
  vek: Vek | undefined,
  fixes: readonly string[],
): void {
  const id = 'snp.tcb.fixes';
  for (const fix of fixes) knownBulletin(fix);
  if (vek === undefined) {
    checks.unresolved(id, NO_LAYOUT);
    return;
  }
  const { below, open } = shortOfFixes(report, vek.office.line, fixes);
  if (below.length > 0) {
    checks.fail(id, { want: fixes.join(', '), got: below.join('; ') });
  } else if (open.length > 0) {
    checks.unresolved(id, open.join('; '));
  } else {
    checks.pass(id);
  }
}
