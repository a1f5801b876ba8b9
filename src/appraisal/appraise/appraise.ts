import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { withLazyClaims } from '../../evidence/lazy-claims.ts';
import { UNBOUNDED, untilMember } from '../../evidence/until.ts';
import { type Check, worstOf } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import { weigh } from '../../evidence/weigh.ts';
import { durationMs } from '../policy/duration.ts';
import type { Appraisal, NearestSet, Reason } from './appraisal.ts';
import { checkAssertions } from './assertions.ts';
import { checkBindings, checkWorkload } from './binding-rules.ts';
import { POLICY_CHECKS, type PolicyCheckId } from './checks.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { checkDeployment } from './deployment.ts';
import { checkDevices } from './device-rules.ts';
import type { Findings } from './findings.ts';
import { lifecycleStanding, type Standing } from './lifecycle.ts';
import { checkLogHygiene } from './log-hygiene.ts';
import { answerStanding, type FoundSet, matchReferenceSet } from './reference-sets.ts';
import { snpValues, tdxValues } from './registers.ts';
import { answerTheRest } from './required.ts';
import { checkSnpRules } from './snp-rules.ts';
import { type Appraisable, type Subject, subjectOf } from './subject.ts';
import { takeOver } from './taken-over.ts';
import { checkTdxRules } from './tdx-rules.ts';
import { checkVtpmRules } from './vtpm-rules.ts';

type Checks = CheckList<PolicyCheckId>;

/**
 * Decides about a verification under a policy: pure, and the same in ten years.
 *
 * Every check runs and every answer is given, so that one look shows all that stands in the
 * way. The policy only ever asks for more than the baseline, but for the two things that it has
 * to decide itself: which TCB statuses and which VMPLs it accepts.
 *
 * @param now the instant to decide for, in milliseconds since the epoch; that of the verification.
 */
export function appraise(whole: Appraisable, compiled: CompiledPolicy, now: number): Appraisal {
  const { policy } = compiled;
  const checks: Checks = new CheckList(POLICY_CHECKS);
  const warnings: string[] = [];
  let until = endOf(whole);
  const findings: Findings = {
    now,
    warn: (text) => {
      warnings.push(text);
    },
    limit: (end) => {
      until = until === undefined ? end : Math.min(until, end);
    },
  };
  const subject = subjectOf(whole);
  const standing = lifecycleStanding(policy.metadata.lifecycle, now);
  answerStanding(checks, 'policy.lifecycle', `policy ${policy.metadata.name}`, standing);
  heed(standing, 'the policy', findings);
  const found = checkCpu(checks, compiled, subject, findings);
  checkDevices(checks, policy.spec, subject);
  const { vtpm } = policy.spec.evidence;
  if (vtpm) checkVtpmRules(checks, vtpm, subject);
  checkBindings(checks, policy.spec, subject);
  checkWorkload(checks, policy.spec, subject);
  checkDeployment(checks, policy.spec.deployment, subject, found);
  checkLogHygiene(checks, policy.spec.logHygiene, subject);
  checkAssertions(checks, compiled.assertions, subject, findings);
  const { required } = compiled;
  answerTheRest(checks, required);
  findings.limit(now + durationMs(policy.spec.freshness.resultTtl));
  return conclusion(subject, compiled, checks.all, { required, found, warnings, until });
}

function checkCpu(
  checks: Checks,
  compiled: CompiledPolicy,
  { cpu }: Subject,
  findings: Findings,
): FoundSet {
  const rules = compiled.policy.spec.evidence.cpu;
  const id = 'policy.evidence.kind';
  const want = rules.type === 'intel-tdx' ? 'tdx' : 'snp';
  if (cpu === undefined) {
    checks.unresolved(id, `there is no evidence of a CPU: want ${want}`);
    return {};
  }
  if (cpu.evidence !== want) {
    checks.fail(id, { want, got: cpu.evidence });
    return {};
  }
  checks.pass(id);
  if (rules.type === 'intel-tdx' && 'quote' in cpu) checkTdxRules(checks, rules, cpu, findings);
  if (rules.type === 'amd-sev-snp' && 'line' in cpu) checkSnpRules(checks, rules, cpu);
  const measured = measuredIn(cpu);
  if (measured === undefined) return {};
  const found = matchReferenceSet(checks, compiled, measured, findings.now);
  if (found.matched) {
    heed(found.matched.standing, `reference set ${found.matched.set.id}`, findings);
  }
  return found;
}

