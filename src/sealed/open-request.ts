import { type ChunkKeys, ChunkOpener, ChunkSealer } from './chunks.ts';
import { SealedFault } from './fault.ts';
import { keySchedule } from './hpke/key-schedule.ts';
import type { SealedKeyPair } from './key-pair.ts';
import { type Framing, HEADER_SIZE, LABELS, requestInfo } from './request-header.ts';
import { type Exchange, responseKeys, responseNonceSize } from './response-keys.ts';
import { largestChunkOf, type OpenerLimits } from './response-opener.ts';
import { aeadName, type Suite, suiteText } from './suite.ts';

/** A response under way: the agent's side of one exchange. */
export interface ResponseSealer {
  /** The first bytes on the wire. */
  readonly nonce: Uint8Array;
  /** varint ‖ ciphertext of 1 to 16,384 bytes; @throws RangeError for others. */
  readonly sealChunk: (plain: Uint8Array) => Uint8Array;
  /** The last bytes on the wire. Never to be written when what is answered failed half-way. */
  readonly sealFinal: (plain: Uint8Array) => Uint8Array;
}

/** Opens a request as it arrives. */
export interface RequestOpener {
  /**
   * @returns the plaintext of each chunk that is complete now, but for the final one.
   * @throws SealedFault `decrypt`, `oversized`, and the same again for whatever follows.
   */
  readonly push: (bytes: Uint8Array) => Uint8Array[];
  /**
   * To be called when the request's bytes end.
   *
   * @returns the plaintext of the final chunk, which may be empty.
   * @throws SealedFault `incomplete`, `decrypt`.
   */
  readonly end: () => Uint8Array;
  /** Whether the final chunk was opened: only then is the request all there. */
  readonly done: boolean;
  /** Begins the response; may begin before the request is all there. */
  readonly sealResponse: (randomBytes: (length: number) => Uint8Array) => ResponseSealer;
}

export type KeyFinder = (keyId: number) => SealedKeyPair | undefined;

/**
 * Begins to open a request (draft-ietf-ohai-chunked-ohttp section 6.1).
 *
 * @param bytes from its first on: at most 1,127 are needed.
 * @returns the opener, `enc`, by which a request that comes twice is known, and how many bytes
 *   were read: the rest goes to the opener.
 * @throws SealedFault `incomplete` while the header is not all there, `ohttp-key` for a key or
 *   suite that is not served, `decrypt`.
 */
export function openRequestHeader(
  bytes: Uint8Array,
  keys: KeyFinder,
  limits: OpenerLimits = {},
): { readonly opener: RequestOpener; readonly enc: Uint8Array; readonly consumed: number } {
  const { exchange, keys: chunkKeys, consumed } = openHeader('chunked', bytes, keys);
  const opener = new ChunkOpener(PATH, chunkKeys, largestChunkOf(limits));
  return {
    enc: exchange.enc,
    consumed,
    opener: {
      push: (more) => opener.push(more),
      end: () => opener.end(),
      get done() {
        return opener.done;
      },
      sealResponse: (randomBytes) => sealResponse(exchange, randomBytes),
    },
  };
}

/** What a request needs however it is framed. */
export function openHeader(
  framing: Framing,
  bytes: Uint8Array,
  keys: KeyFinder,
): { readonly exchange: Exchange; readonly keys: ChunkKeys; readonly consumed: number } {
  const { pair, suite } = readHeader(bytes, keys);
  const aead = aeadName(suite.aead);
  if (!aead) throw new SealedFault('ohttp-key', `${PATH}.header`, suiteText(suite));
  const consumed = HEADER_SIZE + pair.encSize;
  if (bytes.length < consumed) throw incomplete();
  const header = bytes.subarray(0, HEADER_SIZE);
  const enc = bytes.slice(HEADER_SIZE, consumed);
  const sharedSecret = pair.decapsulate(enc);
  if (!sharedSecret) throw new SealedFault('decrypt', `${PATH}.enc`, 'nobody seals like this');
  const schedule = keySchedule(suite, sharedSecret, requestInfo(framing, header));
  return {
    exchange: { suite, schedule, enc, responseLabel: LABELS[framing].response },
    keys: { aead, key: schedule.key, baseNonce: schedule.baseNonce },
    consumed,
  };
}

const PATH = 'sealed_request';

function readHeader(
  bytes: Uint8Array,
  keys: KeyFinder,
): { readonly pair: SealedKeyPair; readonly suite: Suite } {
  if (bytes.length < HEADER_SIZE) throw incomplete();
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_SIZE);
  const keyId = view.getUint8(0);
  const suite = { kem: view.getUint16(1), kdf: view.getUint16(3), aead: view.getUint16(5) };
  const pair = keys(keyId);
  if (!pair) throw new SealedFault('ohttp-key', `${PATH}.header.key_id`, `no key ${keyId} here`);
  const { kem, suites } = pair.config;
  const served = suites.some(({ kdf, aead }) => kdf === suite.kdf && aead === suite.aead);
  if (kem !== suite.kem || !served) {
    const detail = `key ${keyId} does not serve ${suiteText(suite)}`;
    throw new SealedFault('ohttp-key', `${PATH}.header`, detail);
  }
  return { pair, suite };
}

function incomplete(): SealedFault {
  return new SealedFault('incomplete', `${PATH}.header`, 'ended within the header');
}

function sealResponse(
  exchange: Exchange,
  randomBytes: (length: number) => Uint8Array,
): ResponseSealer {
  const nonce = randomBytes(responseNonceSize(exchange.suite));
  const sealer = new ChunkSealer(responseKeys(exchange, nonce));
  return {
    nonce,
    sealChunk: (plain) => sealer.sealChunk(plain),
    sealFinal: (plain) => sealer.sealFinal(plain),
  };
}
