import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { sealedAddress } from '../../protocol/session/address.ts';
import { USAGE_HEADER } from '../../protocol/session/headers.ts';
import { Delivery } from './delivery.ts';
import type { BrokerLimits, ServingNode, SessionEnd } from './deps.ts';
import type { SealedHead } from './head.ts';
import { Tape, type TapeBudget } from './tape.ts';
import { sendUp, uploadHeaders } from './upload.ts';
import type { Upstream } from './upstream.ts';

export interface SessionStart extends SealedHead {
  readonly node: ServingNode;
  readonly account: string;
  readonly model?: string;
  /** Whether the answer goes on for a while when its reader has gone. */
  readonly resumable: boolean;
  /** Its body from the first byte on. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface SessionDeps {
  readonly upstream: Upstream;
  readonly budget: TapeBudget;
  readonly limits: BrokerLimits;
  readonly now: () => number;
  /** Told when the first byte of the answer is there. */
  readonly onBegan: (ms: number) => void;
  /** Told once, when nothing comes from the node any more. */
  readonly onEnd: (session: Session, end: SessionEnd, statement: string | undefined) => void;
  /** Told once, when there is nothing left to be had of it. */
  readonly onGone: (session: Session) => void;
}

/** Above this much that is not sent the node is made to wait, in bytes. */
const HIGH_WATER = 64 * 1024;
/** For how long the end of an answer is waited for that a client had wait and left, in milliseconds. */
const LAST_WORD = 1000;

/**
 * A sealed request and its answer, relayed as they come: whoever is slow makes the other side wait,
 * and what ends early ends as what it is, a broken connection.
 */
export class Session {
  readonly start: SessionStart;
  readonly beganAt: number;
  /** Bytes of the request, and of the answer. */
  up = 0;
  down = 0;
  readonly #deps: SessionDeps;
  readonly #tape: Tape;
  readonly #request: ClientRequest;
  readonly #delivery: Delivery;
  #answer: IncomingMessage | undefined;
  #end: SessionEnd | undefined;
  #statement: string | undefined;
  #isGone = false;
  /** As what it will have ended, where nobody is to have the rest of it. */
  #abandonedAs: SessionEnd | undefined;
  #isConnected = false;
  #wasTheClients = false;
  #movedAt: number;
  /** Until when it waits for a reader, or is kept for one; told by the clock, which is looked at. */
  #waitsUntil: number | undefined;
  /** Once it has ended and may be continued. */
  #keptUntil: number | undefined;
  /** Until when an answer that nobody waits for may still bring its statement. */
  #lastWord: NodeJS.Timeout | undefined;

