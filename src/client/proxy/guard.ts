import type { IncomingMessage } from 'node:http';

/** Why a request is not even looked at. */
export interface Turned {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The names of this machine for itself, and no others: a web page may point its own at 127.0.0.1. */
const HOSTS = ['127.0.0.1', 'localhost', '[::1]'] as const;

/**
 * Whether a request can come from a program of this machine or from the proxy's own page, and not
 * from a web page of somebody else's. Asked before tokens, bodies and all else.
 *
 * @returns undefined where it may.
 */
export function guard(request: IncomingMessage, port: number): Turned | undefined {
  const { headersDistinct: headers, method = '' } = request;
  const [host, ...others] = headers['host'] ?? [];
  // Whoever asks at the port that http has anyway leaves it out.
  const known = HOSTS.flatMap((name) => [`${name}:${port}`, ...(port === HTTP_PORT ? [name] : [])]);
  if (host === undefined || others.length > 0 || !known.includes(host)) {
    return turned(421, 'host', `Host has to be one of ${known.join(', ')}`);
  }
  const origins = headers['origin'] ?? [];
  if (origins.some((origin) => origin !== `http://${host}`)) {
    return turned(403, 'origin', 'web pages may not use this endpoint');
  }
  const sites = headers['sec-fetch-site'] ?? [];
  if (sites.some((site) => site !== 'same-origin' && site !== 'none')) {
    return turned(403, 'origin', 'web pages may not use this endpoint');
  }
  if (!METHODS.has(method)) return turned(405, 'method', 'want GET, POST or DELETE');
  return undefined;
}

const HTTP_PORT = 80;
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE']);

/**
 * JSON, which no form of a web page can send unasked; what holds files only where files go; in no
 * encoding.
 *
 * @param path of an API request.
 */
export function guardType({ method, headers }: IncomingMessage, path: string): Turned | undefined {
  if (method !== 'POST') return undefined;
  // It is sealed without this header, and a machine would take it for what it is not.
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return turned(415, 'content_encoding', 'content is sealed as it is: want no Content-Encoding');
  }
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() === 'application/json') return undefined;
  if (type.trim() === 'multipart/form-data' && path === '/v1/files') return undefined;
  return turned(415, 'content_type', 'Content-Type has to be application/json');
}

function turned(status: number, code: string, message: string): Turned {
  return { status, code, message };
}
