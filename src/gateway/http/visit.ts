import type { Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../identity/credential.ts';
import type { BodyShare } from './body-budget.ts';
import { Refusal } from './problem.ts';

/** A request on its way through the gateway, for the log, the numbers and the span. */
export interface Visit {
  /** 8 random bytes in lower-case hex. */
  readonly id: string;
  readonly method: string;
  /** The template of its route; undefined where there is none. */
  readonly route: string | undefined;
  /** Of the monotonic clock. */
  readonly beganAt: number;
  readonly span: Span;
  principal: Principal;
  /** Whether they may see why. */
  reasons: 'seen' | 'kept';
  decision?: string;
  refusal?: Refusal;
  site?: string | undefined;
  /** Where its body's bytes are counted until nobody has them any more. */
  body?: BodyShare;
  /** A handler has it, and may go on after the answer. */
  handled?: 'running';
}

const visits = new WeakMap<FastifyRequest, Visit>();

export function beginVisit(request: FastifyRequest, visit: Visit): void {
  visits.set(request, visit);
}

/** Undefined only before a request was looked at at all. */
export function visitOf(request: FastifyRequest): Visit | undefined {
  return visits.get(request);
}

/** @throws Refusal `internal` for a request that nobody has looked at. */
export function visitIn(request: FastifyRequest): Visit {
  const visit = visits.get(request);
  if (visit === undefined) throw new Refusal('internal');
  return visit;
}
