import { SNP_BASELINE } from '../../evidence/snp/checks.ts';
import { HOST_REQUESTED } from '../../evidence/snp/report.ts';
import { TDX_BASELINE } from '../../evidence/tdx/checks.ts';
import { type Check, type CheckId, conclude, type Verdict } from '../../evidence/verdict.ts';
import type { CpuVerification } from '../bundle/parts.ts';

/** An answer of the baseline in whose place a policy has one of its own. */
const IN_PLACE_OF: Readonly<Partial<Record<CheckId, string>>> = {
  'tdx.tcb.status': 'policy.tdx.tcb_status and policy.tdx.advisories',
  'snp.report.vmpl': 'policy.snp.vmpl',
};

/** What CPU evidence comes to once the policy's rules stand in for those of the baseline. */
export interface TakenOver {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}

/**
 * The baseline wants TCB status UpToDate and VMPL 0. A policy says itself what it accepts, so
 * that these answers read `skipped` and say where the policy's own is. Everything else that the
 * verifier asks stands as it is: DEBUG can't be allowed by any policy.
 */
export function takeOver(cpu: CpuVerification): TakenOver {
  const taken = cpu.checks.filter((check) => check.outcome !== 'pass' && isTaken(check.id, cpu));
  if (taken.length === 0) return { verdict: cpu.verdict, checks: cpu.checks };
  const checks = cpu.checks.map((check) => (taken.includes(check) ? replaced(check) : check));
  const baseline: ReadonlySet<CheckId> = 'quote' in cpu ? TDX_BASELINE : SNP_BASELINE;
  const answered = checks.filter(({ outcome }) => outcome !== 'skipped').map(({ id }) => id);
  const skipped = checks.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id);
  const required = baseline.difference(new Set(skipped)).union(new Set(answered));
  return { verdict: conclude(checks, required), checks };
}

function isTaken(id: CheckId, cpu: CpuVerification): boolean {
  if (!Object.hasOwn(IN_PLACE_OF, id)) return false;
  // The guest had no part in a report that the host asked for: no VMPL is that one.
  return !('line' in cpu) || cpu.report?.vmpl !== HOST_REQUESTED;
}

function replaced({ id, path }: Check): Check {
  return { id, path, outcome: 'skipped', because: `the policy decides: ${IN_PLACE_OF[id]}` };
}
