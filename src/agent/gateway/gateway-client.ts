import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { readBody } from '../../endorsements/http-body.ts';
import { JSON_TYPE } from '../../protocol/media-types.ts';
import { jsonIn } from './gateway-json.ts';
import { faultOf, type GatewayProblem, problemIn } from './gateway-problem.ts';
import { headersOf, type Proof } from './proof.ts';

/** What asking takes of the world. */
export interface GatewayIo {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Unpredictable. */
  readonly randomBytes: (length: number) => Uint8Array;
}

/** Where a gateway is, and as whom it is asked. */
export interface GatewayAccess {
  /** Without a slash at its end: what is asked at. */
  readonly base: string;
  /** What the gateway says it is: signatures are for it. */
  readonly origin: string;
  readonly proof: Proof | undefined;
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
  readonly signal?: AbortSignal;
}

/** Milliseconds; a verification may wait for endorsements. */
const DEADLINE = 90_000;
const LARGEST_ANSWER = 16 * 1024 * 1024;

/** Asks a gateway over HTTP. What it answers is held against the protocol, and not believed otherwise. */
export class GatewayClient {
  readonly access: GatewayAccess;
  readonly #io: GatewayIo;

  constructor(io: GatewayIo, access: GatewayAccess) {
    this.#io = io;
    this.access = access;
  }

  /**
   * @returns what the schema describes; members that it does not know are a later release's, and
   *   left out.
   * @throws Fault that the gateway's problem stands for, `unreachable` where there is no answer or
   *   none of this protocol.
   */
  async json<Schema extends TSchema>(schema: Schema, ask: Ask): Promise<Static<Schema>> {
    const got = await this.answerOrProblem(schema, ask);
    if ('answer' in got) return got.answer;
    throw got.fault;
  }

  /** The same, or the problem that is an answer to some. */
  async answerOrProblem<Schema extends TSchema>(
    schema: Schema,
    ask: Ask,
  ): Promise<
    | { readonly answer: Static<Schema> }
    | { readonly problem: GatewayProblem; readonly fault: Fault }
  > {
    const response = await this.send(ask);
    const url = this.#url(ask);
    if (!response.ok) {
      const problem = await problemIn(response, url);
      const fault = faultOf(problem, response, url);
      if (problem === undefined) throw fault;
      return { problem, fault };
    }
    const known = Value.Clean(schema, jsonIn(await readBody(response, url, LARGEST_ANSWER), url));
    if (Value.Check(schema, known)) return { answer: known as Static<Schema> };
    throw new Fault('unreachable', url, 'its answer is not of this protocol: is it a gateway?');
  }

  /** The same where the answer has no body. */
  async done(ask: Ask): Promise<void> {
    const response = await this.wanted(ask);
    await response.body?.cancel();
  }

  /** An answer of whatever status. @throws Fault `unreachable`. */
  async send(ask: Ask): Promise<Response> {
    const { method, path, body } = ask;
    const bytes = body?.bytes ?? new Uint8Array();
    const request = { method, url: `${this.access.origin}${path}`, body: bytes };
    const headers = {
      ...(body && { 'content-type': body.type }),
      ...ask.headers,
      ...(await headersOf(this.#io, this.access.proof, request)),
    };
    const url = this.#url(ask);
    try {
      return await this.#io.fetch(url, {
        method,
        headers,
        redirect: 'error',
        signal: ask.signal ?? AbortSignal.timeout(DEADLINE),
        ...(body && { body: new Uint8Array(bytes) }),
      });
    } catch (cause) {
      throw new Fault('unreachable', url, `does not answer (${whyNot(cause)})`, { cause });
    }
  }

  /** An answer that is good. @throws Fault that the gateway's problem stands for. */
  async wanted(ask: Ask): Promise<Response> {
    const response = await this.send(ask);
    if (response.ok) return response;
    const url = this.#url(ask);
    throw faultOf(await problemIn(response, url), response, url);
  }

  #url({ path }: Ask): string {
    return `${this.access.base}${path}`;
  }
}

export function jsonBody(value: unknown): NonNullable<Ask['body']> {
  return { type: JSON_TYPE, bytes: utf8(JSON.stringify(value)) };
}

/** Node says what happened in the cause of what it throws. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.message;
}
