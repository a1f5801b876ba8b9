import { PROBLEM_TYPE } from '../protocol/media-types.ts';
import { ohttpProblemIn } from '../sealed/problem.ts';
import { Answer } from './answer.ts';
import { asPosternError, atStage } from './at-stage.ts';
import { PosternError } from './errors.ts';
import { type Credential, type Gateway, readAll } from './gateway.ts';
import {
  binaryRequest,
  type CallerRequest,
  callerRequest,
  idempotencyKey,
} from './inner-request.ts';
import type { Machines } from './machines.ts';
import { openResponse } from './open-response.ts';
import type { Target } from './postern.ts';
import type { CheckedReceipt } from './receipt.ts';
import { giveUp, type Relayed, relay } from './relay.ts';
import { type SealedExchange, sealFor } from './seal.ts';
import { SealedStream, type StreamDeps } from './sealed-stream.ts';
import type { VerifiedMachine } from './verifying.ts';

export interface SealedFetchDeps {
  readonly gateway: Gateway;
  readonly machines: Machines;
  readonly pool: string | undefined;
  readonly credential: () => Promise<Credential>;
  readonly largestRequest: number;
  readonly resume: boolean;
  readonly onReceipt: (receipt: CheckedReceipt) => void;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly pause: (ms: number) => Promise<void>;
}

/** Machines that one request is sealed for, one after the other, while each is too busy. */
const MOST_MACHINES = 3;
/** Of a problem document. */
const LARGEST_PROBLEM = 64 * 1024;
const API = '/v1/';

/** One request of the caller's, whatever it takes. */
interface Errand {
  readonly request: CallerRequest;
  readonly idempotencyKey: string;
  readonly target: Target;
  readonly credential: Credential;
  readonly signal: AbortSignal;
}

/** A fetch that sends nothing but sealed requests to verified machines. */
export class SealedFetch {
  readonly #deps: SealedFetchDeps;
  /** Of the machines' clocks to this one, in milliseconds; for the dates of requests alone. */
  #ahead = 0;

  constructor(deps: SealedFetchDeps) {
    this.#deps = deps;
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    try {
      return await this.#run(await this.#errandOf(request));
    } catch (error) {
      // The caller's own doing is told in the caller's own words.
      signal.throwIfAborted();
      throw error;
    }
  }

