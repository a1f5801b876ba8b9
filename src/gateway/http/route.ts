import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import type { ProblemCode } from '../../protocol/problem.ts';
import type { Principal } from '../identity/credential.ts';
import type { Operation, Subject } from '../operation.ts';
import { readQuery } from './query.ts';
import { readJsonBody, readTexts } from './read-request.ts';

/** What a body may be, looked at before it is read. */
export interface BodyRule {
  /** Media types without parameters, lower-case. */
  readonly types: readonly string[];
  /** In bytes. */
  readonly limit: number;
  /** It is handed on as it comes: whoever handles it reads it, and counts. */
  readonly flow?: 'unread';
}

/** What the gateway has to know of any route before it lets a request to it. */
export interface RouteRule {
  readonly operation: Operation;
  /** Undefined: it takes none. */
  readonly body: BodyRule | undefined;
  /**
   * Where it says whom it is about. `in-path`: its parameters `node` and `pool`, if any; who may is
   * looked at before it is handled. `in-request`: its handler reads it, and looks at that.
   */
  readonly subject: 'in-path' | 'in-request';
  /** `relay`: what is answered is somebody else's, but for problems, which say so; it takes its time. */
  readonly kind: 'usual' | 'relay';
  /** Pages of which origins a browser lets ask: those of this one, or of any. */
  readonly origins: 'own' | 'any';
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route without one is not registered. */
    readonly rule?: RouteRule;
  }
}

export type Body =
  | ({ readonly kind: 'json'; readonly schema: TSchema } & BodyRule)
  | ({ readonly kind: 'bytes' } & BodyRule);

/** The connection itself, for what is handed on as it comes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type BodyOf<B extends Body | undefined> = B extends {
  readonly schema: infer Schema extends TSchema;
}
  ? Static<Schema>
  : Uint8Array;

/** A request, translated. */
export interface Asked<
  Params extends TObject,
  Query extends TObject,
  Headers extends TObject,
  B extends Body | undefined,
> {
  readonly params: Static<Params>;
  readonly query: Static<Query>;
  readonly headers: Static<Headers>;
  readonly body: BodyOf<B>;
  readonly by: Principal;
  readonly exchange: Exchange;
  /** Whether they may see why, of that subject. */
  readonly reasons: (subject?: Subject) => 'seen' | 'kept';
  readonly now: () => number;
}

/** An answer, to be translated. */
export type Answer =
  | {
      readonly status: number;
      /** Media type; JSON where it is left out. */
      readonly type?: string;
      readonly body: object | string | Uint8Array | undefined;
      readonly headers?: Readonly<Record<string, string>>;
      /** Id of the decision that it tells, for the log. */
      readonly decision?: string;
    }
  /** Writes to the connection by itself, unless it was answered already that this took too long. */
  | { readonly take: (reply: FastifyReply) => void };

/** What is documented of an answer. */
export interface AnswerSpec {
  readonly description: string;
  readonly type: string;
  /** Undefined: it is no JSON. */
  readonly schema?: TSchema;
  readonly headers?: Readonly<Record<string, TSchema>>;
}

interface RouteWords {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** As Fastify has it; parameters `node` and `pool` are who it is about. */
  readonly path: string;
  readonly operation: Operation;
  readonly summary: string;
  readonly description?: string;
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Besides those that every route of its form has. */
  readonly problems?: readonly ProblemCode[];
  /** Few of these run at once; of verifications, by which nothing is decided, half as many. */
  readonly costly?: 'decision' | 'verification';
  /** Left out: `usual`. */
  readonly relay?: 'relay';
  /** Pages of any origin may ask: what clients need, and nothing of operators. Left out: `own`. */
  readonly origins?: 'any';
}

interface RouteSpec<
  Params extends TObject,
  Query extends TObject,
  Headers extends TObject,
  B extends Body | undefined,
> extends RouteWords {
  readonly params?: Params;
  readonly query?: Query;
  readonly headers?: Headers;
  readonly body?: B;
  /** Who it is about, where the path does not say. */
  readonly subject?: (asked: Asked<Params, Query, Headers, B>) => Subject;
  readonly handle: (asked: Asked<Params, Query, Headers, B>) => Promise<Answer>;
}

/** A request as Fastify has it. */
export interface RawAsked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly by: Principal;
  readonly exchange: Exchange;
  readonly mayDo: (subject: Subject) => void;
  readonly reasons: (subject?: Subject) => 'seen' | 'kept';
  readonly now: () => number;
  readonly queryMembers: number;
}

/** What is documented of a route. */
export interface DescribedRoute extends RouteWords {
  readonly params: TObject | undefined;
  readonly query: TObject | undefined;
  readonly headers: TObject | undefined;
  readonly body: Body | undefined;
}

/** A route of the table: what is served, and what is documented, are made from it. */
export interface Route extends DescribedRoute {
  /** Whether the request itself says who it is about, and is read before it is known who may. */
  readonly saysSubject: boolean;
  /** Translates there and back. @throws Fault or Refusal. */
  readonly answer: (asked: RawAsked) => Promise<Answer>;
}

type Nothing = TObject<Record<never, never>>;

export function route<
  Params extends TObject = Nothing,
  Query extends TObject = Nothing,
  Headers extends TObject = Nothing,
  B extends Body | undefined = undefined,
>(spec: RouteSpec<Params, Query, Headers, B>): Route {
  const { params, query, headers, body, subject, handle, ...words } = spec;
  return {
    ...words,
    params,
    query,
    headers,
    body,
    saysSubject: subject !== undefined,
    answer: async (raw) => {
      const given = readQuery(raw.query, raw.queryMembers);
      const asked = {
        params: readTexts(raw.params, params ?? NONE, 'path'),
        query: readTexts(given, query ?? NONE, 'query'),
        headers: readTexts(only(raw.headers, headers), headers ?? NONE, 'header'),
        body: body?.kind === 'json' ? readJsonBody(raw.body, body.schema) : raw.body,
        by: raw.by,
        exchange: raw.exchange,
        reasons: raw.reasons,
        now: raw.now,
      } as Asked<Params, Query, Headers, B>;
      if (subject) raw.mayDo(subject(asked));
      return await handle(asked);
    },
  };
}

const NONE = { type: 'object', properties: {}, additionalProperties: false } as unknown as Nothing;

/** Of all that comes along, what the route has a use for. */
function only(headers: RawAsked['headers'], schema: TObject | undefined) {
  const texts: Record<string, string> = Object.create(null);
  for (const name of Object.keys(schema?.properties ?? {})) {
    const value = headers[name];
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}
