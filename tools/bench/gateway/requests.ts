import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { toHex } from '../../../src/core/bytes/hex.ts';
import type { BrokerService } from '../../../src/gateway/broker/service.ts';
import type { CertificateService } from '../../../src/gateway/certificates/service.ts';
import { createGateway, type Gateway } from '../../../src/gateway/http/gateway.ts';
import { createMetrics } from '../../../src/gateway/http/metrics.ts';
import { listenOn } from '../../../src/gateway/http/server.ts';
import { BUNDLE_TYPE } from '../../../src/protocol/media-types.ts';
import type { StoreOptions } from '../../../src/store/open.ts';
import type { Result } from '../measure.ts';
import { compare, type Heat, type Side } from '../trial.ts';
import type { Asking } from './asking-thread.ts';
import { AT_ONCE, type BenchGateway, benchGateway, POOL } from './bench-gateway.ts';
import { type FleetEvidence, PURPOSE } from './fleet-evidence.ts';
import { rawAppraiser } from './raw.ts';

/** `POST /v1/verify` over loopback, by a pool's policy, beside the verifier by itself. */
export async function verifyRequests(
  place: StoreOptions,
  evidence: FleetEvidence,
  heat: Heat,
): Promise<Result> {
  const gateway = await benchGateway(place, evidence);
  const metrics = createMetrics();
  const app = appOf(gateway, metrics);
  const asking = new Worker(new URL('./asking-thread.ts', import.meta.url));
  try {
    const url = `${await listenOn(app, '127.0.0.1', 0)}/v1/verify`;
    const took: number[] = [];
    const result = await compare(
      requesting(url, asking, evidence, took),
      appraising(evidence),
      heat,
    );
    return { ...result, also: { p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99) } };
  } finally {
    asking.postMessage('end');
    await once(asking, 'exit');
    await app.close();
    metrics.close();
    await gateway.close();
  }
}

/** Nobody asks for sessions here. */
const NO_BROKER = new Proxy({} as BrokerService, {
  get: (_target, name) => () => {
    throw new Error(`the bench has no broker: ${String(name)}`);
  },
});

/** Nor for certificates. */
const NO_CERTIFICATES = new Proxy({} as CertificateService, {
  get: (_target, name) => () => {
    throw new Error(`the bench has no authority: ${String(name)}`);
  },
});

/** Whoever asks may: it is the way to the verifier that is measured, not the door. */
function appOf({ service, now }: BenchGateway, metrics: ReturnType<typeof createMetrics>): Gateway {
  return createGateway({
    fleet: service,
    broker: NO_BROKER,
    certificates: NO_CERTIFICATES,
    identity: { authenticate: async () => ({ kind: 'anyone' }), mayDo: () => true },
    readLog: async () => undefined,
    keys: () => ({ keys: [] }),
    limit: () => undefined,
    metrics,
    log: () => {},
    now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    version: '0.0.0-bench',
    onBug: (error) => {
      throw error;
    },
  });
}

function requesting(
  url: string,
  thread: Worker,
  { machines }: FleetEvidence,
  took: number[],
): Side {
  let isWarm = false;
  return {
    name: 'gateway.verify',
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
