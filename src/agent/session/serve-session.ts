import { createHash } from 'node:crypto';
import { RECEIPT_HEADER, USAGE_HEADER } from '../../protocol/session/headers.ts';
import {
  INNER_PROBLEMS,
  type InnerProblemCode,
  innerProblemBody,
} from '../../protocol/session/inner-problem.ts';
import type { Outcome } from '../../protocol/session/usage.ts';
import { checkResponseHead } from '../../sealed/bhttp/check-head.ts';
import { decodeRequest } from '../../sealed/bhttp/decode.ts';
import type { Field, RequestMessage } from '../../sealed/bhttp/message.ts';
import { SealedFault } from '../../sealed/fault.ts';
import type { Statement } from '../keys/usage-chain.ts';
import { type Upstream, type UpstreamAnswer, UpstreamFailure } from '../upstream/upstream.ts';
import { EventSplitter } from './events.ts';
import { gathered } from './gathered.ts';
import { type InnerRules, type Judged, judgeRequest } from './inner-request.ts';
import type { OpenedSealed } from './open-sealed.ts';
import { ClientGone, SealedAnswer, type Sink } from './sealed-answer.ts';
import { DocumentMeter, EventMeter, NO_METER, type UsageMeter } from './usage-meter.ts';

export interface SessionOptions {
  readonly rules: InnerRules;
  readonly upstream: Upstream;
  /** Of which sizes are a multiple; 0: nothing is padded. */
  readonly bucket: number;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** What is known of a session beside what is under its seal. */
export interface SessionTerms {
  readonly account: string;
  /** Which model was asked for outside the seal. */
  readonly hint: string | undefined;
  /** Of all keysets in force, newest first. */
  readonly generations: readonly OpenedSealed['generation'][];
  /** Aborted when whoever asked is gone, or the keys are erased, or the agent ends. */
  readonly ended: AbortSignal;
}

/** What a session came to. Anything but an answer that was whole has no final chunk. */
export interface SessionEnd {
  readonly outcome: Outcome;
  /** Of the answer under the seal; undefined where none began. */
  readonly status: number | undefined;
  /** Whether the answer is whole, final chunk and all. */
  readonly whole: boolean;
  readonly usage: string;
  /** Why it was not passed on, where it was not. */
  readonly problem?: InnerProblemCode;
}

/** Longer events go in parts. */
const LARGEST_EVENT = 15 * 1024;

/** Serves one opened request: judges it, asks the server, seals what that says as it comes. */
export async function serveSession(
  opened: OpenedSealed,
  terms: SessionTerms,
  options: SessionOptions,
  sink: Sink,
): Promise<SessionEnd> {
  return new Session(opened, terms, options, sink).serve();
}

class Session {
  readonly #opened: OpenedSealed;
  readonly #terms: SessionTerms;
  readonly #options: SessionOptions;
  readonly #sink: Sink;
  readonly #answer: SealedAnswer;
  readonly #nonce: Uint8Array;
  #model = '';
  #status: number | undefined;
  #meter: UsageMeter = NO_METER;

  constructor(opened: OpenedSealed, terms: SessionTerms, options: SessionOptions, sink: Sink) {
    this.#opened = opened;
    this.#terms = terms;
    this.#options = options;
    this.#sink = sink;
    const sealer = opened.opener.sealResponse(options.randomBytes);
    this.#nonce = sealer.nonce;
    this.#answer = new SealedAnswer(sealer, sink, options.bucket);
  }

  async serve(): Promise<SessionEnd> {
    try {
      await this.#sink.write(this.#nonce);
      const judged = this.#judge();
      this.#model = judged.model;
      if (judged.is === 'refused') return await this.#refuse(judged.problem);
      return await this.#pass(judged);
    } catch (error) {
      // Whatever it was: what was begun stays without its end.
      const outcome = error instanceof UpstreamFailure ? this.#failure() : 'aborted';
      if (!(error instanceof UpstreamFailure || error instanceof ClientGone)) {
        if (!this.#terms.ended.aborted) throw new SessionBug(this.#broken('failed'), error);
      }
      return this.#broken(outcome);
    }
  }

  /** A call that ended since nobody waits for it did not fail. */
  #failure(): Outcome {
    return this.#terms.ended.aborted ? 'aborted' : 'failed';
  }

  #judge(): Judged {
    let request: RequestMessage;
    try {
      request = decodeRequest(this.#opened.plain);
    } catch (error) {
      if (!(error instanceof SealedFault)) throw error;
      return { is: 'refused', problem: 'malformed', model: '' };
    }
    const { generations, hint } = this.#terms;
    const judged = judgeRequest(request, this.#options.rules, {
      now: this.#options.now(),
      keysets: generations.map(({ digest }) => digest),
      hint,
    });
    if (judged.is === 'refused' || judged.idempotencyKey === undefined) return judged;
    const { idempotencyKey: key } = judged;
    // Under the keys before these one with the same may have been served as well.
    if (generations.some(({ idempotency }) => idempotency.has(key))) {
      return { is: 'refused', problem: 'idempotency', model: judged.model };
    }
    this.#opened.generation.idempotency.claim(key);
    return judged;
  }

