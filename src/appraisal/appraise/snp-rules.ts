import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import { isEarlier, versionText } from '../../evidence/snp/firmware-version.ts';
import { shortOfFixes } from '../../evidence/snp/floors/fixes.ts';
import { guestPolicy } from '../../evidence/snp/guest-policy.ts';
import { platformInfoFlags } from '../../evidence/snp/platform-info.ts';
import { PRODUCT_LINES, type ProductLine } from '../../evidence/snp/product.ts';
import { HOST_REQUESTED, keyInfoOf, type SnpReport } from '../../evidence/snp/report.ts';
import { type TcbComponent, tcbShortfall, tcbVersion } from '../../evidence/snp/tcb-version.ts';
import type { SnpVerification } from '../../evidence/snp/verifier.ts';
import type { SnpRules } from '../policy/schema/snp.ts';
import { bitsProblem } from './bits.ts';
import type { PolicyCheckId } from './checks.ts';

type Checks = CheckList<PolicyCheckId>;

/** Everything about an SEV-SNP report but its registers. */
export function checkSnpRules(
  checks: Checks,
  rules: SnpRules,
  { report, line, revocation }: SnpVerification,
): void {
  if (report === undefined) {
    unreadable(checks);
    return;
  }
  const info = platformInfoFlags(report.platformInfo);
  checkGuestPolicy(checks, rules.guestPolicy, report);
  checks.answer(
    'policy.snp.platform_info',
    bitsProblem(rules.platformInfo, (name) => info[name]),
  );
  checkMinTcb(checks, rules, report, line);
  checkBulletins(checks, rules.bulletins, report, line);
  checks.answer('policy.snp.vmpl', vmplProblem(rules.vmpl, report.vmpl));
  checks.answer('policy.snp.signer', signerProblem(rules.signer, report));
  checkProvisional(checks, rules.provisionalFirmware, report, line);
  if (typeof rules.crl === 'object') checks.skipped('policy.snp.revocation', rules.crl.skip);
  else if (revocation === 'checked') checks.pass('policy.snp.revocation');
  else checks.unresolved('policy.snp.revocation', 'no CRL of AMD’s was checked');
}

function unreadable(checks: Checks): void {
  for (const id of [
    'policy.snp.guest_policy',
    'policy.snp.min_abi',
    'policy.snp.platform_info',
    'policy.snp.min_tcb',
    'policy.snp.bulletins',
    'policy.snp.vmpl',
    'policy.snp.signer',
    'policy.snp.provisional_firmware',
    'policy.snp.revocation',
  ] as const) {
    checks.unresolved(id, 'the report could not be read');
  }
}

function checkGuestPolicy(
  checks: Checks,
  { minAbi, ...wanted }: SnpRules['guestPolicy'],
  report: SnpReport,
): void {
  const { flags, abiMajor, abiMinor } = guestPolicy(report.policy);
  checks.answer(
    'policy.snp.guest_policy',
    bitsProblem(wanted, (name) => flags[name]),
  );
  if ('skip' in minAbi) {
    checks.skipped('policy.snp.min_abi', minAbi.skip);
    return;
  }
  const { major, minor } = minAbi;
  const enough = abiMajor > major || (abiMajor === major && abiMinor >= minor);
  checks.answer(
    'policy.snp.min_abi',
    enough ? undefined : { want: `ABI ${major}.${minor} or later`, got: `${abiMajor}.${abiMinor}` },
  );
}

const NO_LINE = 'neither certificate nor report says what product it is';

function checkMinTcb(
  checks: Checks,
  { minTcb, tcbAppliesTo }: SnpRules,
  report: SnpReport,
  line: ProductLine | undefined,
): void {
  const id = 'policy.snp.min_tcb';
  if (line === undefined) {
    checks.unresolved(id, NO_LINE);
    return;
  }
  const minimum = minTcb[line];
  if (minimum === undefined) {
    const known = Object.keys(minTcb).join(' or ');
    checks.fail(id, { want: `a processor of ${known}`, got: line });
    return;
  }
  const short = tcbAppliesTo.flatMap((which) => {
    const version = tcbVersion(report[`${which}Tcb`], PRODUCT_LINES[line].layout);
    return tcbShortfall(version, minimum).map(({ component, want, got }) => ({
      want: `${which} ${component} at least ${want}`,
      got: `${which} ${component} ${got ?? '(none)'}`,
    }));
  });
  checks.answer(
    id,
    short.length === 0
      ? undefined
      : {
          want: short.map(({ want }) => want).join(', '),
          got: short.map(({ got }) => got).join(', '),
        },
  );
}

function checkBulletins(
  checks: Checks,
  bulletins: SnpRules['bulletins'],
  report: SnpReport,
  line: ProductLine | undefined,
): void {
  const id = 'policy.snp.bulletins';
  if ('skip' in bulletins) checks.skipped(id, bulletins.skip);
  else if (line === undefined) checks.unresolved(id, NO_LINE);
  else {
    const { below, open } = shortOfFixes(report, line, bulletins);
    if (below.length > 0) checks.fail(id, { want: bulletins.join(', '), got: below.join('; ') });
    else if (open.length > 0) checks.unresolved(id, open.join('; '));
    else checks.pass(id);
  }
}

function vmplProblem(accepted: readonly number[], vmpl: number): Mismatch | undefined {
  if (accepted.includes(vmpl)) return undefined;
  const got = vmpl === HOST_REQUESTED ? 'requested by the host' : `${vmpl}`;
  return { want: accepted.join(' or '), got };
}

function signerProblem(accepted: SnpRules['signer'], report: SnpReport): Mismatch | undefined {
  const got = keyInfoOf(report).signingKey ?? 'a reserved kind of key';
  const known: readonly string[] = accepted;
  return known.includes(got) ? undefined : { want: accepted.join(' or '), got };
}

/** What runs and is not committed can be taken back by the machine's owner, weaknesses and all. */
function checkProvisional(
  checks: Checks,
  rule: SnpRules['provisionalFirmware'],
  report: SnpReport,
  line: ProductLine | undefined,
): void {
  const id = 'policy.snp.provisional_firmware';
  if (rule === 'allow') checks.skipped(id, 'the policy allows firmware that is not committed');
  else if (line === undefined) checks.unresolved(id, NO_LINE);
  else {
    const { layout } = PRODUCT_LINES[line];
    const current = tcbVersion(report.currentTcb, layout);
    const committed = tcbVersion(report.committedTcb, layout);
    const behind = (Object.keys(current) as TcbComponent[])
      .filter((name) => (committed[name] ?? 0) < (current[name] ?? 0))
      .map((name) => `${name} ${committed[name]} below ${current[name]}`);
    const [was, is] = [report.committedVersion, report.currentVersion];
    if (isEarlier(was, is)) behind.push(`firmware ${versionText(was)} below ${versionText(is)}`);
    checks.answer(
      id,
      behind.length === 0
        ? undefined
        : { want: 'what runs to be what is committed', got: behind.join(', ') },
    );
  }
}
