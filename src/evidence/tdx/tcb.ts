import { formatTime } from '../../core/encoding/time.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../check-list.ts';
import type { TcbSummary } from '../verification.ts';
import type { TdxCheckId } from './checks.ts';
import type { PckExtension } from './pck-extension.ts';
import { bytesProblem, maskedProblem, type QeIdentity } from './qe-identity.ts';
import type { Quote } from './quote.ts';
import type { TcbInfo } from './tcb-info.ts';
import {
  convergedStatus,
  hasRevoked,
  isSupported,
  type MatchedLevels,
  matchLevels,
  moduleId,
  moduleIdentityOf,
  moduleVersion,
  type PlatformSvns,
  type TcbLevels,
} from './tcb-level.ts';
import { type Shortfall, tcbShortfall } from './tcb-shortfall.ts';
import {
  type PlatformStatus,
  relaunchTcbStatus,
  type TdxTcbStatus,
  worstStatus,
} from './tcb-status.ts';

type Checks = CheckList<TdxCheckId>;

const NO_ATTRIBUTES = new Uint8Array(8);

const RELAUNCH: ReadonlySet<TdxTcbStatus> = new Set([
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
]);

/** FMSPC and PCEID: is the TCB info about this platform at all? */
export function checkPlatformMatch(checks: Checks, pck: PckExtension, tcbInfo: TcbInfo): void {
  checks.answer('tdx.tcb_info.fmspc', bytesProblem('FMSPC', tcbInfo.fmspc, pck.fmspc));
  checks.answer('tdx.tcb_info.pceid', bytesProblem('PCEID', tcbInfo.pceId, pck.pceId));
}

/**
 * The TDX module's signer and attributes against the identity of its major version.
 *
 * @returns whether Intel knows that version; without, there are no levels to select from.
 */
export function checkModule(checks: Checks, { body }: Quote, tcbInfo: TcbInfo): boolean {
  const identity = moduleIdentityOf(tcbInfo, body.teeTcbSvn);
  const versioned = moduleVersion(body.teeTcbSvn) > 0;
  const known = tcbInfo.moduleIdentities.map(({ id }) => id).join(', ') || 'none';
  checks.answer(
    'tdx.module.identity',
    versioned && identity === undefined
      ? { want: `a module identity ${moduleId(body.teeTcbSvn)}`, got: known }
      : undefined,
  );
  if (versioned && identity === undefined) return false;
  const expected = identity ?? tcbInfo.module;
  checks.answer(
    'tdx.module.mr_signer',
    bytesProblem('MRSIGNERSEAM', body.mrSignerSeam, expected.mrSigner),
  );
  checks.answer(
    'tdx.module.attributes',
    bytesProblem('SEAMATTRIBUTES', body.seamAttributes, NO_ATTRIBUTES) ??
      maskedProblem(
        'SEAMATTRIBUTES',
        body.seamAttributes,
        expected.attributesMask,
        expected.attributes,
      ),
    'every bit must be zero, whatever the mask says',
  );
  return true;
}

/** Level selection, convergence, relaunch; and what is behind when the outcome is not UpToDate. */
export function checkTcb(
  checks: Checks,
  quote: Quote,
  pck: PckExtension,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
): TcbSummary | undefined {
  const { teeTcbSvn, td15 } = quote.body;
  const svns = { pck, teeTcbSvn, qeIsvSvn: quote.qeReport.isvSvn };
  const nowSvns = td15 ? { ...svns, teeTcbSvn: td15.teeTcbSvn2 } : svns;
  const launch = matchLevels(svns, tcbInfo, qeIdentity);
  const current = td15 ? matchLevels(nowSvns, tcbInfo, qeIdentity) : launch;
  const revoked = hasRevoked(launch) || hasRevoked(current);
  checks.answer(
    'tdx.tcb.not_revoked',
    revoked ? { want: 'TCB levels that Intel has not revoked', got: 'Revoked' } : undefined,
  );
  const shortfalls = () => [
    ...tcbShortfall(svns, launch, tcbInfo, qeIdentity),
    ...(td15 ? tcbShortfall(nowSvns, current, tcbInfo, qeIdentity) : []),
  ];
  if (!isSupported(launch) || !isSupported(current)) {
    const [when, levels, at] = isSupported(launch)
      ? ['now (TEE_TCB_SVN_2)', current, nowSvns]
      : ['at launch', launch, svns];
    checks.fail('tdx.tcb.supported', unsupportedProblem(levels, at, tcbInfo, when), {
      because: textsOf(shortfalls()).join('; ') || 'TCB not supported',
    });
    return undefined;
  }
  checks.pass('tdx.tcb.supported');
  const status = td15
    ? relaunchTcbStatus(convergedStatus(launch), convergedStatus(current))
    : convergedStatus(launch);
  const behind = status === 'UpToDate' ? [] : shortfalls();
  const summary = { ...summarize(status, launch, current), behind: textsOf(behind) };
  answerStatus(checks, status, convergedStatus(launch), behind, summary.advisories);
  return summary;
}

