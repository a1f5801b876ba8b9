import { compareWithRtmrs } from '../../../src/evidence/tdx/event-log/compare.ts';
import { readEventLog } from '../../../src/evidence/tdx/event-log/read.ts';
import { parseQuote } from '../../../src/evidence/tdx/quote.ts';
import { TdxVerifier, verifyTdx } from '../../../src/evidence/tdx/verifier.ts';
import { verifyTdxCollateral } from '../../../src/evidence/tdx/verify-collateral.ts';
import { accepted } from '../accepted.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import { POOL_SIZE, type TdxEvidence } from './evidence.ts';

export type TdxWorkloads = Readonly<
  Record<'cold' | 'warm' | 'again' | 'parse' | 'collateral' | 'eventLog', Workload>
>;

/**
 * Below the number of quotes in a slice, so that the memory is full and forgets with every
 * new platform, as it does in a verifier that has been up for long.
 */
const REMEMBERED = 64;

export function tdxWorkloads(evidence: TdxEvidence): TdxWorkloads {
  const { collateral, collateralFile, at, anchors, first, sameKey, newKeys, eventLog } = evidence;
  /** A verifier that has seen `first`, and nothing of what a slice will show it. */
  const primed = (): TdxVerifier => {
    const verifier = new TdxVerifier(anchors, REMEMBERED);
    accepted(verifier.verify({ quote: first, collateral, at }));
    return verifier;
  };
  const verifyEach = (quotes: readonly Uint8Array[]) => () => {
    const verifier = primed();
    return (call: number) => {
      accepted(verifier.verify({ quote: pick(quotes, call), collateral, at }));
    };
  };
  const { rtmrs } = parseQuote(eventLog.quote).body;
  return {
    cold: {
      name: 'tdx.cold',
      prepare: () => (call) => {
        const quote = pick(newKeys, call);
        accepted(verifyTdx({ quote, collateral: collateralFile, at, anchors }));
      },
    },
    // Beyond the pool a key would have been seen.
    warm: { name: 'tdx.warm', mostCalls: POOL_SIZE, prepare: verifyEach(newKeys) },
    again: { name: 'tdx.again', prepare: verifyEach(sameKey) },
    parse: {
      name: 'tdx.parse',
      prepare: () => (call) => {
        parseQuote(pick(newKeys, call));
      },
    },
    collateral: {
      name: 'tdx.collateral',
      prepare: () => () => accepted(verifyTdxCollateral(collateralFile, { anchors, at })),
    },
    eventLog: {
      name: 'tdx.event-log',
      prepare: () => () => {
        const compared = compareWithRtmrs(readEventLog(eventLog.log), rtmrs);
        if (compared.some(({ outcome }) => outcome === 'different')) {
          throw new Error("the bench's event log does not replay");
        }
      },
    },
  };
}
