import { durationMs } from '../../appraisal/policy/duration.ts';
import type { BrokerLimits, BrokerPool } from '../../gateway/broker/deps.ts';
import { sizeBytes } from '../config/size.ts';
import type { WrittenConfig } from './schema.ts';

export interface BrokerConfig {
  readonly pools: readonly BrokerPool[];
  readonly limits: BrokerLimits;
  /** For sessions that run when the gateway ends, in milliseconds. */
  readonly drain: number;
}

/** As the file would say it. */
export const BROKER_DEFAULTS = {
  pools: [],
  quotas: { requests: 120, streams: 32, tokens: 'unlimited', evidence: 30 },
  limits: {
    streams: 2048,
    // What a client sends of 64 MiB, padded and sealed.
    request: '66MiB',
    evidence: 60,
    kept: '4MiB',
    keptInAll: '256MiB',
  },
  times: { deadline: '30m', idle: '5m', drain: '30s', keep: '2m', wait: '30s', epoch: '1m' },
} as const satisfies WrittenConfig['broker'];

/** Where a machine can't be had and nobody knows for how long, in milliseconds. */
const RETRY_AFTER = 2_000;

/** @param written by the schema, and without contradictions. */
export function brokerConfig(written: WrittenConfig['broker'] = {}): BrokerConfig {
  const { pools = [] } = written;
  const quotas = { ...BROKER_DEFAULTS.quotas, ...written.quotas };
  const limits = { ...BROKER_DEFAULTS.limits, ...written.limits };
  const times = { ...BROKER_DEFAULTS.times, ...written.times };
  const { tokens } = quotas;
  return {
    pools: pools.map(({ pool: name, ...served }) => ({ name, ...served })),
    limits: {
      streams: limits.streams,
      each: { ...quotas, tokens: tokens === 'unlimited' ? undefined : tokens },
      nodeEvidence: limits.evidence,
      request: sizeBytes(limits.request),
      deadline: durationMs(times.deadline),
      idle: durationMs(times.idle),
      resume: {
        keep: durationMs(times.keep),
        wait: durationMs(times.wait),
        each: sizeBytes(limits.kept),
        all: sizeBytes(limits.keptInAll),
      },
      epoch: durationMs(times.epoch),
      retryAfter: RETRY_AFTER,
    },
    drain: durationMs(times.drain),
  };
}
