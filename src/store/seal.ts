import { randomFillSync } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { digestOf } from '../appraisal/policy/signing/canonical-document.ts';
import { Fault, malformed } from '../core/fault.ts';

/** Of plain bytes; a chunk is that and {@link EXTRA} more. */
const CHUNK = 65_536;
/** Of crypto_secretstream_xchacha20poly1305: its header, and what it adds to each chunk. */
const HEADER = 24;
const EXTRA = 17;

/** Its tags: more is to come, and this was all. */
const MESSAGE = 0;
const FINAL = 3;

const KEY_BYTES = 32;

/**
 * The archive's encryption: libsodium's secretstream in chunks of 64 KiB, each bound to the digest
 * of the whole (or what else it is), so that no blob passes for another, none loses its end, and none is read without
 * the key. Sealed: header, then the chunks.
 */
export class Sealer {
  readonly #key: Uint8Array;
  /** Tells keys apart without telling anything of them: keyed BLAKE2b of a constant, in hex. */
  readonly keyId: string;

  /** @throws Fault `usage` at `archiveKey` for one that is not 32 bytes. */
  static async open(key: Uint8Array): Promise<Sealer> {
    if (key.length !== KEY_BYTES) {
      throw new Fault('usage', 'archiveKey', `is ${key.length} bytes, not ${KEY_BYTES}`);
    }
    await sodium.ready;
    inner().getRandomValue = randomWords();
    return new Sealer(key);
  }

  private constructor(key: Uint8Array) {
    this.#key = key;
    this.keyId = sodium.crypto_generichash(16, 'postern archive key v1', key, 'hex');
  }

  /** @param label what it is, a blob's digest for one: it opens as nothing else. */
  seal(label: string, bytes: Uint8Array): Uint8Array {
    const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(this.#key);
    try {
      return push(state, header, label, bytes);
    } finally {
      free(state);
    }
  }

  /** @throws Fault `malformed` at `blobs[<digest>]` for what was not sealed so under this key. */
  open(digest: string, sealed: Uint8Array): Uint8Array {
    const at = `blobs[${digest}]`;
    const bytes = this.unseal(digest, sealed, at);
    if (digestOf(bytes) === digest) return bytes;
    throw malformed(at, 'opens, but to something of another digest');
  }

  /** @throws Fault `malformed` at the place for what was not sealed as this and under this key. */
  unseal(label: string, sealed: Uint8Array, at: string): Uint8Array {
    if (sealed.length < HEADER + EXTRA) throw malformed(at, 'is too short to be sealed');
    const header = sealed.subarray(0, HEADER);
    const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, this.#key);
    try {
      return pull(state, sealed.subarray(HEADER), label, at);
    } finally {
      free(state);
    }
  }
}

function push(state: State, header: Uint8Array, label: string, bytes: Uint8Array): Uint8Array {
  const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK));
  const sealed = new Uint8Array(HEADER + bytes.length + chunks * EXTRA);
  sealed.set(header);
  for (let i = 0; i < chunks; i++) {
    const plain = bytes.subarray(i * CHUNK, (i + 1) * CHUNK);
    const tag = i === chunks - 1 ? FINAL : MESSAGE;
    const chunk = sodium.crypto_secretstream_xchacha20poly1305_push(state, plain, label, tag);
    sealed.set(chunk, HEADER + i * (CHUNK + EXTRA));
  }
  return sealed;
}

function pull(state: State, chunks: Uint8Array, label: string, at: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let rest = chunks;
  for (;;) {
    const chunk = rest.subarray(0, CHUNK + EXTRA);
    rest = rest.subarray(chunk.length);
    const opened =
      chunk.length >= EXTRA &&
      sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk, label);
    if (opened === false) throw malformed(at, 'does not open under the archive key');
    pieces.push(opened.message);
    const isFinal = opened.tag === FINAL;
    if (isFinal !== (rest.length === 0)) throw malformed(at, 'does not end where its seal says');
    if (isFinal) return new Uint8Array(Buffer.concat(pieces));
  }
}

type State = ReturnType<typeof sodium.crypto_secretstream_xchacha20poly1305_init_pull>;

/** What the wrapper is wrapped around. */
interface Inner {
  /** 32 random bits. Its own, where none is set, asks the system for each. */
  getRandomValue: () => number;
  readonly _free: (state: State) => void;
}

function inner(): Inner {
  return (sodium as unknown as { readonly libsodium: Inner }).libsodium;
}

/** The wrapper makes a state for each stream and never frees it: a few bytes a blob, for ever. */
function free(state: State): void {
  inner()._free(state);
}

const WORDS = 1024;

/** Random words, asked of the system by the page: a word at a time takes longer than a small seal. */
function randomWords(): () => number {
  const words = new Uint32Array(WORDS);
  let next = WORDS;
  return () => {
    if (next === WORDS) {
      randomFillSync(words);
      next = 0;
    }
    const word = words[next] ?? 0;
    words[next++] = 0;
    return word;
  };
}