function measuredIn(cpu: NonNullable<Subject['cpu']>) {
  if ('quote' in cpu) {
    return cpu.quote && { values: tdxValues(cpu.quote.body), log: cpu.eventLog };
  }
  return cpu.report && { values: snpValues(cpu.report), log: undefined };
}

function heed(standing: Standing, what: string, { warn, limit }: Findings): void {
  if (standing.outcome !== 'pass') return;
  if (standing.warning !== undefined) warn(`${what} ${standing.warning}`);
  if (standing.until !== undefined) limit(standing.until);
}

interface Outcome {
  readonly required: ReadonlySet<PolicyCheckId>;
  readonly found: FoundSet;
  readonly warnings: readonly string[];
  readonly until: number | undefined;
}

function conclusion(
  subject: Subject,
  { read, policy }: CompiledPolicy,
  own: readonly Check[],
  { required, found, warnings, until }: Outcome,
): Appraisal {
  const { whole, cpu, besideCpu } = subject;
  const over = cpu && takeOver(cpu);
  const verdict = worstOf([
    weigh(own, { baseline: required, authentic: NO_IDS }).verdict,
    over?.verdict ?? 'indeterminate',
    ...(besideCpu === undefined ? [] : [besideCpu]),
  ]);
  const isWhole = cpu === whole;
  const verified = isWhole && over ? over.checks : whole.checks;
  const parts = partsOf(whole).map((part) =>
    part === cpu && over ? withChecks(part, over.verdict, over.checks) : part,
  );
  const checks = [...verified, ...own];
  const result = {
    verdict,
    authentic: whole.authentic,
    evidence: whole.evidence,
    anchors: whole.anchors,
    revocation: whole.revocation,
    at: whole.at,
    ...untilMember(until ?? UNBOUNDED),
    ...(whole.tcb && { tcb: whole.tcb }),
    policy: {
      name: policy.metadata.name,
      revision: policy.metadata.revision,
      digest: read.digest,
      ...(found.matched && { referenceSet: found.matched.set.id }),
    },
    ...(found.nearest && { nearest: found.nearest satisfies NearestSet }),
    reasons: reasonsOf(checks, parts),
    warnings,
    labels: policy.metadata.labels ?? {},
    binding: subject.binding,
    checks,
    parts,
  };
  return withLazyClaims(
    result,
    () => whole.claims,
    () => whole.endorsements ?? [],
  );
}

const NO_IDS: ReadonlySet<PolicyCheckId> = new Set();

function partsOf(whole: Appraisable): readonly Verification[] {
  return 'parts' in whole ? whole.parts : [];
}

function withChecks(
  part: Verification,
  verdict: Verification['verdict'],
  checks: readonly Check[],
): Verification {
  const { authentic, evidence, anchors, revocation, at, until, tcb } = part;
  const result = {
    verdict,
    authentic,
    evidence,
    anchors,
    revocation,
    at,
    ...(until !== undefined && { until }),
    ...(tcb && { tcb }),
    checks,
  };
  return withLazyClaims(
    result,
    () => part.claims,
    () => part.endorsements ?? [],
  );
}

function endOf({ until }: Appraisable): number | undefined {
  return until === undefined ? undefined : parseUtcTimestamp(until, 'until');
}

/** Failures first: what is wrong comes before what is not known. */
function reasonsOf(checks: readonly Check[], parts: readonly Verification[]): readonly Reason[] {
  const reasons: Reason[] = [];
  addReasons(reasons, checks, '');
  for (const [i, part] of parts.entries()) {
    if (part.verdict !== 'accept') addReasons(reasons, part.checks, `parts[${i}].`);
  }
  return reasons.length < 2 ? reasons : reasons.toSorted((a, b) => rank(a) - rank(b));
}

function addReasons(reasons: Reason[], checks: readonly Check[], where: string): void {
  for (const check of checks) {
    if (check.outcome === 'pass' || check.outcome === 'skipped') continue;
    const { id: code, outcome } = check;
    const more = check.because === undefined ? '' : ` (${check.because})`;
    const text = outcome === 'fail' ? `want ${check.want}, got ${check.got}${more}` : check.because;
    reasons.push({ code, outcome, path: `${where}${check.path}`, text });
  }
}

function rank({ outcome }: Reason): number {
  return outcome === 'fail' ? 0 : 1;
}
