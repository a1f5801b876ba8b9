import { availableParallelism } from 'node:os';
import { type BundleAnchors, bundleClocksAt } from '../../appraisal/bundle/input.ts';
import type { BundleEndorsements } from '../../endorsements/bundle-endorsements.ts';
import { wishOf } from '../../endorsements/revocation-wish.ts';
import { BundleAppraiser } from '../../gateway/fleet/bundle-appraiser.ts';
import { VerifyingHere } from '../../gateway/fleet/machine-verifier.ts';
import type { Metrics } from '../../gateway/http/metrics.ts';
import type { LimitsConfig } from './config.ts';
import { verificationThreads } from './settings.ts';
import type { PoolObserver } from './threads/thread-pool.ts';
import { VerifyingThreads } from './threads/verifying-threads.ts';

export interface Appraising {
  readonly appraiser: BundleAppraiser;
  /** Once nobody asks any more: what is under way comes to its end. */
  close(): Promise<void>;
}

/**
 * Who appraises for a gateway, in as many threads as it is configured for.
 *
 * @throws Fault `internal` where a thread can't begin.
 */
export async function openAppraising(
  anchors: BundleAnchors,
  endorsements: BundleEndorsements,
  limits: LimitsConfig,
  metrics: Metrics,
): Promise<Appraising> {
  const { verifications, waiting } = limits;
  const threads = verificationThreads(limits, availableParallelism());
  const pool =
    threads === 0
      ? undefined
      : await VerifyingThreads.open({
          anchors,
          threads,
          // All that were let in, and have no thread yet.
          waiting: verifications,
          observe: observerOf(metrics),
        });
  const appraiser = new BundleAppraiser({
    anchors,
    verifying: pool ?? new VerifyingHere(anchors),
    limits: { atOnce: verifications, waiting },
    find: async (bundle, policy, at) => {
      const clocks = bundleClocksAt(at);
      const wish = wishOf(policy?.compiled);
      return (await endorsements.find(bundle, { at: clocks, wish })).endorsements;
    },
  });
  return { appraiser, close: async () => pool?.close() };
}

function observerOf(metrics: Metrics): PoolObserver {
  return {
    changed: metrics.verificationWork,
    done: (waited, ran) => metrics.verificationWorkDone(waited / 1000, ran / 1000),
    lost: metrics.verificationThreadLost,
  };
}
