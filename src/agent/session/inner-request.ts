import { KEYSET_HEADER, keysetHeader } from '../../protocol/session/headers.ts';
import type { InnerProblemCode } from '../../protocol/session/inner-problem.ts';
import type { Header, UpstreamRequest } from '../upstream/upstream.ts';
import type { Allowed } from './allowed.ts';
import { readOpenAiRequest } from './openai-request.ts';

/** A request as it was opened: attacker-controlled, every bit of it. */
export interface OpenedRequest {
  readonly method: string;
  readonly scheme: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export interface InnerRules {
  readonly allowed: Allowed;
  readonly serves: 'openai' | 'plain';
  /** How far the clock of a client may be off, in milliseconds. */
  readonly dateWindow: number;
}

export interface RequestTerms {
  readonly now: number;
  /** SHA-384 of the keysets in force, lower-case hex. */
  readonly keysets: readonly string[];
  /** Which model was asked for outside the seal, where it was said. */
  readonly hint: string | undefined;
}

/** What is asked of the server, or why it is not asked. */
export type Judged =
  | {
      readonly is: 'good';
      readonly request: UpstreamRequest;
      readonly model: string;
      readonly idempotencyKey: string | undefined;
    }
  | { readonly is: 'refused'; readonly problem: InnerProblemCode };

const METHOD = /^[A-Z]{3,10}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** 128 bits, in hex, base64url or as a UUID. */
const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{22,64}$/;
/** Two of these could mean two things to two readers. */
const ONCE = ['date', 'idempotency-key', KEYSET_HEADER, 'content-length', 'content-encoding'];
/** They would say where the body ends, which the seal already does. */
const FRAMING = ['transfer-encoding', 'trailer', 'upgrade', 'expect'];

/** Whether a request may go to the server, and as what. Pure. */
export function judgeRequest(
  opened: OpenedRequest,
  rules: InnerRules,
  { now, keysets, hint }: RequestTerms,
): Judged {
  const { method, scheme, target, headers, body } = opened;
  const values = (name: string) => headers.filter(([one]) => one === name).map(([, v]) => v);
  const [date] = values('date');
  const passed = rules.allowed.requestHeaders(headers);
  const isTwice = [...ONCE, ...passed.map(([name]) => name)].some((n) => values(n).length > 1);
  const isFramed = FRAMING.some((name) => values(name).length > 0);
  const isOdd = headers.some(([, value]) => !VALUE.test(value)) || scheme !== 'https';
  if (isTwice || isFramed || isOdd || !METHOD.test(method)) return refused('malformed');
  const [length = String(body.length)] = values('content-length');
  if (length !== String(body.length)) return refused('malformed');
  const at = date === undefined ? Number.NaN : parseImfFixdate(date);
  // NaN is in no window.
  if (!(Math.abs(at - now) <= rules.dateWindow)) return refused('date');
  const [keyset] = values(KEYSET_HEADER);
  if (!keysets.some((one) => keysetHeader(one) === keyset)) return refused('keyset');
  const [idempotencyKey] = values('idempotency-key');
  if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    return refused('malformed');
  }
  if ((values('content-encoding')[0] ?? 'identity') !== 'identity') return refused('media-type');
  if (!rules.allowed.request(method, target)) return refused('forbidden');
  const [type = ''] = values('content-type');
  // Whatever it says it is: some servers read JSON without looking.
  const isForm = /^multipart\/form-data *;/i.test(type);
  const read =
    rules.serves === 'openai' && !isForm && body.length > 0
      ? readOpenAiRequest(target.split('?')[0] ?? '', body)
      : { model: undefined, body };
  if (read === undefined) return refused('malformed');
  if (hint !== undefined && read.model !== undefined && hint !== read.model) {
    return refused('model');
  }
  return {
    is: 'good',
    request: { method, target, headers: passed, body: read.body },
    model: read.model ?? '',
    idempotencyKey,
  };
}

function refused(problem: InnerProblemCode): Judged {
  return { is: 'refused', problem };
}

/** `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7), NaN for anything else. */
function parseImfFixdate(text: string): number {
  const ms = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  // What does not read back the same (31 February, a Monday that was a Sunday) is no date.
  return Number.isFinite(ms) && new Date(ms).toUTCString() === text ? ms : Number.NaN;
}