  async #errandOf(request: Request): Promise<Errand> {
    const { credential, largestRequest, randomBytes } = this.#deps;
    this.#wantOurs(new URL(request.url));
    const content = await atStage('seal', 'the request', {}, () =>
      readAll(request, largestRequest, 'request.body'),
    );
    const inner = callerRequest(request, content);
    return {
      request: inner,
      idempotencyKey: idempotencyKey(request, randomBytes),
      target: this.#targetOf(inner),
      credential: request.headers.get('authorization') ?? (await credential()),
      signal: request.signal,
    };
  }

  #wantOurs({ origin, pathname }: URL): void {
    const { gateway } = this.#deps;
    if (origin === gateway.origin && pathname.startsWith(API)) return;
    throw new PosternError(
      'seal.address',
      `want an address below ${gateway.origin}${API}, got one at ${origin}: nothing is sent to others, nor unsealed`,
    );
  }

  #targetOf({ model }: CallerRequest): Target {
    const { pool, machines } = this.#deps;
    if (pool !== undefined) return { pool };
    if (model !== undefined) return { model };
    const [only, ...more] = machines.pools();
    if (only !== undefined && more.length === 0) return { pool: only };
    throw new PosternError(
      'candidates.target',
      'the request names no model, and no pool was named: say one in the options',
    );
  }

  /**
   * Another machine where one is too busy; where a machine's key is not what it was, that machine or
   * another, verified anew, once; where the clocks differ, the machine's date, once.
   */
  async #run(errand: Errand): Promise<Response> {
    const busy = new Set<string>();
    let [changedKey, corrected] = [false, false];
    for (;;) {
      const machine = await this.#pick(errand, busy);
      const { exchange, relayed, stream } = await this.#send(errand, machine);
      if (relayed.kind === 'other-key') {
        if (changedKey) throw keyChangedAgain(machine);
        changedKey = true;
        this.#deps.machines.drop(machine);
        continue;
      }
      if (relayed.kind === 'refused') {
        busy.add(machine.node);
        const another = relayed.status === 503 && busy.size < MOST_MACHINES;
        if (!another || !(await this.#hasOther(errand, busy))) return relayed.response;
        continue;
      }
      const response = await this.#open(errand, exchange, relayed.body, stream);
      const answer = corrected ? response : await this.#unlessDate(response);
      if (answer) return answer;
      corrected = true;
    }
  }

  #pick({ target, credential, signal }: Errand, busy: ReadonlySet<string>) {
    // Others may wait for the same look: who gives up leaves it to them.
    return orAborted(signal, this.#deps.machines.pick(target, credential, busy));
  }

  async #hasOther(errand: Errand, busy: ReadonlySet<string>): Promise<boolean> {
    return this.#pick(errand, busy).then(
      () => true,
      () => false,
    );
  }

  async #send(
    errand: Errand,
    machine: VerifiedMachine,
  ): Promise<{
    readonly exchange: SealedExchange;
    readonly relayed: Relayed;
    readonly stream: StreamDeps;
  }> {
    const { now, gateway, resume, pause } = this.#deps;
    const { node, pool, keyset } = machine;
    const { exchange, body } = await atStage('seal', `the request for ${node}`, { node }, () => {
      const { request, idempotencyKey: key } = errand;
      const date = now() + this.#ahead;
      return sealFor(machine, binaryRequest(request, { pool, keyset, date, idempotencyKey: key }));
    });
    const { credential, signal, target } = errand;
    const model = 'model' in target ? target.model : undefined;
    const stream = { gateway, credential, signal, resume, model, pause };
    const relayed = await atStage('relay', `the relay to ${node}`, { node }, () =>
      relay(exchange, body, stream),
    ).catch((error: unknown) => {
      // The gateway keeps a session for whoever comes back: nobody does.
      if (resume) giveUp(exchange, stream);
      throw error;
    });
    return { exchange, relayed, stream };
  }

  async #open(
    { request, signal }: Errand,
    exchange: SealedExchange,
    body: ReadableStream<Uint8Array>,
    deps: StreamDeps,
  ): Promise<Response> {
    const stream = new SealedStream(exchange, body, deps);
    const answer = new Answer({
      exchange,
      stream,
      model: request.model,
      onReceipt: this.#deps.onReceipt,
    });
    const stop = () => {
      if (deps.resume) giveUp(exchange, deps);
    };
    signal.addEventListener('abort', stop);
    let isOver = false;
    const over = (isWhole: boolean) => {
      signal.removeEventListener('abort', stop);
      if (!isWhole && !isOver && !signal.aborted) stop();
      isOver = true;
    };
    try {
      return await openResponse(answer, over);
    } catch (error) {
      over(false);
      await answer.cancel();
      throw asPosternError('open', 'the answer', { node: exchange.machine.node }, error);
    }
  }

  /**
   * A machine that refuses a request for its date says its own (RFC 9458 section 6.5.2). Sealed, so
   * that it is the machine's; and good for dates of requests, never for what evidence is judged by.
   */
  async #unlessDate(response: Response): Promise<Response | undefined> {
    const { status, headers } = response;
    if (status !== 400 || headers.get('content-type') !== PROBLEM_TYPE) return response;
    const bytes = await atStage('open', 'the refusal', {}, () =>
      readAll(response, LARGEST_PROBLEM, 'answer'),
    );
    const theirs = Date.parse(headers.get('date') ?? '');
    if (ohttpProblemIn(bytes) !== 'date' || Number.isNaN(theirs)) {
      return new Response(bytes as BodyInit, { status, headers });
    }
    this.#ahead = theirs - this.#deps.now();
    return undefined;
  }
}

function keyChangedAgain({ node }: VerifiedMachine): PosternError {
  return new PosternError(
    'relay.key-changed',
    'the key that evidence shows is said not to be served, twice in a row',
    { node },
  );
}

/** @throws the signal's reason, where that comes first. */
function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