/** A TD that is judged twice mostly lacks the same twice. */
function textsOf(shortfalls: readonly Shortfall[]): readonly string[] {
  return [...new Set(shortfalls.map(({ text }) => text))];
}

function unsupportedProblem(
  { unsupported }: MatchedLevels,
  { teeTcbSvn }: PlatformSvns,
  tcbInfo: TcbInfo,
  when: string,
): Mismatch {
  const unknown = unsupported === 'TDX module' && !moduleIdentityOf(tcbInfo, teeTcbSvn);
  return {
    want: `a TCB level for the ${unsupported} ${when}`,
    got: unknown ? `no identity ${moduleId(teeTcbSvn)}` : 'SVNs below every level that Intel lists',
  };
}

/**
 * The levels that the status comes from: where a relaunch is advised those of the launch,
 * else, of a TD that is judged twice, whatever either of the two has against it.
 */
function summarize(status: TdxTcbStatus, launch: TcbLevels, current: TcbLevels) {
  const told = RELAUNCH.has(status) || current === launch ? [launch] : [launch, current];
  const modules = told.flatMap(({ module }) => module ?? []);
  const levels = told.flatMap(({ platform, qe, module }) =>
    module ? [platform, qe, module] : [platform, qe],
  );
  return {
    status,
    date: formatTime(Math.min(...levels.map((level) => level.date))),
    advisories: [...new Set(levels.flatMap((level) => level.advisories))],
    components: {
      platform: worstStatus(told.map(({ platform }) => platform.status)),
      ...(modules.length > 0 && { module: worstStatus(modules.map((module) => module.status)) }),
      qe: launch.qe.status,
    },
  };
}

function answerStatus(
  checks: Checks,
  status: TdxTcbStatus,
  launch: PlatformStatus,
  behind: readonly Shortfall[],
  advisories: readonly string[],
): void {
  if (status === 'UpToDate') {
    checks.pass('tdx.tcb.status');
    return;
  }
  const reasons = [...textsOf(behind)];
  const named = new Set(behind.flatMap((shortfall) => shortfall.advisories));
  const unnamed = advisories.filter((id) => !named.has(id));
  if (unnamed.length > 0) reasons.push(`see ${unnamed.join(', ')}`);
  if (RELAUNCH.has(status)) {
    reasons.push('the TD was launched under an older TDX module: start it anew');
  } else if (status !== launch) {
    reasons.push(`${launch} at launch, worse now; Intel’s library keeps the status of the launch`);
  }
  checks.fail(
    'tdx.tcb.status',
    { want: 'UpToDate', got: status },
    reasons.length > 0 ? { because: reasons.join('; ') } : {},
  );
}

/** Both documents carry a number; the lower one says how old the evaluation is. */
export function checkEvaluationDataNumber(
  checks: Checks,
  floor: number | undefined,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
): void {
  if (floor === undefined) return;
  const lower = Math.min(tcbInfo.evaluationDataNumber, qeIdentity.evaluationDataNumber);
  checks.answer(
    'tdx.tcb.evaluation_data_number',
    lower >= floor
      ? undefined
      : {
          want: `at least ${floor}`,
          got: `TCB info ${tcbInfo.evaluationDataNumber}, QE identity ${qeIdentity.evaluationDataNumber}`,
        },
  );
}
