import type { IncomingMessage, ServerResponse } from 'node:http';
import { JSON_TYPE, PROBLEM_TYPE } from '../../protocol/media-types.ts';
import { PROBLEMS, type ProblemCode, problemType } from '../../protocol/problem.ts';
import { encodeOhttpProblem } from '../../sealed/problem.ts';

/** Nothing that an agent answers is anybody's to keep or to change. */
export const COMMON_HEADERS = {
  'cache-control': 'no-store, no-transform',
  'x-content-type-options': 'nosniff',
} as const;

export function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...COMMON_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
  // Whoever asked may still be sending. A connection that is closed on what nobody read is reset,
  // and the answer may be lost with it. How long it may go on, the server's deadline says.
  response.req.resume();
}

export function sendJson(response: ServerResponse, value: unknown): void {
  sendBytes(response, 200, JSON_TYPE, JSON.stringify(value));
}

/** Seconds. */
const RETRY_AFTER = '5';

/**
 * A problem outside the seal: a word of ours, and nothing of what was asked.
 *
 * @param detail of ours as well.
 */
export function sendProblem(response: ServerResponse, code: ProblemCode, detail?: string): void {
  const { status, title } = PROBLEMS[code];
  const told = { type: problemType(code), title, status, ...(detail !== undefined && { detail }) };
  const body = JSON.stringify(told);
  const isLater = status === 503 || status === 429;
  sendBytes(response, status, PROBLEM_TYPE, body, {
    ...(isLater && { 'retry-after': RETRY_AFTER }),
  });
}

/** The request is sealed to a key that is not served: nothing else is answered like this. */
export function sendUnknownKey(response: ServerResponse): void {
  const body = encodeOhttpProblem('ohttp-key');
  sendBytes(response, 400, PROBLEM_TYPE, body);
}

/** A header that may be there once; `twice` where it is more often, in whatever spelling. */
export function headerOf(request: IncomingMessage, name: string): string | 'twice' | undefined {
  const { rawHeaders } = request;
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  }
  return values.length > 1 ? 'twice' : values[0];
}

/** @returns undefined for one that is longer, or that breaks off. */
export async function readAll(
  request: IncomingMessage,
  most: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of piecesOf(request)) {
      length += chunk.length;
      if (length > most) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Its body; whoever stops in the midst of it can still answer. */
export function piecesOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false });
}
