import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Instruments } from '../fleet/instruments.ts';
import { type BrokerMetrics, brokerMetrics } from './broker-metrics.ts';

/** What the gateway's own room counts besides. */
export interface Metrics extends Instruments {
  /** @param route method and template, `none` where there is none. */
  answered(route: string, status: number, seconds: number): void;
  /** Answered with 429 or 503 before anything was done. */
  shed(because: 'rate' | 'verifications' | 'bodies' | 'streams' | 'closing'): void;
  verifications(running: number, waiting: number): void;
  streams(count: number): void;
  readonly broker: BrokerMetrics;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** In seconds. */
const QUICK = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

/**
 * Labels are words of ours. One that is not of a word's form, or one too many, is counted under
 * `other`: no stranger grows the table.
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: 'postern_http_request_seconds',
    help: 'From the headers of a request to the end of its answer, by route and status.',
    labelNames: ['route', 'status'],
    buckets: QUICK,
    registers,
  });
  const shed = new Counter({
    name: 'postern_http_shed_total',
    help: 'Requests that were turned away for being too many, by what was too much.',
    labelNames: ['because'],
    registers,
  });
  const verification = new Histogram({
    name: 'postern_verification_seconds',
    help: 'From the bytes of evidence to the verdict, endorsements included, by kind.',
    labelNames: ['kind'],
    buckets: QUICK,
    registers,
  });
  const work = new Histogram({
    name: 'postern_verification_work_seconds',
    help: 'Work of the threads that verify, by stage: waited for a thread, ran in it.',
    labelNames: ['stage'],
    buckets: QUICK,
    registers,
  });
  const lost = new Counter({
    name: 'postern_verification_threads_lost_total',
    help: 'Threads that verified, and ended over what they were given; others took their place.',
    registers,
  });
  const verdicts = new Counter({
    name: 'postern_verdicts_total',
    help: 'Decisions about nodes, by verdict.',
    labelNames: ['verdict'],
    registers,
  });
  const codes = new Counter({
    name: 'postern_verdict_codes_total',
    help: 'Checks that stood in the way of decisions, by verdict and id; one decision may have many.',
    labelNames: ['verdict', 'code'],
    registers,
  });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `postern_${name}`, help, labelNames, registers });
  const age = gauge(
    'endorsement_age_seconds',
    'How long ago the oldest endorsement of a kind was fetched that is still used.',
    ['kind'],
  );
  const lag = gauge(
    'reattestation_lag_seconds',
    'How long the node has been due that waits longest.',
  );
  const nodes = gauge('nodes', 'Enrolled machines, by where they stand.', ['state']);
  const leaves = gauge('ledger_leaves', 'Leaves of the transparency ledger.');
  const asked = gauge('verifications', 'Verifications that run, and that wait to.', ['state']);
  const working = gauge(
    'verification_work',
    'Work of the threads that verify: in a thread, and waiting for one.',
    ['state'],
  );
  const streams = gauge('event_streams', 'Open streams of events.');
  const delay = eventLoopDelay(registry);
  const [endorsementKind, code] = [closedLabel(), closedLabel()];
  return {
    contentType: registry.contentType,
    broker: brokerMetrics(registry),
    text: () => registry.metrics(),
    close: delay.close,
    answered: (route, status, seconds) => requests.observe({ route, status: `${status}` }, seconds),
    shed: (because) => shed.inc({ because }),
    verified: (kind, seconds) => verification.observe({ kind }, seconds),
    decided: (verdict, ids) => {
      verdicts.inc({ verdict });
      for (const id of new Set(ids)) codes.inc({ verdict, code: code(id) });
    },
    endorsementAges: (ages) => {
      age.reset();
      for (const [kind, seconds] of ages) age.set({ kind: endorsementKind(kind) }, seconds);
    },
    attestationLag: (seconds) => lag.set(seconds),
    nodes: (counts) => {
      for (const [state, count] of Object.entries(counts)) nodes.set({ state }, count);
    },
    ledgerSize: (size) => leaves.set(size),
    verifications: (running, waiting) => setBoth(asked, running, waiting),
    verificationWork: (running, waiting) => setBoth(working, running, waiting),
    verificationWorkDone: (waited, ran) => {
      work.observe({ stage: 'waited' }, waited);
      work.observe({ stage: 'ran' }, ran);
    },
    verificationThreadLost: () => lost.inc(),
    streams: (count) => streams.set(count),
  };
}

function setBoth(gauge: Gauge<'state'>, running: number, waiting: number): void {
  gauge.set({ state: 'running' }, running);
  gauge.set({ state: 'waiting' }, waiting);
}

const MOST_VALUES = 1024;

function closedLabel(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= MOST_VALUES || !/^[a-z0-9][A-Za-z0-9._-]{0,127}$/.test(value)) return 'other';
    known.add(value);
    return value;
  };
}

/** What was measured since it was last asked for: a stall shows once, and not for ever. */
function eventLoopDelay(registry: Registry) {
  const measured = monitorEventLoopDelay({ resolution: 10 });
  measured.enable();
  new Gauge({
    name: 'postern_event_loop_delay_seconds',
    help: 'How late the event loop was since the last scrape, by quantile.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      for (const quantile of [50, 99, 100]) {
        const nanoseconds = measured.count > 0 ? measured.percentile(quantile) : 0;
        this.set({ quantile: `${quantile / 100}` }, nanoseconds / 1e9);
      }
      measured.reset();
    },
  });
  return { close: () => measured.disable() };
}
