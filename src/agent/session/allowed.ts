import type { AllowedConfig } from '../config.ts';
import type { Header } from '../upstream/upstream.ts';

/** What OpenAI-compatible servers are asked for. */
export const OPENAI_REQUESTS: readonly string[] = [
  'POST /v1/chat/completions',
  'POST /v1/completions',
  'POST /v1/embeddings',
  'POST /v1/responses',
  'GET /v1/responses/*',
  'DELETE /v1/responses/*',
  'GET /v1/models',
  'GET /v1/models/*',
  'POST /v1/files',
  'GET /v1/files',
  'GET /v1/files/*',
  'GET /v1/files/*/content',
  'DELETE /v1/files/*',
];

export const USUAL_REQUEST_HEADERS: readonly string[] = ['accept', 'content-type', 'openai-beta'];

export const USUAL_RESPONSE_HEADERS: readonly string[] = [
  'content-type',
  'content-disposition',
  'retry-after',
  'x-request-id',
  'openai-processing-ms',
  'openai-version',
];

/** Never passed on, whatever a configuration says: they are the agent's, or of the connection. */
export const NEVER_PASSED: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'accept-encoding',
]);

/**
 * `POST /v1/files/*`: a method that asks something of the server, not of a connection (CONNECT) or
 * for the request itself (TRACE), and a path of plain segments, some of which may be any.
 */
export const REQUEST_PATTERN =
  '^(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /(?:(?:[A-Za-z0-9._~-]+|\\*)(?:/|$))*$';
export const HEADER_NAME = '^[a-z][a-z0-9-]{0,63}$';

/**
 * A path in its one spelling: no percent sign, so that no slash, dot or control hides in one; no
 * empty segment and none of dots, which two servers may read as two places. A colon is in names of
 * models.
 */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~:-]{1,256}){1,16}$|^\/$/;
const QUERY = /^\?[A-Za-z0-9._~=&,:+-]{0,1024}$/;

/** Holds requests and headers against what the configuration lets through. */
export class Allowed {
  readonly #requests: readonly (readonly string[])[];
  readonly #requestHeaders: ReadonlySet<string>;
  readonly #responseHeaders: ReadonlySet<string>;

  constructor({ requests, requestHeaders, responseHeaders }: AllowedConfig) {
    this.#requests = requests.map((pattern) => pattern.split(/ \/|\//));
    this.#requestHeaders = passable(requestHeaders);
    this.#responseHeaders = passable(responseHeaders);
  }

  /** @param target attacker-controlled: path and query. */
  request(method: string, target: string): boolean {
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    if (!PATH.test(path) || (mark >= 0 && !QUERY.test(target.slice(mark)))) return false;
    const parts = [method, ...path.slice(1).split('/')];
    return this.#requests.some(
      (pattern) =>
        pattern.length === parts.length &&
        pattern.every((part, i) => (part === '*' && i > 0) || part === parts[i]),
    );
  }

  /** Those that the server gets. */
  requestHeaders(headers: readonly Header[]): readonly Header[] {
    return headers.filter(([name]) => this.#requestHeaders.has(name));
  }

  /** Those that the client gets. */
  responseHeaders(headers: readonly Header[]): readonly Header[] {
    return headers.filter(([name]) => this.#responseHeaders.has(name));
  }
}

function passable(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name) => !NEVER_PASSED.has(name)));
}