  async #pass({ request, idempotencyKey }: Judged & { is: 'good' }): Promise<SessionEnd> {
    const unwanted = new AbortController();
    const ended = AbortSignal.any([this.#terms.ended, unwanted.signal]);
    let answer: UpstreamAnswer;
    try {
      answer = await this.#options.upstream.call(request, ended);
    } catch (error) {
      if (!(error instanceof UpstreamFailure) || this.#terms.ended.aborted) throw error;
      if (error.word === 'unreachable' && idempotencyKey !== undefined) {
        this.#opened.generation.idempotency.release(idempotencyKey);
      }
      // Nothing of an answer was said yet: that there is none is one, and a whole one.
      return this.#refuse(error.word === 'late' ? 'upstream-late' : 'upstream');
    }
    const fields = this.#options.rules.allowed.responseHeaders(answer.headers);
    if (!isHead(answer.status, fields)) {
      unwanted.abort();
      return this.#refuse('upstream');
    }
    await this.#relay(answer, fields);
    return this.#end('complete');
  }

  async #relay({ status, body }: UpstreamAnswer, fields: readonly Field[]): Promise<void> {
    const { rules } = this.#options;
    const type = (fields.find(([name]) => name === 'content-type')?.[1] ?? '').toLowerCase();
    const isEvents = /^text\/event-stream *(?:$|;)/.test(type);
    if (rules.serves === 'openai' && !isEvents) this.#meter = meterOf(type);
    this.#status = status;
    await this.#answer.head(status, fields);
    if (isEvents) return this.#relayEvents(body);
    for await (const bytes of body) {
      this.#meter.see(bytes);
      await this.#answer.content(bytes);
    }
  }

  async #relayEvents(body: AsyncIterable<Uint8Array>): Promise<void> {
    const splitter = new EventSplitter(LARGEST_EVENT);
    const meter = new EventMeter();
    if (this.#options.rules.serves === 'openai') this.#meter = meter;
    for await (const bytes of body) {
      const pieces = splitter.push(bytes);
      for (const { bytes: piece, ends } of pieces) {
        if (ends) meter.see(piece);
        else meter.part(piece);
      }
      for (const content of gathered(pieces, this.#options.bucket)) {
        await this.#answer.content(content);
      }
    }
    await this.#answer.content(splitter.rest());
  }

  async #refuse(problem: InnerProblemCode): Promise<SessionEnd> {
    const { status } = INNER_PROBLEMS[problem];
    this.#status = status;
    this.#meter = NO_METER;
    const date = new Date(this.#options.now()).toUTCString();
    await this.#answer.head(status, [
      ['content-type', 'application/problem+json'],
      ['date', date],
    ]);
    await this.#answer.content(innerProblemBody(problem));
    // A whole answer like any other: that it is a problem, its status says.
    return { ...(await this.#end('complete')), problem };
  }

  async #end(outcome: Outcome): Promise<SessionEnd> {
    const status = this.#status ?? 0;
    const { usage, receipt } = this.#state(outcome);
    const requestSha256 = createHash('sha256').update(this.#opened.plain).digest('hex');
    const responseSha256 = this.#answer.contentSha256;
    try {
      await this.#answer.end([
        [RECEIPT_HEADER, receipt({ requestSha256, responseSha256, status })],
        [USAGE_HEADER, usage],
      ]);
      return { outcome, status, whole: true, usage };
    } catch (error) {
      // It is stated already, and a second statement would be one too many.
      if (!(error instanceof ClientGone)) throw error;
      return { outcome, status, whole: false, usage };
    }
  }

  #broken(outcome: Outcome): SessionEnd {
    const { usage } = this.#state(outcome);
    return { outcome, status: this.#status, whole: false, usage };
  }

  #state(outcome: Outcome): Statement {
    return this.#opened.generation.usage.state({
      session: this.#opened.session,
      account: this.#terms.account,
      model: this.#model,
      outcome,
      counts: this.#meter.counts(),
      at: this.#options.now(),
    });
  }
}

/** A mistake of ours in the midst of a session, with the end that it has nevertheless. */
export class SessionBug extends Error {
  override readonly name = 'SessionBug';
  readonly end: SessionEnd;

  constructor(end: SessionEnd, cause: unknown) {
    super('a session broke', { cause });
    this.end = end;
  }
}

/** Not where a server says twice what may be said once: nobody could tell which it meant. */
function isHead(status: number, fields: readonly Field[]): boolean {
  try {
    checkResponseHead({ status, fields }, 'final', 'answer');
    return true;
  } catch (error) {
    if (error instanceof SealedFault) return false;
    throw error;
  }
}

function meterOf(type: string): UsageMeter {
  return /^application\/json *(?:$|;)/.test(type) ? new DocumentMeter() : NO_METER;
}
