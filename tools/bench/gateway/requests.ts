import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { BUNDLE_TYPE } from '../../../src/protocol/media-types.ts';
import type { Result } from '../measure.ts';
import { compare, type Heat, type Side } from '../trial.ts';
import type { Asking } from './asking-thread.ts';
import { AT_ONCE, type BenchGateway, POOL } from './bench-gateway.ts';
import { type FleetEvidence, PURPOSE } from './fleet-evidence.ts';
import { LoopWatch } from './loop-watch.ts';
import { rawAppraiser } from './raw.ts';
import { serve } from './served.ts';

/** `POST /v1/verify` over loopback, by a pool's policy, beside the verifier by itself. */
export async function verifyRequests(
  name: string,
  gateway: BenchGateway,
  evidence: FleetEvidence,
  heat: Heat,
): Promise<Result> {
  const served = await serve(gateway);
  const asking = new Worker(new URL('./asking-thread.ts', import.meta.url));
  try {
    const took: number[] = [];
    const watch = new LoopWatch();
    const requests = requesting(name, `${served.url}/v1/verify`, asking, evidence, took);
    const result = await compare(watch.around(requests), appraising(evidence), heat);
    const times = { p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99) };
    return { ...result, also: { atOnce: AT_ONCE, ...times, ...watch.seen() } };
  } finally {
    await asking.terminate();
    await served.close();
  }
}

function requesting(
  name: string,
  url: string,
  thread: Worker,
  { machines }: FleetEvidence,
  took: number[],
): Side {
  let isWarm = false;
  return {
    name,
    prepare: async () => {
      const requests = machines.map(({ bundle }) => {
        const nonce = new Uint8Array(randomBytes(32));
        const query = `pool=${POOL}&nonce=${toHex(nonce)}&purpose=${encodeURIComponent(PURPOSE)}`;
        return { query, body: bundle({ nonce, purpose: PURPOSE }) };
      });
      return async () => {
        const asking: Asking = { url, type: BUNDLE_TYPE, atOnce: AT_ONCE, requests };
        thread.postMessage(asking);
        const [times] = (await once(thread, 'message')) as [number[]];
        if (isWarm) took.push(...times);
        isWarm = true;
        return times.length;
      };
    },
  };
}

/** @returns the verifier by itself, over evidence of the same machines. */
export function appraising(evidence: FleetEvidence): Side {
  const { workOf, appraise } = rawAppraiser(evidence);
  return {
    name: 'limit.gateway.appraise',
    prepare: async () => {
      const works = evidence.machines.map(({ bundle }) => {
        const nonce = new Uint8Array(randomBytes(32));
        return workOf(bundle({ nonce, purpose: PURPOSE }), { nonce, purpose: PURPOSE });
      });
      return async () => {
        for (const work of works) appraise(work);
        return works.length;
      };
    },
  };
}

/** @param part 0 to 1. @throws RangeError for no numbers. */
function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  if (found === undefined) throw new RangeError('a quantile of no numbers');
  return found;
}
