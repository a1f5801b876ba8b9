import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../core/fault.ts';
import { readBody } from './http-body.ts';
import { brokenConnection, isTransient } from './http-failure.ts';

export interface HttpLimits {
  /** For one document, second try included; a hung mirror must not hang the caller. */
  readonly deadlineMs: number;
  /** Of the body as it is read, decompressed. */
  readonly maxBytes: number;
  /** Wait before the one further try. */
  readonly pauseMs: number;
}

/** A PCK CRL may come near 1 MiB as DER, and twice that as hex text. */
export const HTTP_LIMITS: HttpLimits = {
  deadlineMs: 10_000,
  maxBytes: 4 * 1024 * 1024,
  pauseMs: 500,
};

export interface HttpAnswer {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface HttpRequest {
  readonly url: string;
  readonly limits: HttpLimits;
  /** Ends the request early, without a second try. */
  readonly signal?: AbortSignal;
  /** What a status means for this document, in the words of the vendor's API. */
  readonly statuses?: Readonly<Record<number, string>>;
  /** May hold secrets: no error names them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is posted; absent for a GET. */
  readonly post?: Uint8Array;
}

export interface HttpRefusal {
  readonly status: number;
  /** The Retry-After header as it stands. */
  readonly retryAfter: string | null;
}

/** What came of one try. */
export type HttpAttempt =
  | { readonly answer: HttpAnswer }
  | {
      readonly fault: Fault;
      /** Undefined when another try would be no better; 0 when the server named no wait. */
      readonly retryAfterMs: number | undefined;
      /** What was answered; undefined when nothing was. */
      readonly refusal: HttpRefusal | undefined;
    };

/**
 * One untrusted document: no redirects, a deadline, a size limit, and one more try after what
 * tends to pass (5xx, 429, a broken connection).
 *
 * @throws Fault `unreachable` at the URL, saying in which way.
 */
export async function httpGet(
  fetch: typeof globalThis.fetch,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const asked = await httpAsk(fetch, request);
  if ('answer' in asked) return asked.answer;
  throw asked.fault;
}

/** The same for callers who need to know what was answered; POST is for what may be asked twice. */
export async function httpAsk(
  fetch: typeof globalThis.fetch,
  request: HttpRequest,
): Promise<HttpAttempt> {
  const { limits } = request;
  const deadline = AbortSignal.timeout(limits.deadlineMs);
  const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline;
  const first = await attempt(fetch, request, signal, deadline);
  if ('answer' in first) return first;
  const { retryAfterMs } = first;
  const wait = Math.max(limits.pauseMs, retryAfterMs ?? 0);
  // Asked to come back after the deadline: waiting for it would only hide the reason.
  if (retryAfterMs === undefined || wait >= limits.deadlineMs || signal.aborted) return first;
  const waited = await pause(wait, true, { signal }).catch(() => false);
  return waited ? attempt(fetch, request, signal, deadline) : first;
}

/** One try under its own deadline, for services whose further tries somebody else arranges. */
export async function httpAttempt(
  fetch: typeof globalThis.fetch,
  request: Omit<HttpRequest, 'signal'>,
): Promise<HttpAttempt> {
  const deadline = AbortSignal.timeout(request.limits.deadlineMs);
  return attempt(fetch, request, deadline, deadline);
}

async function attempt(
  fetch: typeof globalThis.fetch,
  { url, limits, statuses, headers, post }: HttpRequest,
  signal: AbortSignal,
  deadline: AbortSignal,
): Promise<HttpAttempt> {
  try {
    // A copy, as the type wants a buffer of its own.
    const posted = post && { method: 'POST', body: new Uint8Array(post) };
    const response = await fetch(url, {
      signal,
      redirect: 'error',
      ...(headers && { headers }),
      ...posted,
    });
    if (response.status !== 200) {
      await response.body?.cancel().catch(() => undefined);
      return refused(url, response, statuses);
    }
    const body = await readBody(response, url, limits.maxBytes);
    return { answer: { url, headers: response.headers, body } };
  } catch (error) {
    if (error instanceof Fault) return { fault: error, ...NO_FURTHER_TRY };
    if (deadline.aborted) {
      const detail = `no complete answer within ${limits.deadlineMs / 1000} s`;
      return { fault: unreachable(url, detail, error), ...NO_FURTHER_TRY };
    }
    const detail = signal.aborted ? 'given up before an answer came' : brokenConnection(error);
    const again = isTransient(error) && !signal.aborted;
    return {
      fault: unreachable(url, detail, error),
      retryAfterMs: again ? 0 : undefined,
      refusal: undefined,
    };
  }
}

const NO_FURTHER_TRY = { retryAfterMs: undefined, refusal: undefined };

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

function refused(
  url: string,
  { status, headers }: Response,
  statuses: Readonly<Record<number, string>> = {},
): HttpAttempt {
  const asked = headers.get('retry-after');
  const seconds = asked !== null && /^\d{1,6}$/.test(asked) ? Number(asked) : undefined;
  const words = [
    `HTTP ${status}`,
    ...(statuses[status] === undefined ? [] : [`: ${statuses[status]}`]),
    // The header is the server's: shown quoted and cut, as it may also be a date or nonsense.
    ...(asked === null ? [] : [`, asks to retry after ${JSON.stringify(asked.slice(0, 40))}`]),
  ];
  // A date can't be turned into a wait without a clock; then one try has to do.
  const mayRetry = TRANSIENT_STATUSES.has(status) && (asked === null || seconds !== undefined);
  return {
    fault: unreachable(url, words.join('')),
    retryAfterMs: mayRetry ? (seconds ?? 0) * 1000 : undefined,
    refusal: { status, retryAfter: asked },
  };
}

function unreachable(url: string, detail: string, cause?: unknown): Fault {
  return new Fault('unreachable', url, detail, cause === undefined ? {} : { cause });
}
