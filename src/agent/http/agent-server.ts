import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Fault } from '../../core/fault.ts';
import { type AttestCall, challengeOf, parseAttestCall } from '../../protocol/attest-call.ts';
import { BUNDLE_TYPE, JSON_TYPE, TEXT_TYPE } from '../../protocol/media-types.ts';
import type { Epoch } from '../../protocol/session/epoch.ts';
import type { Attester } from '../attesting/attester.ts';
import type { LimitsConfig } from '../config.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { codeOfError, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { Rate } from '../rate.ts';
import type { Serving } from '../serving.ts';
import { headerOf, readAll, sendBytes, sendJson, sendProblem } from './answers.ts';
import { HTTP_LIMITS } from './limits.ts';
import type { SealedRoute } from './sealed-route.ts';

export interface AgentServerOptions {
  /** Folder of all addresses, e.g. `/v1/`. */
  readonly base: string;
  readonly limits: LimitsConfig;
  readonly ring: KeyRing;
  readonly attester: Attester;
  /** The purposes that are answered: nobody gets evidence for another's end. */
  readonly purposes: ReadonlySet<string>;
  readonly serving: Pick<Serving, 'knows'>;
  /** What the gateway's checkpoint was answered with last. */
  readonly epoch: () => Epoch | undefined;
  readonly sealed: SealedRoute;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds, by a clock that nobody sets. */
  readonly elapsed: () => number;
  /** Whether new requests are turned away. */
  readonly closing: () => boolean;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The agent's own HTTP, strict whatever the environment says; five addresses, and nothing beside. */
export function createAgentServer(options: AgentServerOptions): Server {
  const { limits, log, metrics, closing } = options;
  const routes = routesOf(options);
  const server = createServer(
    {
      maxHeaderSize: HTTP_LIMITS.headerBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
      joinDuplicateHeaders: false,
      headersTimeout: HTTP_LIMITS.headersWithin,
      requestTimeout: limits.requestWithin,
      keepAliveTimeout: HTTP_LIMITS.keepAlive,
      connectionsCheckingInterval: HTTP_LIMITS.checkEvery,
    },
    (request, response) => {
      // A connection that breaks is the end of its request, and no error of the agent's.
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      const handlers = routes.get(request.url ?? '');
      const handler = handlers?.get(request.method ?? '');
      if (closing()) sendProblem(response, 'closing');
      else if (handlers === undefined) sendProblem(response, 'missing');
      else if (handler === undefined) sendProblem(response, 'method-not-allowed');
      else handler(request, response);
    },
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = HTTP_LIMITS.requestsEach;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    metrics.count('requests_refused');
    log('debug', 'connection refused', { code: error.code ?? 'ERR' });
    socket.destroy();
  });
  // Nothing that is expected but `100-continue` is done here.
  server.on('checkExpectation', (_request, response) => sendProblem(response, 'expectation'));
  return server;
}

function routesOf(options: AgentServerOptions): ReadonlyMap<string, ReadonlyMap<string, Handler>> {
  const { base, sealed, epoch, metrics, log } = options;
  const attest = attestHandler(options);
  const handler = (act: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
    ((request, response) => {
      act(request, response).catch((error: unknown) => {
        log('error', 'request refused', { code: codeOfError(error) });
        sendProblem(response, 'internal');
      });
    }) satisfies Handler;
  return new Map<string, ReadonlyMap<string, Handler>>([
    [`${base}attest`, new Map([['POST', handler(attest)]])],
    [`${base}sealed`, new Map([['POST', (request, response) => sealed.handle(request, response)]])],
    [
      `${base}epoch`,
      new Map([
        [
          'GET',
          (_request, response) => {
            const made = epoch();
            if (made === undefined) sendProblem(response, 'missing');
            else sendJson(response, made);
          },
        ],
      ]),
    ],
    [
      `${base}health`,
      new Map([['GET', (_request, response) => sendJson(response, { live: true })]]),
    ],
    [
      `${base}metrics`,
      new Map([
        ['GET', (_request, response) => sendBytes(response, 200, TEXT_TYPE, metrics.text())],
      ]),
    ],
  ]);
}

const NO_SUCH_SESSION = 'no connection of this session is open that was begun with a key of here';

function attestHandler({
  attester,
  ring,
  purposes,
  serving,
  limits,
  log,
  metrics,
  elapsed,
}: AgentServerOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const rate = Rate.perMinute(limits.challengesPerMinute);
  return async (request, response) => {
    const type = headerOf(request, 'content-type')?.split(';', 1)[0]?.trim();
    if (type !== JSON_TYPE) return sendProblem(response, 'media-type');
    const body = await readAll(request, HTTP_LIMITS.challengeBody);
    const call = body && callIn(body);
    if (call === undefined) return sendProblem(response, 'malformed');
    const purpose = call.purpose.split(':', 1)[0] ?? '';
    if (!purposes.has(call.purpose)) {
      log('warn', 'challenge failed', { purpose: 'other', code: 'forbidden' });
      return sendProblem(response, 'forbidden');
    }
    if (call.session !== undefined && !serving.knows(call.purpose, call.session)) {
      log('warn', 'challenge failed', { purpose, code: 'missing' });
      return sendProblem(response, 'missing', NO_SUCH_SESSION);
    }
    const { current } = ring;
    if (current === undefined) return sendProblem(response, 'unreachable');
    if (!rate.take(elapsed())) {
      metrics.count('shed');
      return sendProblem(response, 'too-many-requests');
    }
    try {
      const bundle = await attester.asked({ ...challengeOf(call), keyset: current.keyset });
      metrics.count('challenges');
      log('info', 'challenge answered', { purpose, keyset: current.digest });
      sendBytes(response, 200, BUNDLE_TYPE, bundle);
    } catch (error) {
      metrics.count('challenges_failed');
      log('warn', 'challenge failed', { purpose, code: codeOfError(error) });
      const isBusy = error instanceof Fault && error.code === 'busy';
      sendProblem(response, isBusy ? 'busy' : 'unreachable');
    }
  };
}

function callIn(bytes: Uint8Array): AttestCall | undefined {
  try {
    return parseAttestCall(bytes);
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}
