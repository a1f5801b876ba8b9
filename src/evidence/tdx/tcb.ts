import { formatTime } from '../../core/encoding/time.ts';
import type { CheckList } from '../check-list.ts';
import type { TcbSummary } from '../verification.ts';
import type { TdxCheckId } from './checks.ts';
import type { PckExtension } from './pck-extension.ts';
import { bytesProblem, maskedProblem, type QeIdentity } from './qe-identity.ts';
import type { Quote } from './quote.ts';
import type { TcbInfo } from './tcb-info.ts';
import {
  convergedStatus,
  matchLevels,
  moduleId,
  moduleIdentityOf,
  moduleVersion,
  type PlatformSvns,
  type TcbLevels,
} from './tcb-level.ts';
import { tcbShortfall } from './tcb-shortfall.ts';
import { relaunchTcbStatus, type TdxTcbStatus } from './tcb-status.ts';

type Checks = CheckList<TdxCheckId>;

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
    bytesProblem('SEAMATTRIBUTES', body.seamAttributes, new Uint8Array(8)) ??
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
  const launchSvns = { pck, teeTcbSvn, qeIsvSvn: quote.qeReport.isvSvn };
  const launch = levelsOrFail(checks, launchSvns, tcbInfo, qeIdentity, 'at launch');
  const currentSvns = td15 ? { ...launchSvns, teeTcbSvn: td15.teeTcbSvn2 } : launchSvns;
  const current = td15
    ? launch && levelsOrFail(checks, currentSvns, tcbInfo, qeIdentity, 'now (TEE_TCB_SVN_2)')
    : launch;
  if (launch === undefined || current === undefined) {
    checks.pass('tdx.tcb.not_revoked', 'no level matched, so none that is revoked');
    return undefined;
  }
  checks.pass('tdx.tcb.supported');
  const status = td15
    ? relaunchTcbStatus(convergedStatus(launch), convergedStatus(current))
    : convergedStatus(launch);
  const behind =
    status === 'UpToDate'
      ? []
      : [
          ...new Set([
            ...tcbShortfall(launchSvns, tcbInfo, qeIdentity),
            ...tcbShortfall(currentSvns, tcbInfo, qeIdentity),
          ]),
        ];
  const summary = summarize(status, launch, behind);
  answerStatus(checks, summary);
  return summary;
}

function levelsOrFail(
  checks: Checks,
  svns: PlatformSvns,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
  when: string,
): TcbLevels | undefined {
  const levels = matchLevels(svns, tcbInfo, qeIdentity);
  if (!('unsupported' in levels)) return levels;
  checks.fail(
    'tdx.tcb.supported',
    {
      want: `a TCB level for the ${levels.unsupported} ${when}`,
      got: 'SVNs below every level that Intel lists',
    },
    { because: tcbShortfall(svns, tcbInfo, qeIdentity).join('; ') || 'TCB not supported' },
  );
  return undefined;
}

function summarize(
  status: TdxTcbStatus,
  { platform, module, qe }: TcbLevels,
  behind: readonly string[],
): TcbSummary {
  const levels = module ? [platform, qe, module] : [platform, qe];
  return {
    status,
    date: formatTime(Math.min(...levels.map((level) => level.date))),
    advisories: [...new Set(levels.flatMap((level) => level.advisories))],
    components: {
      platform: platform.status,
      ...(module && { module: module.status }),
      qe: qe.status,
    },
    behind,
  };
}

function answerStatus(checks: Checks, { status, behind, advisories }: TcbSummary): void {
  checks.answer(
    'tdx.tcb.not_revoked',
    status === 'Revoked'
      ? { want: 'a TCB level that Intel has not revoked', got: 'Revoked' }
      : undefined,
  );
  if (status === 'UpToDate') {
    checks.pass('tdx.tcb.status');
    return;
  }
  const reasons = [...(behind ?? [])];
  if (advisories.length > 0) reasons.push(`see ${advisories.join(', ')}`);
  if (status.startsWith('TDRelaunchAdvised')) {
    reasons.push('the TD was launched under an older TDX module: start it anew');
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
