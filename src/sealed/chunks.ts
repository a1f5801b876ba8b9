import { importAeadKey, openAead, sealAead } from '#crypto';
import { utf8 } from '../core/bytes/text.ts';
import { AEAD_TAG_SIZE, type AeadKey, type AeadName } from '../core/crypto/aead-port.ts';
import { CHUNK_SIZE, ChunkReader } from './chunk-reader.ts';
import { SealedFault } from './fault.ts';
import { NonceCounter } from './nonce-counter.ts';
import { sizeOfVarint, writeVarint } from './varint.ts';

/** What seals the chunks of one message in one direction. */
export interface ChunkKeys {
  readonly aead: AeadName;
  readonly key: Uint8Array;
  readonly baseNonce: Uint8Array;
}

const NO_AAD = new Uint8Array();
const FINAL_AAD = utf8('final');

/** @throws RangeError for a key of another length than the algorithm's. */
export function aeadKeyOf({ aead, key }: ChunkKeys): AeadKey {
  const made = importAeadKey(aead, key);
  if (!made) throw new RangeError(`${aead} takes no key of ${key.length} bytes`);
  return made;
}

/** Seals the chunks of one message (draft-ietf-ohai-chunked-ohttp section 6). */
export class ChunkSealer {
  readonly #key: AeadKey;
  readonly #nonces: NonceCounter;
  #ended = false;

  constructor(keys: ChunkKeys) {
    this.#key = aeadKeyOf(keys);
    this.#nonces = new NonceCounter(keys.baseNonce);
  }

  /** varint ‖ ciphertext; @throws RangeError for no byte or more than 16,384, or after the final. */
  sealChunk(plain: Uint8Array): Uint8Array {
    if (plain.length === 0) throw new RangeError('only the final chunk may be empty');
    const size = plain.length + AEAD_TAG_SIZE;
    const headroom = sizeOfVarint(size);
    const sealed = this.#seal(NO_AAD, plain, headroom);
    writeVarint(size, sealed, 0);
    return sealed;
  }

  /** 0 ‖ ciphertext: nothing may follow; @throws RangeError above 16,384 bytes, or a second time. */
  sealFinal(plain: Uint8Array): Uint8Array {
    const sealed = this.#seal(FINAL_AAD, plain, 1);
    this.#ended = true;
    return sealed;
  }

  #seal(aad: Uint8Array, plain: Uint8Array, headroom: number): Uint8Array {
    if (this.#ended) throw new RangeError('the final chunk is sealed already');
    if (plain.length > CHUNK_SIZE) throw new RangeError(`a chunk above ${CHUNK_SIZE} bytes`);
    const sealed = sealAead(this.#key, this.#nonces.current(), aad, plain, headroom);
    this.#nonces.advance();
    return sealed;
  }
}

/** Opens the chunks of one message as they arrive, in order and to the end or not at all. */
export class ChunkOpener {
  readonly #path: string;
  readonly #key: AeadKey;
  readonly #nonces: NonceCounter;
  readonly #reader: ChunkReader;
  #state: 'open' | 'done' | 'failed' = 'open';

  /** @param path what errors call the message. */
  constructor(path: string, keys: ChunkKeys, largestChunk: number) {
    this.#path = path;
    this.#key = aeadKeyOf(keys);
    this.#nonces = new NonceCounter(keys.baseNonce);
    this.#reader = new ChunkReader(path, largestChunk);
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  get chunksOpened(): number {
    return this.#nonces.count;
  }

  push(bytes: Uint8Array): Uint8Array[] {
    this.#mustBeOpen();
    try {
      return this.#reader.push(bytes).map((sealed) => this.#open(NO_AAD, sealed));
    } catch (error) {
      // For good: chunks in front of the bad one were opened, and are thrown away with it.
      this.#state = 'failed';
      throw error;
    }
  }

  /** Nothing is lost when this fails: a stream that was cut off can go on. */
  end(): Uint8Array {
    this.#mustBeOpen();
    const plain = this.#open(FINAL_AAD, this.#reader.end());
    this.#state = 'done';
    return plain;
  }

  dropPartial(): void {
    this.#mustBeOpen();
    this.#reader.dropPartial();
  }

  #mustBeOpen(): void {
    if (this.#state === 'done') throw new RangeError('the message has ended');
    if (this.#state === 'failed') throw new SealedFault('decrypt', this.#path, 'failed before');
  }

  #open(aad: Uint8Array, sealed: Uint8Array): Uint8Array {
    const plain = openAead(this.#key, this.#nonces.current(), aad, sealed);
    if (!plain) {
      const number = this.#nonces.count;
      throw new SealedFault('decrypt', `${this.#path}.chunks[${number}]`, 'not authentic');
    }
    this.#nonces.advance();
    return plain;
  }
}
