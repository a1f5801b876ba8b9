import { toHex } from '../core/bytes/hex.ts';
import { fromUtf8 } from '../core/bytes/text.ts';
import { parseJson } from '../core/encoding/json.ts';
import { Fault } from '../core/fault.ts';
import { IDEMPOTENCY_KEY, KEYSET_HEADER, keysetHeader } from '../protocol/session/headers.ts';
import { DEEPEST_REQUEST, isJsonType } from '../protocol/session/request-body.ts';
import { encodeRequest } from '../sealed/bhttp/encode.ts';
import type { Field } from '../sealed/bhttp/message.ts';
import { PosternError } from './errors.ts';

/** A request of the caller's, read whole. */
export interface CallerRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly fields: readonly Field[];
  readonly content: Uint8Array;
  /** As a body in JSON names it. */
  readonly model: string | undefined;
}

/** What is sealed with a request, for one machine and one moment. */
export interface Enclosure {
  readonly pool: string;
  /** SHA-384 of the keyset, lower-case hex. */
  readonly keyset: string;
  /** In milliseconds since the epoch. */
  readonly date: number;
  readonly idempotencyKey: string;
}

/**
 * What stays outside of a sealed request: credentials, which are the gateway's; what is about one
 * connection; and what tells the caller's software apart.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'api-key',
  'x-api-key',
  'cookie',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'accept-encoding',
  'user-agent',
  'date',
  'idempotency-key',
  'origin',
  'referer',
]);
const LEFT_OUT_FAMILIES = ['postern-', 'x-stainless-', 'sec-', 'proxy-'];

const IDEMPOTENCY_KEY_SIZE = 16;

export function callerRequest(
  { method, url, headers }: Request,
  content: Uint8Array,
): CallerRequest {
  const { pathname, search } = new URL(url);
  const fields = [...headers].filter(([name]) => isKept(name));
  return { method, path: pathname + search, fields, content, model: modelIn(headers, content) };
}

/**
 * What the caller names, so that he can ask again on purpose; else 128 random bits.
 *
 * @throws PosternError `seal.idempotency-key` for one that no machine takes.
 */
export function idempotencyKey(
  { headers }: Request,
  randomBytes: (length: number) => Uint8Array,
): string {
  const key = headers.get('idempotency-key') ?? toHex(randomBytes(IDEMPOTENCY_KEY_SIZE));
  if (IDEMPOTENCY_KEY.test(key)) return key;
  throw new PosternError(
    'seal.idempotency-key',
    'Idempotency-Key: want 22 to 64 of A-Z, a-z, 0-9, dash and underscore, so that nobody else’s is the same',
  );
}

/** @throws SealedFault `malformed` for fields that no message may have. */
export function binaryRequest(request: CallerRequest, enclosure: Enclosure): Uint8Array {
  const { method, path, fields, content } = request;
  return encodeRequest({
    method,
    scheme: 'https',
    authority: enclosure.pool,
    path,
    fields: [
      ...fields,
      ['date', new Date(enclosure.date).toUTCString()],
      ['idempotency-key', enclosure.idempotencyKey],
      [KEYSET_HEADER, keysetHeader(enclosure.keyset)],
    ],
    content,
    trailers: [],
  });
}

function isKept(name: string): boolean {
  return !LEFT_OUT.has(name) && !LEFT_OUT_FAMILIES.some((family) => name.startsWith(family));
}

function modelIn(headers: Headers, content: Uint8Array): string | undefined {
  if (!isJsonType(headers.get('content-type') ?? '')) return undefined;
  try {
    const { value } = parseJson(fromUtf8(content, 'request'), 'request', DEEPEST_REQUEST);
    const model = typeof value === 'object' && value !== null && 'model' in value && value['model'];
    return typeof model === 'string' && model !== '' ? model : undefined;
  } catch (error) {
    // What is wrong with it, the machine says.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
