import { utf8 } from '../../core/bytes/text.ts';
import { OHTTP_PROBLEMS } from '../../sealed/problem.ts';

/**
 * Why an enclave did not do what a request that it opened asks, sealed like any answer. None says a
 * word of the request. Codes are API: add, never rename.
 */
export const INNER_PROBLEMS = {
  date: { status: 400, title: OHTTP_PROBLEMS.date.title },
  keyset: { status: 400, title: 'The request is meant for another keyset' },
  malformed: { status: 400, title: 'The request is not one that can be served' },
  model: { status: 400, title: 'The model outside the seal is not the one inside' },
  forbidden: { status: 403, title: 'Nothing is served by this method and path' },
  idempotency: { status: 409, title: 'This idempotency key was used by another request' },
  'media-type': { status: 415, title: 'A request in this encoding is not read here' },
  upstream: { status: 502, title: 'The server did not answer' },
  'upstream-late': { status: 504, title: 'The server took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type InnerProblemCode = keyof typeof INNER_PROBLEMS;

/** Of RFC 9458 section 6.5.2 for the date, so that other clients know it; else ours. */
function innerProblemType(code: InnerProblemCode): string {
  return code === 'date' ? OHTTP_PROBLEMS.date.type : `urn:postern:problem:${code}`;
}

/** The content of the answer (RFC 9457). */
export function innerProblemBody(code: InnerProblemCode): Uint8Array {
  const { status, title } = INNER_PROBLEMS[code];
  return utf8(JSON.stringify({ type: innerProblemType(code), title, status }));
}
