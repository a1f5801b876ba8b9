import { PRODUCT_LINES } from '../../evidence/snp/product.ts';
import type { PacedDeps } from '../deps.ts';
import { type Failure, failureOf } from '../failure.ts';
import { type HttpAttempt, type HttpLimits, httpAttempt } from '../http.ts';
import { LONGEST_HOLD_MS, retryAfterMs } from '../retry-after.ts';
import { type AmdKey, amdKeyText } from './key.ts';
import { type Pace, type Turn, Turns } from './turns.ts';
import { kdsUrl } from './url.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** AMD's service takes one request in about ten seconds, and says 429 to the rest for minutes. */
export const KDS_PACE: Pace = {
  intervalMs: 10 * SECOND,
  // What one report needs: its certificate and the CRL.
  burst: 2,
  mostWaiting: 64,
  patienceMs: 90 * SECOND,
};

/** Certificates take a few KB. */
const KDS_LIMITS: HttpLimits = {
  deadlineMs: 10 * SECOND,
  maxBytes: 256 * 1024,
  pauseMs: 0,
};

/** How much trouble a document is worth. */
export interface Persistence {
  /** Tries in all when told "too many requests". */
  readonly throttledTries: number;
  /** Tries in all when the service or the connection broke. */
  readonly brokenTries: number;
}

export const PERSISTENT: Persistence = { throttledTries: 4, brokenTries: 2 };
/** For what is good to have and not worth a wait. */
export const ONE_TRY: Persistence = { throttledTries: 1, brokenTries: 1 };

/** A chip or TCB that AMD knows nothing of today is not known in a moment either. */
const UNKNOWN_MS = 60 * MINUTE;

/** One service, and the queue before it. Make one a process: two would ask twice as often. */
export interface KdsClient {
  readonly deps: PacedDeps;
  /** See `kdsBase`. */
  readonly base: string;
  readonly limits: HttpLimits;
  readonly turns: Turns;
}

export interface KdsClientOptions {
  readonly limits?: HttpLimits;
  readonly pace?: Pace;
  /** Told before each wait of more than nothing. */
  readonly onWait?: (ms: number, at: string) => void;
}

export function kdsClient(
  deps: PacedDeps,
  base: string,
  { limits = KDS_LIMITS, pace = KDS_PACE, onWait }: KdsClientOptions = {},
): KdsClient {
  const turns = new Turns({ ...deps, ...(onWait && { onWait }) }, pace);
  return { deps, base, limits, turns };
}

/** Bytes as they came; nothing of them is verified here. */
export type KdsAnswer =
  | { readonly outcome: 'answered'; readonly at: string; readonly body: Uint8Array }
  | (Failure & {
      /** How long to leave this document alone, where that is known. */
      readonly leaveAloneMs?: number;
    });

/** One document, when its turn has come. */
export async function fetchFromKds(
  client: KdsClient,
  key: AmdKey,
  persistence: Persistence,
): Promise<KdsAnswer> {
  const url = kdsUrl(client.base, key);
  try {
    return await client.turns.take(url, (turn) => ask(client, key, url, turn, persistence));
  } catch (error) {
    return failureOf(error);
  }
}

async function ask(
  { deps, limits, turns }: KdsClient,
  key: AmdKey,
  url: string,
  turn: Turn,
  persistence: Persistence,
): Promise<KdsAnswer> {
  for (let tries = 1; ; tries++) {
    const attempt = await httpAttempt(deps.fetch, { url, limits, statuses: statusesOf(key) });
    if ('answer' in attempt) return { outcome: 'answered', at: url, body: attempt.answer.body };
    const { fault, refusal } = attempt;
    const throttled = refusal?.status === 429;
    const wait = waitAfter(attempt, tries, deps.now());
    const most = throttled ? persistence.throttledTries : persistence.brokenTries;
    if (wait !== undefined && tries < most && (await turn.again(wait))) continue;
    // Others would only be told the same.
    if (throttled && wait !== undefined) turns.holdOff(wait);
    // Chains and lists there always are: without them it is the service that is wrong.
    const unknown = refusal?.status === 404 && key.kind === 'vcek';
    const leaveAlone = unknown ? UNKNOWN_MS : throttled ? wait : undefined;
    return { ...failureOf(fault), ...(leaveAlone !== undefined && { leaveAloneMs: leaveAlone }) };
  }
}

/** Undefined when another try would be no better. */
function waitAfter(
  { refusal, retryAfterMs: transient }: Extract<HttpAttempt, { readonly fault: unknown }>,
  tries: number,
  now: number,
): number | undefined {
  const throttled = refusal?.status === 429;
  if (!throttled && transient === undefined) return undefined;
  const asked = retryAfterMs(refusal?.retryAfter ?? null, now) ?? 0;
  const grown = KDS_PACE.intervalMs * (throttled ? 2 ** (tries - 1) : 1);
  return Math.min(LONGEST_HOLD_MS, Math.max(asked, grown));
}

/** KDS answers 404 to all that it can't derive, without a reason. */
function statusesOf(key: AmdKey): Readonly<Record<number, string>> {
  const unknown = `the service knows nothing of ${amdKeyText(key)}`;
  if (key.kind !== 'vcek') return { 404: unknown };
  const { hwIdLength, name } = PRODUCT_LINES[key.line];
  return {
    404: `${unknown}: no ${name} chip has this hardware id of ${hwIdLength} bytes, or it never had this TCB`,
  };
}
