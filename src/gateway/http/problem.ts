import { Fault, type FaultCode } from '../../core/fault.ts';
import { PROBLEMS, type Problem, type ProblemCode, problemType } from '../../protocol/problem.ts';
import { BrokerRefusal, type RefusalCode } from '../broker/refusal.ts';
import type { FleetReason } from '../fleet/outcome.ts';

/** What may be said of a problem beside its code. */
export interface ProblemDetails {
  readonly detail?: string;
  /** The place in the request. */
  readonly at?: string;
  readonly decision?: string;
  /** The first of the codes that stand in the way. */
  readonly code?: string;
  readonly reasons?: readonly FleetReason[];
  /** Ids of nodes that may do instead. */
  readonly candidates?: readonly string[];
  /** Milliseconds; goes into `Retry-After`. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that nothing comes of, where no {@link Fault} says it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    super(PROBLEMS[code].title);
    this.code = code;
    this.details = details;
  }
}

/** How a fault is told. Those that are not the caller's doing keep their text to themselves. */
const TOLD: Readonly<Record<FaultCode, ProblemCode>> = {
  malformed: 'malformed',
  unsupported: 'unsupported',
  conflict: 'conflict',
  missing: 'missing',
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  usage: 'usage',
  unreachable: 'unreachable',
  busy: 'busy',
  'too-soon': 'too-many-requests',
  internal: 'internal',
};

const OF_BROKER: Readonly<Record<RefusalCode, ProblemCode>> = {
  'over-quota': 'too-many-requests',
  overloaded: 'busy',
  unavailable: 'unreachable',
};

/** Fastify's own, by what they mean to whoever asked. */
const FRAMEWORK: Readonly<Record<string, readonly [ProblemCode, ProblemDetails?]>> = {
  FST_ERR_BAD_URL: ['malformed', { at: 'path', detail: 'has escapes: nothing here needs any' }],
  FST_ERR_MAX_PARAM_LENGTH: ['uri-too-long'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['media-type'],
};

/**
 * What is told of anything that was thrown: a Fault or a Refusal speaks for itself, Fastify's
 * errors by their code, and all else is `internal`.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Fault) {
    const { code, at, detail } = error;
    return new Refusal(TOLD[code], code === 'internal' ? {} : { at, detail });
  }
  if (error instanceof BrokerRefusal) return new Refusal(OF_BROKER[error.code], error.details);
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; statusCode?: unknown };
  if (typeof code !== 'string' || !code.startsWith('FST_ERR_')) return new Refusal('internal');
  const known = Object.hasOwn(FRAMEWORK, code) ? FRAMEWORK[code] : undefined;
  if (known !== undefined) return new Refusal(...known);
  const theirs = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return new Refusal(theirs ? 'malformed' : 'internal');
}

/** What a principal is told of it. @param reasons whether they may see them. */
export function problemBody({ code, details }: Refusal, reasons: 'seen' | 'kept'): Problem {
  const { status, title } = PROBLEMS[code];
  const { decision, code: first, candidates } = details;
  const seen = reasons === 'seen' || !INNER.has(code);
  return {
    type: problemType(code),
    title,
    status,
    ...(seen && details.detail !== undefined && { detail: details.detail }),
    ...(seen && details.at !== undefined && { at: details.at }),
    ...(decision !== undefined && { decision }),
    ...(first !== undefined && { code: first }),
    ...(candidates && { candidates: [...candidates] }),
    ...(reasons === 'seen' && details.reasons && { reasons: [...details.reasons] }),
  };
}

/** As JSON in which nothing is left that moves a cursor or turns the reading direction. */
export function problemJson(refusal: Refusal, reasons: 'seen' | 'kept'): string {
  return JSON.stringify(problemBody(refusal, reasons)).replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (found) =>
      Array.from(
        { length: found.length },
        (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
      ).join(''),
  );
}

/** Their places and texts are of the inside: addresses of services, names of files. */
const INNER: ReadonlySet<ProblemCode> = new Set(['unreachable']);

/** In whole seconds, and never at once. */
export function retryAfterSeconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))}`;
}
