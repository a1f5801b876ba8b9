import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BrokerObserver } from '../broker/deps.ts';

/** Numbers of relayed sessions. Labels are words of ours; none is of a node, a key or a model. */
export type BrokerMetrics = Omit<BrokerObserver, 'failed'>;

/** In seconds: an answer may take its time to begin, and longer to end. */
const BEGIN = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
const LAST = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

export function brokerMetrics(registry: Registry): BrokerMetrics {
  const registers = [registry];
  const sessions = new Gauge({
    name: 'postern_broker_sessions',
    help: 'Sealed sessions that are open, or kept to be continued.',
    registers,
  });
  const kept = new Gauge({
    name: 'postern_broker_held_bytes',
    help: 'Ciphertext in memory: not yet taken by its reader, or kept to be continued.',
    registers,
  });
  const firstByte = new Histogram({
    name: 'postern_broker_first_byte_seconds',
    help: 'From a sealed request to the first byte of its answer.',
    buckets: BEGIN,
    registers,
  });
  const ended = new Histogram({
    name: 'postern_broker_session_seconds',
    help: 'From a sealed request to the end of its answer, by what it ended with.',
    labelNames: ['end'],
    buckets: LAST,
    registers,
  });
  const bytes = new Counter({
    name: 'postern_broker_bytes_total',
    help: 'Bytes of sealed requests (up) and answers (down).',
    labelNames: ['way'],
    registers,
  });
  const statements = new Counter({
    name: 'postern_broker_statements_total',
    help: 'Usage statements by what became of them; only those taken are billed.',
    labelNames: ['fate'],
    registers,
  });
  const gaps = new Counter({
    name: 'postern_broker_statement_gaps_total',
    help: 'Statements that came without the one before them in their chain.',
    registers,
  });
  const tokens = new Counter({
    name: 'postern_broker_tokens_total',
    help: 'Tokens of statements that were taken.',
    registers,
  });
  const refused = new Counter({
    name: 'postern_broker_refused_total',
    help: 'Sealed requests that were not relayed, by why.',
    labelNames: ['because'],
    registers,
  });
  return {
    sessions: (open, held) => {
      sessions.set(open);
      kept.set(held);
    },
    began: (seconds) => firstByte.observe(seconds),
    ended: ({ end, seconds, up, down }) => {
      ended.observe({ end }, seconds);
      bytes.inc({ way: 'up' }, up);
      bytes.inc({ way: 'down' }, down);
    },
    statement: ({ fate, tokens: count, gap }) => {
      statements.inc({ fate });
      tokens.inc(count);
      if (gap) gaps.inc();
    },
    refused: (because) => refused.inc({ because }),
  };
}
