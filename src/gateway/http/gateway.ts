import { type Tracer, trace } from '@opentelemetry/api';
import fastify, { type FastifyInstance } from 'fastify';
import { toHex } from '../../core/bytes/hex.ts';
import { PROBLEM_TYPE } from '../../protocol/media-types.ts';
import type { BrokerService } from '../broker/service.ts';
import type { CertificateService } from '../certificates/service.ts';
import type { FleetService } from '../fleet/service.ts';
import { BodyBudget } from './body-budget.ts';
import { servePreflights } from './cross-origin.ts';
import type { Identity } from './identity.ts';
import { LIMITS, type Limits, type RateLimit } from './limits.ts';
import {
  type BrokenConnection,
  createListener,
  type LastAnswer,
  type TlsFiles,
} from './listener.ts';
import type { Log } from './log.ts';
import { DESCRIBED_LOG_ROUTES, type LogRouteOptions, logRoutes } from './log-routes.ts';
import type { Metrics } from './metrics.ts';
import { describeRoutes } from './openapi.ts';
import { problemBody, Refusal } from './problem.ts';
import { useReception } from './reception.ts';
import type { PublicKeySet } from './routes/description-routes.ts';
import { routeTable } from './routes/table.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { serveRoutes } from './serve-routes.ts';
import { StreamDesk } from './stream-desk.ts';
import { turnstiles } from './turnstile.ts';

/** What a gateway's HTTP is made of. Built once, in `cli/`. */
export interface GatewayDeps {
  readonly fleet: FleetService;
  readonly certificates: CertificateService;
  readonly broker: BrokerService;
  readonly identity: Identity;
  /** Files of the ledger. */
  readonly readLog: LogRouteOptions['read'];
  /** The public keys of result tokens. */
  readonly keys: () => PublicKeySet;
  readonly limit: RateLimit;
  /** See `createMetrics`; the same object is the fleet's `Instruments`. */
  readonly metrics: Metrics;
  /** See `createLog`. */
  readonly log: Log;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Of this software, for the description. */
  readonly version: string;
  /** Left out: {@link LIMITS}. */
  readonly limits?: Limits;
  readonly tls?: TlsFiles;
  /**
   * Addresses and networks (CIDR) whose `X-Forwarded-For` is believed, for rates and the log; of
   * everybody else it is not looked at.
   */
  readonly trustedProxies?: readonly string[];
  /** Left out: the one that is registered with OpenTelemetry's API, if any is. */
  readonly tracer?: Tracer;
  /** Told of what `internal` was, with the id that the log has: what the log has no words for. */
  readonly onBug?: (error: unknown, requestId: string) => void;
}

export type Gateway = FastifyInstance;

/**
 * The gateway's app: routes translate, the fleet decides. `app.close()` ends streams of events at
 * once, lets requests that run come to their end within a deadline, and cuts off the rest.
 */
export function createGateway(deps: GatewayDeps): Gateway {
  const { limits = LIMITS, metrics, log, fleet, broker, identity, now } = deps;
  const onBug = deps.onBug ?? (() => {});
  const tracer = deps.tracer ?? trace.getTracer('postern');
  const closing = new AbortController();
  // Where there are proxies and none is named, `request.ip` is one of theirs.
  const addresses = deps.trustedProxies?.length === 0 ? 'of-proxies' : 'of-callers';
  const app: Gateway = fastify({
    logger: false,
    // Node's own server in all: what Fastify sets of its limits is set there, and more.
    serverFactory: (handler) =>
      createListener(handler, {
        limits,
        addresses: deps.trustedProxies ? 'of-proxies' : 'of-callers',
        tls: deps.tls,
        refuse: brokenAnswer,
        onBroken: (fault, code) => log('info', 'connection refused', { fault, at: code }),
      }),
    clientErrorHandler: () => {},
    exposeHeadRoutes: false,
    genReqId: () => toHex(deps.randomBytes(8)),
    requestIdHeader: false,
    trustProxy: deps.trustedProxies ? [...deps.trustedProxies] : false,
    // Ours say so in a problem.
    return503OnClosing: false,
    routerOptions: { maxParamLength: limits.request.parameter, querystringParser: () => ({}) },
    frameworkErrors: (error, request, reply) => {
      reception.refuse(error, request as never, reply as never);
    },
  });
  const reception = useReception(app, {
    identity,
    limit: deps.limit,
    limits,
    metrics,
    log,
    tracer,
    now,
    budget: new BodyBudget(limits.body.all, largestBody(limits.body)),
    addresses,
    closing: closing.signal,
    onBug,
  });
  const streams = new StreamDesk({ source: fleet, limits, metrics, log, closing: closing.signal });
  const costly = turnstiles({
    ...limits.verification,
    retryAfter: limits.retryAfter,
    onChange: metrics.verifications,
    onRefusal: () => metrics.shed('verifications'),
  });
  const described: object = {};
  const routes = routeTable({
    fleet,
    certificates: deps.certificates,
    broker,
    metrics,
    limits,
    keys: deps.keys,
    describe: () => described,
    openStream: streams.open,
  });
  const all = [...routes, ...DESCRIBED_LOG_ROUTES];
  Object.assign(described, describeRoutes(all, deps.version));
  serveRoutes(app, routes, { identity, limits, costly, now, onBug });
  app.register(logRoutes, { read: deps.readLog });
  servePreflights(app, all);
  closeInOrder(app, closing, deps);
  return app;
}

function closeInOrder(app: Gateway, closing: AbortController, deps: GatewayDeps): void {
  const { closeWithin } = deps.limits ?? LIMITS;
  let deadline: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    deps.log('info', 'gateway closing', {});
    closing.abort();
    deadline = setTimeout(() => app.server.closeAllConnections(), closeWithin);
  });
  app.addHook('onClose', async () => {
    clearTimeout(deadline);
    deps.log('info', 'gateway closed', {});
  });
}

/** Of those that are held. */
function largestBody({ json, policy, bundle }: Limits['body']): number {
  return Math.max(json, policy, bundle);
}

/** Where there is no request that Fastify could answer. */
function brokenAnswer(code: BrokenConnection): LastAnswer {
  const body = problemBody(new Refusal(code), 'kept');
  const headers = { ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE };
  return { status: body.status, headers, body: JSON.stringify(body) };
}
