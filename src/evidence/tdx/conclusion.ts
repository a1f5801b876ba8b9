import { allIn, type Check, type CheckId, conclude, passedIds, type Verdict } from '../verdict.ts';
import { TDX_AUTHENTIC, TDX_BASELINE, type TdxCheckId } from './checks.ts';
import { requiredOfEventLog } from './event-log/check.ts';
import type { TdxInput } from './input.ts';

/** What all answers together come to. */
export interface Conclusion {
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly revocation: 'checked' | 'unchecked';
  /** The TCB status is Intel's word on this platform. */
  readonly endorsed: boolean;
  readonly checks: readonly Check[];
}

const ACCEPTED = { authentic: true, revocation: 'checked', endorsed: true } as const;

export const ENDORSED: ReadonlySet<TdxCheckId> = new Set([
  'tdx.tcb_info.signer',
  'tdx.tcb_info.signature',
  'tdx.tcb_info.fmspc',
  'tdx.tcb_info.pceid',
  'tdx.qe_identity.signer',
  'tdx.qe_identity.signature',
]);

export const REVOCATION: ReadonlySet<TdxCheckId> = new Set([
  'tdx.root_crl.signature',
  'tdx.root_crl.validity',
  'tdx.pck_crl.signature',
  'tdx.pck_crl.validity',
]);

export function conclusion(checks: readonly Check[], input: TdxInput): Conclusion {
  const passed = passedIds(checks);
  const verdict = conclude(checks, requiredFor(input), passed);
  // The baseline holds all that the other questions are about: a test says so.
  if (verdict === 'accept') return { verdict, ...ACCEPTED, checks };
  return {
    verdict,
    authentic: allIn(passed, TDX_AUTHENTIC),
    revocation: isRevocationChecked(checks, passed) ? 'checked' : 'unchecked',
    endorsed: allIn(passed, ENDORSED),
    checks,
  };
}

/** The baseline, and whatever the caller asked for besides. */
function requiredFor(input: TdxInput): ReadonlySet<TdxCheckId> {
  const { reportData, minEvaluationDataNumber, eventLog } = input;
  const asked: TdxCheckId[] = [];
  if (reportData) asked.push('tdx.report_data');
  if (minEvaluationDataNumber !== undefined) asked.push('tdx.tcb.evaluation_data_number');
  if (eventLog) asked.push(...requiredOfEventLog(eventLog));
  return asked.length === 0 ? TDX_BASELINE : TDX_BASELINE.union(new Set(asked));
}

/** Both lists could be relied upon; what they say of the platform is another question. */
function isRevocationChecked(checks: readonly Check[], passed: ReadonlySet<CheckId>): boolean {
  if (!allIn(passed, REVOCATION)) return false;
  const answer = checks.find((check) => check.id === 'tdx.pck.revocation')?.outcome;
  return answer === 'pass' || answer === 'fail';
}
