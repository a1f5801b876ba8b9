import { startSha256 } from '#crypto';
import { toHex } from '../core/bytes/hex.ts';
import type { RunningHash } from '../core/crypto/port.ts';
import { RECEIPT_HEADER, USAGE_HEADER } from '../protocol/session/headers.ts';
import type { Field, ResponseHead } from '../sealed/bhttp/message.ts';
import { type MessageEvent, MessageParser } from '../sealed/bhttp/parser.ts';
import { SealedFault } from '../sealed/fault.ts';
import { asPosternError } from './at-stage.ts';
import { PosternError } from './errors.ts';
import { type CheckedReceipt, checkReceipt } from './receipt.ts';
import type { SealedExchange } from './seal.ts';
import type { SealedStream } from './sealed-stream.ts';

export interface AnswerDeps {
  readonly exchange: SealedExchange;
  readonly stream: SealedStream;
  /** That the request named. */
  readonly model: string | undefined;
  readonly onReceipt: (receipt: CheckedReceipt) => void;
}

/** Content passes through as it comes: there is no end that would be too far. */
const ANY_LENGTH = { content: Number.MAX_SAFE_INTEGER };

/** A machine's answer, read as it comes. */
export class Answer {
  readonly #deps: AnswerDeps;
  readonly #parser = new MessageParser('response', ANY_LENGTH);
  readonly #events: MessageEvent[] = [];
  readonly #content: RunningHash = startSha256();
  #ended = false;
  #status = 0;
  #trailers: readonly Field[] = [];

  constructor(deps: AnswerDeps) {
    this.#deps = deps;
  }

  /** @throws as {@link SealedStream.next}; PosternError `open.…` for what is no answer. */
  async head(): Promise<ResponseHead> {
    for (;;) {
      const event = await this.#next();
      if (event === undefined) throw new PosternError('open.empty', 'the answer has no head');
      if (event.kind !== 'response') continue;
      this.#status = event.status;
      return event;
    }
  }

  /**
   * The next part of the content.
   *
   * @returns undefined once the end is authenticated and the receipt, where there has to be one, fits.
   * @throws as {@link Answer.head}; PosternError `receipt.…`.
   */
  async content(): Promise<Uint8Array | undefined> {
    for (;;) {
      const event = await this.#next();
      if (event === undefined) {
        this.#finish();
        return undefined;
      }
      if (event.kind === 'trailers') this.#trailers = event.fields;
      if (event.kind !== 'content') continue;
      this.#content.update(event.bytes);
      return event.bytes;
    }
  }

  cancel(): Promise<void> {
    return this.#deps.stream.cancel();
  }

  async #next(): Promise<MessageEvent | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#ended) return undefined;
      const chunk = await this.#deps.stream.next();
      this.#events.push(...this.#parse(chunk));
    }
  }

  #parse(chunk: Uint8Array | undefined): readonly MessageEvent[] {
    try {
      if (chunk !== undefined) return this.#parser.push(chunk);
      this.#ended = true;
      return this.#parser.end();
    } catch (error) {
      if (!(error instanceof SealedFault)) throw error;
      const what = `the answer is no binary HTTP message: ${error.message}`;
      throw new PosternError(`open.${error.kind}`, what, { cause: error });
    }
  }

  #finish(): void {
    const { exchange, model, onReceipt } = this.#deps;
    const { machine, session, requestSha256 } = exchange;
    if (machine.receiptKey === undefined) return;
    const statements = {
      receipt: this.#trailer(RECEIPT_HEADER),
      usage: this.#trailer(USAGE_HEADER),
    };
    try {
      const receipt = checkReceipt(statements, machine.receiptKey, {
        machine,
        session,
        model,
        status: this.#status,
        requestSha256,
        responseSha256: toHex(this.#content.digest()),
      });
      onReceipt(receipt);
    } catch (error) {
      throw asPosternError('receipt', 'the receipt', { node: machine.node }, error);
    }
  }

  /** One that comes twice says two things. */
  #trailer(name: string): string | undefined {
    const found = this.#trailers.filter(([field]) => field === name);
    return found.length === 1 ? found[0]?.[1] : undefined;
  }
}
