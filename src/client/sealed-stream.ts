import { SealedFault } from '../sealed/fault.ts';
import { responseNonceSize } from '../sealed/response-keys.ts';
import { PosternError } from './errors.ts';
import { type Relaying, resumeAt } from './relay.ts';
import type { SealedExchange } from './seal.ts';

export interface StreamDeps extends Relaying {
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Connections that are made for one answer after the first. */
const MOST_RESUMES = 5;
const FIRST_PAUSE = 100;

/**
 * The plaintext of an answer, chunk by chunk, to its authenticated end and no other; over as many
 * connections as it takes, within reason.
 */
export class SealedStream {
  readonly #exchange: SealedExchange;
  readonly #deps: StreamDeps;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #opened: Uint8Array[] = [];
  #finished = false;
  #cancelled = false;
  #resumes = 0;
  /** Bytes of a nonce that is known already and comes once more. */
  #skip = 0;

  constructor(exchange: SealedExchange, body: ReadableStream<Uint8Array>, deps: StreamDeps) {
    this.#exchange = exchange;
    this.#reader = body.getReader();
    this.#deps = deps;
  }

  /**
   * @returns undefined at the authenticated end.
   * @throws PosternError `open.…` for what is not the machine's, `incomplete.…` where the end did not
   *   come; the signal's reason when the caller gave up.
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#opened.shift();
      if (chunk !== undefined) return chunk;
      if (this.#finished) return undefined;
      await this.#read();
    }
  }

  /** Who waits for more at the moment is told that there is none. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    await this.#reader.cancel().catch(() => undefined);
  }

  async #read(): Promise<void> {
    const { opener } = this.#exchange;
    const read = await this.#reader.read().catch((cause: unknown) => ({ cause }));
    if ('cause' in read) return this.#resume(read.cause);
    if (!read.done) {
      this.#opened.push(...this.#open(() => opener.push(this.#withoutNonce(read.value))));
      return;
    }
    try {
      this.#opened.push(opener.end());
      this.#finished = true;
    } catch (error) {
      if (!(error instanceof SealedFault)) throw error;
      if (error.kind !== 'incomplete') throw notOpened(error);
      await this.#resume(error);
    }
  }

  #open(act: () => Uint8Array[]): Uint8Array[] {
    try {
      return act();
    } catch (error) {
      throw error instanceof SealedFault ? notOpened(error) : error;
    }
  }

  #withoutNonce(bytes: Uint8Array): Uint8Array {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    return bytes.subarray(skipped);
  }

  async #resume(cause: unknown): Promise<void> {
    const { signal, resume, pause } = this.#deps;
    let why = cause;
    while (resume && !this.#cancelled && this.#resumes < MOST_RESUMES) {
      signal.throwIfAborted();
      await pause(FIRST_PAUSE * 2 ** this.#resumes);
      if (this.#cancelled) break;
      this.#resumes++;
      const { opener, machine } = this.#exchange;
      opener.dropPartial();
      // Chunk 0 comes with the nonce in front, which may be here already.
      const again = opener.started && opener.chunksOpened === 0;
      this.#skip = again ? responseNonceSize(machine.suite) : 0;
      try {
        const relayed = await resumeAt(this.#exchange, opener.chunksOpened, this.#deps);
        if (relayed.kind === 'sealed') {
          this.#reader = relayed.body.getReader();
          if (this.#cancelled) await this.cancel();
          return;
        }
        throw incomplete('the gateway does not go on with it', why);
      } catch (error) {
        if (error instanceof PosternError) throw notGoneOn(error);
        why = error;
      }
    }
    signal.throwIfAborted();
    throw incomplete('the connection ended before the authenticated end', why);
  }
}

function notOpened(fault: SealedFault): PosternError {
  return new PosternError(
    `open.${fault.kind}`,
    `a part of the answer is not the machine’s, or not where it belongs: ${fault.message}`,
    { cause: fault },
  );
}

/** Whatever stood in its place: of the answer that was begun the end is missing. */
function notGoneOn(error: PosternError): PosternError {
  if (error.stage === 'incomplete') return error;
  return incomplete(`the gateway does not go on with it: ${error.what}`, error);
}

function incomplete(what: string, cause: unknown): PosternError {
  return new PosternError('incomplete.cut', what, { cause });
}
