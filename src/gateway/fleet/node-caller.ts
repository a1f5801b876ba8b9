import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Fault } from '../../core/fault.ts';
import { type AttestCall, writeAttestCall } from '../../protocol/attest-call.ts';
import { BUNDLE_TYPE, PROBLEM_TYPE } from '../../protocol/media-types.ts';
import { answerBytes } from '../answer-bytes.ts';
import { type Endpoints, leadsInside, lookupFor } from '../endpoint-guard.ts';
import type { NodeCaller } from './deps.ts';

export interface NodeCallerOptions {
  readonly endpoints: Endpoints;
  /** For all of a call, in milliseconds. */
  readonly deadline: number;
  /** Largest bundle, in bytes. */
  readonly largest: number;
}

/**
 * Calls nodes at their endpoints. Where that is, their operators say: a name that leads into the
 * gateway's own network is not followed, and neither is a redirect. Whoever answers is known by
 * the evidence alone: a certificate that a stranger signed would add nothing, and is not asked for.
 */
export class HttpNodeCaller implements NodeCaller {
  readonly #options: NodeCallerOptions;

  constructor(options: NodeCallerOptions) {
    this.#options = options;
  }

  async call(endpoint: string, challenge: AttestCall): Promise<Uint8Array> {
    const { endpoints, deadline, largest } = this.#options;
    const url = new URL(endpoint);
    if (leadsInside(url, endpoints)) {
      throw unreachable('leads into the gateway’s own network');
    }
    const body = writeAttestCall(challenge);
    const signal = AbortSignal.timeout(deadline);
    try {
      const answer = await send(url, body, { signal, ...lookupFor(endpoints) });
      if (challenge.session !== undefined && isMissing(answer)) {
        answer.destroy();
        throw new Fault('missing', 'session', 'the machine has no such connection');
      }
      return await bundleIn(answer, largest);
    } catch (error) {
      if (error instanceof Fault) throw error;
      const why = signal.aborted
        ? `did not answer within ${deadline / 1000} s`
        : `can’t be reached (${codeOf(error)})`;
      throw unreachable(why, error);
    }
  }
}

function send(
  url: URL,
  body: Uint8Array,
  options: { readonly signal: AbortSignal; readonly lookup?: LookupFunction },
): Promise<IncomingMessage> {
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        ...options,
        method: 'POST',
        agent: false,
        rejectUnauthorized: false,
        headers: {
          accept: BUNDLE_TYPE,
          'content-type': 'application/json',
          'content-length': body.length,
        },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** An agent's own word: what else stands at an endpoint may answer 404 as well. */
function isMissing(answer: IncomingMessage): boolean {
  return answer.statusCode === 404 && typeOf(answer) === PROBLEM_TYPE;
}

function typeOf({ headers }: IncomingMessage): string | undefined {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
}

async function bundleIn(answer: IncomingMessage, largest: number): Promise<Uint8Array> {
  const { statusCode = 0 } = answer;
  const type = typeOf(answer);
  const problem =
    statusCode !== 200
      ? `answered with status ${statusCode}`
      : type !== BUNDLE_TYPE
        ? `answered with something that is not ${BUNDLE_TYPE}`
        : undefined;
  if (problem !== undefined) {
    answer.destroy();
    throw unreachable(problem);
  }
  return answerBytes(answer, largest);
}

function unreachable(detail: string, cause?: unknown): Fault {
  return new Fault('unreachable', 'endpoint', detail, { cause });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
