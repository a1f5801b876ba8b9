import { Fault } from '../../core/fault.ts';
import { parseOcspResponse } from '../../core/x509/ocsp.ts';
import { encodeOcspRequest } from '../../core/x509/ocsp-request.ts';
import type { OcspSubject } from '../../evidence/nvidia/ocsp.ts';
import { failureOf } from '../failure.ts';
import { type ClientOptions, GATE_LIMITS, Gate, type GateDeps } from '../gate.ts';
import type { HttpLimits } from '../http.ts';
import type { Fetched } from './fetched.ts';

const HOUR = 3_600_000;

/** Real responses take 1 KB. */
const OCSP_LIMITS: HttpLimits = { deadlineMs: 10_000, maxBytes: 64 * 1024, pauseMs: 500 };

/** The longest that every version of the extension allows (RFC 8954 section 2.1). */
const NONCE_SIZE = 32;

/** Unpredictable bytes, so many. */
export type RandomBytes = (length: number) => Uint8Array;

export interface OcspClient {
  readonly url: string;
  readonly gate: Gate;
  readonly limits: HttpLimits;
  readonly nonce: RandomBytes | undefined;
}

/**
 * @param url see `ocspServiceUrl`.
 * @param options.nonce makes every request carry a nonce, which the answer must echo. Without
 *   one a cache may answer, and how old an answer may be is what the responder says: a day.
 */
export function ocspClient(
  deps: GateDeps,
  url: string,
  {
    nonce,
    limits = OCSP_LIMITS,
    gate = GATE_LIMITS,
  }: ClientOptions & { readonly nonce?: RandomBytes } = {},
): OcspClient {
  return { url, gate: new Gate(deps, url, gate), limits, nonce };
}

/** The response about one certificate (RFC 6960 appendix A.1), if it is one; nothing of it is verified here. */
export async function fetchOcsp(
  { url, gate, limits, nonce: random }: OcspClient,
  { certificate, issuer }: OcspSubject,
): Promise<Fetched> {
  const nonce = random?.(NONCE_SIZE);
  const passed = await gate.pass({
    url,
    limits,
    headers: { 'Content-Type': 'application/ocsp-request', Accept: 'application/ocsp-response' },
    post: encodeOcspRequest(certificate, issuer, nonce),
  });
  if (!('answer' in passed)) return passed.failure;
  try {
    const bytes = passed.answer.body;
    const { status } = parseOcspResponse(bytes, url);
    if (status === 'successful') {
      return { outcome: 'answered', at: url, source: url, bytes, ...(nonce && { nonce }) };
    }
    // Nobody signed this: it says nothing about the certificate.
    const failure = failureOf(new Fault('unreachable', url, `the responder answered ${status}`));
    return status === 'unauthorized' ? { ...failure, leaveAloneMs: HOUR } : failure;
  } catch (error) {
    return failureOf(error);
  }
}
