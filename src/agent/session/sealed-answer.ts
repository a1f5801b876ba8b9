import { createHash, type Hash } from 'node:crypto';
import { concatBytes } from '../../core/bytes/writer.ts';
import { MessageWriter } from '../../sealed/bhttp/encode.ts';
import type { Field } from '../../sealed/bhttp/message.ts';
import { CHUNK_SIZE } from '../../sealed/chunk-reader.ts';
import type { ResponseSealer } from '../../sealed/open-request.ts';

/** Where an answer goes. */
export interface Sink {
  /**
   * Resolves once more may come.
   *
   * @throws ClientGone
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** Whoever asked is not there any more, or does not take what is sent. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** An answer as it is sealed, a piece at a time. What was said is whole only once {@link end} was. */
export class SealedAnswer {
  readonly #sealer: ResponseSealer;
  readonly #sink: Sink;
  readonly #bucket: number;
  readonly #writer = new MessageWriter();
  readonly #content: Hash = createHash('sha256');
  /** Plaintext so far, in bytes. */
  #length = 0;

  /** @param bucket 0: nothing is padded. */
  constructor(sealer: ResponseSealer, sink: Sink, bucket: number) {
    this.#sealer = sealer;
    this.#sink = sink;
    this.#bucket = bucket;
  }

  async head(status: number, fields: readonly Field[]): Promise<void> {
    await this.#seal(this.#writer.responseHead({ status, fields }));
  }

  /** @param bytes any number. */
  async content(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#content.update(bytes);
    await this.#seal(this.#writer.content(bytes));
  }

  /** SHA-256 of the content so far, lower-case hex. */
  get contentSha256(): string {
    return this.#content.copy().digest('hex');
  }

  /** All was said. Never to be called when what is answered failed half-way. */
  async end(trailers: readonly Field[]): Promise<void> {
    const last = this.#writer.end(trailers);
    const whole = concatBytes(last, new Uint8Array(this.#zeros(last.length)));
    const at = Math.max(0, whole.length - CHUNK_SIZE);
    if (at > 0) await this.#seal(whole.subarray(0, at));
    await this.#sink.write(this.#sealer.sealFinal(whole.subarray(at)));
  }

  /** How many of them behind the message fill its last bucket (RFC 9292 section 3.8). */
  #zeros(more: number): number {
    const bucket = this.#bucket;
    return bucket === 0 ? 0 : (bucket - ((this.#length + more) % bucket)) % bucket;
  }

  async #seal(plain: Uint8Array): Promise<void> {
    this.#length += plain.length;
    for (let at = 0; at < plain.length; at += CHUNK_SIZE) {
      await this.#sink.write(this.#sealer.sealChunk(plain.subarray(at, at + CHUNK_SIZE)));
    }
  }
}
