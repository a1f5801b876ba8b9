import type { Verdict } from '../../evidence/verdict.ts';
import type { FleetTimes } from './deps.ts';
import type { FleetNode } from './node.ts';
import type { PoolTimes } from './pool.ts';

/** Re-attestation comes this much earlier or later than planned, so that a fleet does not move as one. */
const JITTER = 0.2;
/** Of what is left of an admission: it is renewed within the first two thirds. */
const RENEW_WITHIN = 2 / 3;
/** What runs out for many at one instant is looked at before, spread over this part of what is left. */
const BEFORE_END = { least: 0.05, most: 0.3 };

export interface Look {
  readonly now: number;
  /** 0 to 1. */
  readonly random: number;
}

/**
 * When to look at an admitted node next, in milliseconds since the epoch: one that can be called
 * is called before anything runs out, at a moment that it can't foresee; one that has to come by
 * itself is looked at when its admission is over, or when something ends that fresher endorsements
 * may mend.
 */
export function lookAtAdmitted(
  { endpoint }: Pick<FleetNode, 'endpoint'>,
  { until, evidenceAt }: { readonly until: number; readonly evidenceAt: number },
  { reattestEvery, reattestGrace, resultTtl }: PoolTimes,
  { now, random }: Look,
): number {
  const left = Math.max(0, until - now);
  if (endpoint !== undefined) {
    const every = Math.min(reattestEvery, left * RENEW_WITHIN);
    return Math.min(now + every * (1 - JITTER + 2 * JITTER * random), until);
  }
  if (until >= evidenceAt + resultTtl) return until + reattestGrace;
  return until - left * (BEFORE_END.least + (BEFORE_END.most - BEFORE_END.least) * random);
}

/** Attempts of a node that are taken one after the other: somebody is mending something. */
const ATTEMPTS_AT_ONCE = 5;

/**
 * For how long a node that comes by itself has to wait after an attempt that came to nothing, in
 * milliseconds: longer with each that spoke against it.
 */
export function patience(
  failures: number,
  verdict: Verdict,
  { retry, retryMost }: Pick<FleetTimes, 'retry' | 'retryMost'>,
): number {
  const beyond = failures - ATTEMPTS_AT_ONCE;
  if (beyond < 0) return 0;
  return verdict === 'indeterminate'
    ? retry
    : Math.min(retryMost, retry * 2 ** Math.min(beyond, 30));
}

/**
 * When to try again after an attempt that came to nothing: later with each, but not so late that
 * an admission would be over unseen.
 */
export function lookAgain(
  { failures, standing }: Pick<FleetNode, 'failures' | 'standing'>,
  { retry, retryMost }: Pick<FleetTimes, 'retry' | 'retryMost'>,
  grace: number,
  { now, random }: Look,
): number {
  const wait = Math.min(retryMost, retry * 2 ** Math.min(failures, 30));
  const at = now + wait * (1 - JITTER + 2 * JITTER * random);
  if (standing.state !== 'admitted') return at;
  const over = standing.admission.until + grace;
  return over > now ? Math.min(at, over) : at;
}
