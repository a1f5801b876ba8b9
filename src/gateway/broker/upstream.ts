import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Fault } from '../../core/fault.ts';
import { answerBytes } from '../answer-bytes.ts';
import { type Endpoints, leadsInside, lookupFor } from '../endpoint-guard.ts';

const KEEP_ALIVE = {
  keepAlive: true,
  maxFreeSockets: 256,
  scheduling: 'lifo',
  timeout: 15_000,
} as const;

/**
 * Connections to agents, kept open from one request to the next. What goes over them is sealed to
 * a key that evidence vouches for: a certificate that a stranger signed would add nothing, and is
 * not asked for.
 */
export class Upstream {
  readonly #endpoints: Endpoints;
  readonly #http = new HttpAgent(KEEP_ALIVE);
  readonly #https = new HttpsAgent({ ...KEEP_ALIVE, rejectUnauthorized: false });

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
  }

  /** @throws Fault `unreachable` for an address in the gateway's own network, unless that is allowed. */
  request(url: URL, method: 'GET' | 'POST', headers: OutgoingHttpHeaders): ClientRequest {
    if (leadsInside(url, this.#endpoints)) {
      throw new Fault('unreachable', 'endpoint', 'leads into the gateway’s own network');
    }
    const options = { method, headers, ...lookupFor(this.#endpoints) };
    return url.protocol === 'http:'
      ? httpRequest(url, { ...options, agent: this.#http })
      : httpsRequest(url, { ...options, agent: this.#https });
  }

  /** A short answer. @throws Fault `unreachable`, `malformed` for one that is too long. */
  async get(url: URL, deadline: number, largest: number): Promise<Uint8Array> {
    const request = this.request(url, 'GET', { accept: 'application/json' });
    const timer = setTimeout(() => request.destroy(new Error('too late')), deadline);
    try {
      const answer = await answerOf(request);
      if (answer.statusCode !== 200) {
        answer.destroy();
        throw unreachable(`answered with status ${answer.statusCode}`);
      }
      return await answerBytes(answer, largest);
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw unreachable('can’t be reached', error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject).end();
  });
}

function unreachable(detail: string, cause?: unknown): Fault {
  return new Fault('unreachable', 'endpoint', detail, { cause });
}