  /** @throws Fault `unreachable` for an endpoint that is not to be called. */
  constructor(start: SessionStart, deps: SessionDeps) {
    this.start = start;
    this.#deps = deps;
    this.beganAt = this.#movedAt = deps.now();
    const keep = start.resumable ? deps.limits.resume.each : 0;
    this.#tape = new Tape(deps.budget, keep, start.nonceSize);
    this.#delivery = new Delivery({
      tape: this.#tape,
      idle: deps.limits.idle,
      onDrained: () => {
        this.#movedAt = this.#deps.now();
        this.#pump();
      },
      onLeft: () => this.#readerLeft(),
    });
    this.#request = deps.upstream.request(
      sealedAddress(start.node.endpoint),
      'POST',
      uploadHeaders(start.request, start.account, start.model),
    );
  }

  /** Whether the node may still send. */
  get isLive(): boolean {
    return this.#end === undefined;
  }

  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Whether a connection that was kept open turned out to be closed: that says nothing of the node. */
  get wasStale(): boolean {
    return this.#answer === undefined && this.#request.reusedSocket;
  }

  /** Whether it was the client that was waited for when it ended: that says nothing of the node. */
  get wasTheClients(): boolean {
    return this.#wasTheClients;
  }

  /** Sends the request while it comes. @returns what the node answers. @throws Error where it does not. */
  async ask(): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { response } = this.start;
    let isAnswered = false;
    this.#request.once('response', (answer) => {
      isAnswered = true;
      resolve(answer);
    });
    this.#request.once('socket', (socket) => {
      if (!socket.connecting) {
        this.#isConnected = true;
        return;
      }
      // Of a connection that is used again this would stay, one for each request.
      socket.once('connect', () => {
        this.#isConnected = true;
      });
    });
    this.#request.on('error', (error) => {
      reject(error);
      // The request may break off while the answer is still to come whole.
      if (!isAnswered) this.finish('node-broke');
    });
    this.#request.once('close', () => reject(new Error('closed')));
    // Nothing may move for longer than on other routes, before the answer too.
    response.setTimeout(this.#deps.limits.idle);
    response.once('close', () => this.#clientClosed());
    if (response.destroyed) this.#clientClosed();
    this.#sendUp();
    return await promise;
  }

  /** From now on its answer is read, and sent to whoever is there to take it. */
  relay(answer: IncomingMessage): void {
    this.#answer = answer;
    answer.on('data', (bytes: Uint8Array) => {
      if (this.down === 0) this.#deps.onBegan(this.#deps.now() - this.beganAt);
      this.down += bytes.length;
      this.#movedAt = this.#deps.now();
      if (this.#abandonedAs !== undefined) return;
      this.#delivery.send(bytes);
      this.#hold();
    });
    answer.once('end', () => {
      if (!answer.complete) return this.finish('node-broke');
      const { [USAGE_HEADER]: statement } = answer.trailers;
      this.#statement = statement;
      if (this.#abandonedAs !== undefined) return this.cut(this.#abandonedAs);
      this.finish('complete');
      this.#pump();
    });
    answer.on('error', () => this.finish('node-broke'));
    answer.once('close', () => this.finish('node-broke'));
  }

  /**
   * Whoever takes the answer from now on, from where it stands or from a chunk of it; a reader
   * before goes.
   */
  attach(response: ServerResponse, chunk?: number): void {
    this.#waitsUntil = undefined;
    this.#deps.budget.gone(this.#tape);
    if (this.#delivery.attach(response, chunk)) this.#pump();
  }

  /** Whether the answer can be continued at a chunk. */
  keeps(chunk: number): boolean {
    const isOver = this.#keptUntil !== undefined && this.#deps.now() >= this.#keptUntil;
    const isLost = this.#isGone || isOver || this.#abandonedAs !== undefined;
    return !isLost && this.#tape.keeps(chunk);
  }

  /** Ends it, whatever it is at. A reader never sees that as an end. */
  cut(end: SessionEnd): void {
    this.finish(end);
    this.#leave();
  }

  /** Ends what is too late or stands still, and what nobody came back for. */
  look(now: number): void {
    if (this.#waitsUntil !== undefined && now >= this.#waitsUntil) this.#abandon('client-gone');
    if (!this.isLive || this.#abandonedAs !== undefined) return;
    const { deadline, idle } = this.#deps.limits;
    if (now - this.beganAt >= deadline) this.#abandon('deadline');
    else if (now - this.#movedAt >= idle) this.#abandon('idle');
  }

  /** Nothing comes any more. */
  finish(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const isHalf = this.#isConnected && !this.start.request.complete;
    const isAwaited = this.#delivery.isBlocked || this.#answer?.isPaused() === true;
    this.#wasTheClients = isHalf || isAwaited || this.#abandonedAs !== undefined;
    this.#deps.onEnd(this, end, this.#statement);
    if (end === 'complete') {
      if (this.start.resumable) this.#keep();
      return;
    }
    this.#request.destroy();
    this.#leave();
  }

  #sendUp(): void {
    sendUp(this.start.request, this.#request, {
      onBytes: (count) => {
        this.up += count;
        this.#movedAt = this.#deps.now();
        if (this.up > this.#deps.limits.request) this.cut('too-large');
      },
      // Half a request is none.
      onHalf: () => this.finish('client-gone'),
    });
  }

  #pump(): void {
    this.#delivery.sendWaiting();
    this.#hold();
    if (!this.#delivery.hasReader || this.#end !== 'complete' || this.#tape.unsent > 0) return;
    this.#delivery.end(this.#statement);
    if (!this.start.resumable) this.#leave();
    else this.#waitForNext();
  }

  /** Makes the node wait where much is not sent yet, and no longer. */
  #hold(): void {
    const { budget, limits } = this.#deps;
    const isKept = this.start.resumable && !this.#delivery.hasReader;
    // Where others take all that there is, it waits for its reader.
    const most = isKept && !budget.isOver() ? limits.resume.each : HIGH_WATER;
    if (this.#tape.unsent >= most) this.#answer?.pause();
    else if (this.#answer?.isPaused()) this.#answer.resume();
  }

  /** Before anything was answered. */
  #clientClosed(): void {
    if (this.#delivery.hasReader || this.#answer !== undefined || !this.isLive) return;
    this.#readerLeft();
  }

  #readerLeft(): void {
    if (!this.start.resumable) {
      this.#abandon('client-gone');
      return;
    }
    if (!this.isLive) {
      this.#waitForNext();
      return;
    }
    this.#waitsUntil = this.#deps.now() + this.#deps.limits.resume.wait;
    // What it made wait may go on, into memory.
    this.#pump();
  }

  /**
   * What was made to wait may be the end of the answer, with its statement, which the node takes for
   * delivered: nobody shall have an answer for nothing by leaving before that was read.
   */
  #abandon(end: SessionEnd): void {
    if (!this.isLive || !this.#answer?.isPaused()) {
      this.cut(end);
      return;
    }
    this.#abandonedAs = end;
    this.#waitsUntil = undefined;
    this.#lastWord = setTimeout(() => this.cut(end), LAST_WORD).unref();
    this.#delivery.dismiss();
    this.#answer.resume();
  }

  #keep(): void {
    this.#keptUntil = this.#deps.now() + this.#deps.limits.resume.keep;
    // Who is still being sent it may come to its end, and the first reader is about to come.
    if (this.#waitsUntil !== undefined) this.#waitForNext();
    else if (!this.#delivery.hasReader) this.#waitsUntil = this.#keptUntil;
  }

  /** It has ended, and nobody is being sent it. */
  #waitForNext(): void {
    this.#waitsUntil = this.#keptUntil;
    this.#deps.budget.idle(this.#tape);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#lastWord);
    this.#delivery.dismiss();
    this.#tape.drop();
    this.#deps.onGone(this);
  }
}
