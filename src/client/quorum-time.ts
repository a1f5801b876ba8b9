import { type Judgement, missingOf } from '../ledger/trust/judge.ts';
import type { TlogPolicy } from '../ledger/trust/tlog-policy.ts';

/**
 * The latest time at or after which a whole quorum cosigned, in milliseconds since the epoch: now is
 * no earlier. Undefined where the policy wants no quorum, or it has not cosigned.
 */
export function quorumTime(
  { witnesses }: Pick<Judgement, 'witnesses'>,
  { quorum }: Pick<TlogPolicy, 'quorum'>,
): number | undefined {
  if (quorum === undefined) return undefined;
  const times = witnesses.map(({ time }) => time).sort((a, b) => (a < b ? 1 : -1));
  const latest = times.find((from) => {
    const signed = witnesses.filter(({ time }) => time >= from).map(({ witness }) => witness);
    return missingOf(quorum, new Set(signed)).length === 0;
  });
  return latest === undefined || latest === 0n ? undefined : Number(latest) * 1000;
}
