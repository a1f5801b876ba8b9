import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Postern } from '../postern.ts';
import { messagesRoute } from './anthropic/messages-route.ts';
import { isAnthropic, untranslatedRoute } from './anthropic/other-routes.ts';
import type { Exchange } from './exchange.ts';
import { anthropicError, type Failure, failureOfTurned, openAiError } from './failure.ts';
import { forward } from './forward.ts';
import { guard, guardType, type Turned } from './guard.ts';
import { sendAsset, sendView } from './page/routes.ts';
import type { Receipts } from './receipts.ts';
import { sendFailure } from './reply.ts';
import { isToken, type ProxyTokens, shownToken } from './tokens.ts';

export interface HandlerDeps {
  readonly postern: Pick<Postern, 'fetch' | 'verification'>;
  readonly receipts: Receipts;
  readonly tokens: ProxyTokens;
  readonly largestRequest: number;
  /** Told once a request is over: nothing of what was asked or answered. */
  readonly onVisit: (visit: Visit) => void;
}

/** What may be logged of a request. */
export interface Visit {
  readonly method: string;
  /** `/v1/messages`, `/v1/…`, `page`: a kind, since what stands in a path is the caller's. */
  readonly route: string;
  readonly status: number;
  /** Of what went wrong. */
  readonly code: string | undefined;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** @param port that it is reached at: host names are held against it. */
export function handlerOf(deps: HandlerDeps, port: () => number): Handler {
  return async (request, response) => {
    const url = URL.canParse(request.url ?? '', BASE)
      ? new URL(request.url ?? '', BASE)
      : undefined;
    const path = url?.origin === BASE && request.url?.startsWith('/') ? url.pathname : '';
    const route = routeOf(path);
    const failure = await answer(
      deps,
      { request, response, path, query: url?.search ?? '' },
      port(),
    );
    const { method = '' } = request;
    deps.onVisit({ method, route, status: response.statusCode, code: failure?.code });
  };
}

const BASE = 'http://proxy.invalid';

type Asked = Pick<Exchange, 'request' | 'response' | 'path' | 'query'>;

async function answer(deps: HandlerDeps, asked: Asked, port: number): Promise<Failure | undefined> {
  const { request, response, path } = asked;
  const turned = guard(request, port);
  if (turned) return turnAway(asked, turned);
  if (request.method === 'GET' && sendAsset(response, path)) return undefined;
  const shown = shownToken(request.headers);
  const { tokens } = deps;
  if (path === '/view') {
    if (!isToken(shown, tokens.view) && !isToken(shown, tokens.api))
      return turnAway(asked, NO_TOKEN);
    sendView(response, deps.postern.verification(), deps.receipts.last);
    return undefined;
  }
  if (!path.startsWith('/v1/')) return turnAway(asked, NOT_HERE);
  if (!isToken(shown, tokens.api)) return turnAway(asked, NO_TOKEN);
  const wrongType = guardType(request, path);
  if (wrongType) return turnAway(asked, wrongType);
  return exchange(deps, asked);
}

async function exchange(deps: HandlerDeps, asked: Asked): Promise<Failure | undefined> {
  const { request, response, path } = asked;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const { postern, largestRequest } = deps;
  const { gateway } = postern.verification();
  const one: Exchange = {
    ...asked,
    signal: gone.signal,
    shape: shapeOf(asked),
    fetch: (to, init) => postern.fetch(`${gateway}${to}`, init),
    largestRequest,
  };
  if (!isAnthropic(path)) return forward(one);
  if (path === '/v1/messages' && request.method === 'POST') return messagesRoute(one);
  return turnAway(asked, untranslatedRoute(path));
}

const NO_TOKEN: Turned = {
  status: 401,
  code: 'token',
  message: 'want the key that postern proxy printed when it started',
};
const NOT_HERE: Turned = { status: 404, code: 'path', message: 'the API is below /v1/' };

function turnAway(asked: Asked, turned: Turned): Failure {
  const failure = failureOfTurned(turned);
  sendFailure(asked.response, failure, shapeOf(asked));
  return failure;
}

function shapeOf({ request, path }: Asked): (failure: Failure) => unknown {
  const speaksAnthropic = request.headers['anthropic-version'] !== undefined;
  return isAnthropic(path) || speaksAnthropic ? anthropicError : openAiError;
}

function routeOf(path: string): string {
  if (isAnthropic(path)) return '/v1/messages';
  return path.startsWith('/v1/') ? '/v1/…' : 'page';
}
