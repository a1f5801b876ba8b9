import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { saltedKeyset } from '../../ledger/leaf/salted.ts';
import type { FleetTimes } from './deps.ts';
import { type Look, lookAgain, lookAtAdmitted } from './next-look.ts';
import type { Admission, FleetNode, LastDecision } from './node.ts';
import type { Outcome } from './outcome.ts';
import type { PoolTimes } from './pool.ts';
import { admitted, leftOpen, type Moment, refused, type Step } from './step.ts';

/** A decision about a node, and what its next look hangs on. */
export interface Decided {
  readonly outcome: Outcome;
  readonly decision: LastDecision;
  readonly appraisal: Appraisal;
  /** Names of the hardware that the evidence speaks of, sorted. */
  readonly hardware: readonly string[];
  /** When the challenge was made that the evidence answers. */
  readonly evidenceAt: number;
  /** Whether the node's own key signed for it: what comes from its endpoint may be anybody's. */
  readonly by: 'node' | 'anybody';
  /** Of the decision's record. */
  readonly salt: Uint8Array;
  readonly times: PoolTimes & Pick<FleetTimes, 'retry' | 'retryMost'>;
  /** 0 to 1. */
  readonly random: number;
}

/** What a decision changes of a node, and when somebody has to look at it again. Pure. */
export function stepAfter(node: FleetNode, decided: Decided, moment: Moment): Step {
  const { outcome, decision, appraisal, times } = decided;
  const look = { now: moment.now, random: decided.random };
  if (outcome.is === 'admitted') return letIn(node, decided, outcome.until, { moment, look });
  const dueAt = Math.ceil(lookAgain(node, times, times.reattestGrace, look));
  const { reasons } = outcome;
  // Evidence that proves nothing, or is another machine's, shown by nobody knows whom, speaks
  // against no machine.
  const isNobodys =
    decided.by === 'anybody' &&
    (isUnproven(appraisal, outcome) || isOthers(node, decided.hardware));
  if (outcome.is === 'refused' && !isNobodys) {
    const { misbehaviour } = outcome;
    // That is about what its key signed for.
    const isSaid = misbehaviour !== undefined && decided.by === 'node';
    const said = isSaid ? { misbehaviour } : {};
    const due = node.endpoint === undefined ? {} : { dueAt };
    return refused(node, { decision, reasons, ...said, ...due }, moment);
  }
  // One that comes by itself does so; what it has runs out by itself, and somebody has to look.
  const comes = node.endpoint === undefined && node.standing.state !== 'admitted';
  const code = outcome.is === 'refused' ? reasons[0]?.code : undefined;
  const because = code === undefined ? {} : { code };
  return leftOpen(node, { decision, reasons, ...because, ...(!comes && { dueAt }) }, moment);
}

function letIn(
  node: FleetNode,
  { decision, appraisal, hardware, evidenceAt, salt, times }: Decided,
  until: number,
  { moment, look }: { readonly moment: Moment; readonly look: Look },
): Step {
  const { digest: policy, referenceSet } = appraisal.policy;
  const keyset = appraisal.binding?.keyset;
  const admission: Admission = {
    id: moment.leafId(),
    decision: decision.id,
    until,
    evidenceAt,
    policy,
    ...(referenceSet !== undefined && { referenceSet }),
    ...(keyset && { keyset: toHex(keyset.sha384) }),
  };
  const dueAt = Math.ceil(lookAtAdmitted(node, admission, times, look));
  const binding = keyset && { keyset: { salted: saltedKeyset(salt, keyset.sha384) } };
  return admitted(node, { admission, hardware, decision, dueAt, ...binding }, moment);
}

/** Not authentic, or about another challenge: whoever stands between could have sent it. */
function isUnproven({ authentic }: Appraisal, outcome: Outcome): boolean {
  if (outcome.is !== 'refused') return false;
  return !authentic || outcome.misbehaviour?.startsWith('evidence.') === true;
}

/** None of it is what the node was accepted with. */
function isOthers({ hardware: known }: FleetNode, hardware: readonly string[]): boolean {
  return known.length > 0 && !hardware.some((name) => known.includes(name));
}
