import { IDEMPOTENCY_KEY, KEYSET_HEADER, keysetHeader } from '../../protocol/session/headers.ts';
import type { InnerProblemCode } from '../../protocol/session/inner-problem.ts';
import { isJsonType } from '../../protocol/session/request-body.ts';
import { fieldValue } from '../../sealed/bhttp/fields.ts';
import type { RequestMessage } from '../../sealed/bhttp/message.ts';
import type { UpstreamRequest } from '../upstream/upstream.ts';
import type { Allowed } from './allowed.ts';
import { modelNamedIn, type OpenAiRequest, readOpenAiRequest } from './openai-request.ts';

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
  | {
      readonly is: 'refused';
      readonly problem: InnerProblemCode;
      /** As far as it could be read. */
      readonly model: string;
    };

const DASH = 0x2d;
const METHOD = /^[A-Z]{3,10}$/;

/**
 * Whether a request may go to the server, and as what. Pure.
 *
 * @param opened attacker-controlled, but read: no field of one value twice, none of a connection.
 */
export function judgeRequest(
  opened: RequestMessage,
  rules: InnerRules,
  { now, keysets, hint }: RequestTerms,
): Judged {
  const { method, scheme, path: target, fields } = opened;
  const fieldOf = (name: string) => fieldValue(fields, name);
  const read = readBody(opened, rules.serves);
  const model = read?.model ?? '';
  const refused = (problem: InnerProblemCode): Judged => ({ is: 'refused', problem, model });
  if (scheme !== 'https' || !METHOD.test(method)) return refused('malformed');
  const date = fieldOf('date');
  const at = date === undefined ? Number.NaN : parseImfFixdate(date);
  // NaN is in no window.
  if (!(Math.abs(at - now) <= rules.dateWindow)) return refused('date');
  const keyset = fieldOf(KEYSET_HEADER);
  if (!keysets.some((one) => keysetHeader(one) === keyset)) return refused('keyset');
  const idempotencyKey = fieldOf('idempotency-key');
  if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    return refused('malformed');
  }
  if (fields.some(([name, value]) => name === 'content-encoding' && value !== 'identity')) {
    return refused('media-type');
  }
  if (!rules.allowed.request(method, target)) return refused('forbidden');
  if (read === undefined) return refused('malformed');
  if (hint !== undefined && read.model !== undefined && hint !== read.model) {
    return refused('model');
  }
  const headers = rules.allowed.requestHeaders(fields);
  const request = { method, target, headers, body: read.body };
  return { is: 'good', request, model, idempotencyKey };
}

/** @returns undefined for a body that no model server reads. */
function readBody(
  { path, fields, content: body }: RequestMessage,
  serves: InnerRules['serves'],
): OpenAiRequest | undefined {
  const type = fieldValue(fields, 'content-type') ?? '';
  const asItIs = { model: undefined, body };
  if (body.length === 0) return asItIs;
  if (serves === 'plain') {
    return { ...asItIs, model: isJsonType(type) ? modelNamedIn(body) : undefined };
  }
  // Whatever it says it is, but for a form that begins like one: some servers read JSON without
  // looking, and no JSON begins with a boundary.
  const isForm = /^multipart\/form-data *;/i.test(type) && body[0] === DASH && body[1] === DASH;
  const [place = ''] = path.split('?');
  return isForm ? asItIs : readOpenAiRequest(place, body);
}

/** `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7), NaN for anything else. */
function parseImfFixdate(text: string): number {
  const ms = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  // What does not read back the same (31 February, a Monday that was a Sunday) is no date.
  return Number.isFinite(ms) && new Date(ms).toUTCString() === text ? ms : Number.NaN;
}
