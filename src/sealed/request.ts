import { concatBytes } from '../core/bytes/writer.ts';
import { type ChunkKeys, ChunkSealer } from './chunks.ts';
import { SealedFault } from './fault.ts';
import { keySchedule } from './hpke/key-schedule.ts';
import type { Encapsulated, EncapsulationKey } from './kem/kem.ts';
import { kemById } from './kem/kems.ts';
import type { KeyConfig } from './key-config.ts';
import { encodeHeader, type Framing, LABELS, requestInfo } from './request-header.ts';
import type { Exchange } from './response-keys.ts';
import { type OpenerLimits, ResponseOpener } from './response-opener.ts';
import { aeadName, type Suite, suiteText } from './suite.ts';

/** A request under way: the client's side of one exchange. */
export interface RequestSealer {
  /** Header and `enc`: the first bytes on the wire. */
  readonly header: Uint8Array;
  readonly enc: Uint8Array;
  /** varint ‖ ciphertext of 1 to 16,384 bytes; @throws RangeError for others. */
  readonly sealChunk: (plain: Uint8Array) => Uint8Array;
  /** The last bytes on the wire; up to 16,384 bytes, none will do. */
  readonly sealFinal: (plain: Uint8Array) => Uint8Array;
  readonly openResponse: (limits?: OpenerLimits) => ResponseOpener;
}

/**
 * Begins a request to whoever has the private half of a key
 * (draft-ietf-ohai-chunked-ohttp section 6.1).
 *
 * @param suite by default the one of the configuration with AES-256-GCM, or else its first.
 * @throws SealedFault `ohttp-key` when the configuration does not have the suite, or its key is none.
 */
export function sealRequest(config: KeyConfig, suite: Suite = preferred(config)): RequestSealer {
  const encapsulated = encapsulationKey(config, suite).encapsulate();
  if (!encapsulated) throw unusable('its public key is of small order');
  return sealRequestWith(config.keyId, suite, encapsulated);
}

/** The same of a KEM's output that was made before: {@link sealRequest} makes a fresh one. */
export function sealRequestWith(
  keyId: number,
  suite: Suite,
  encapsulated: Encapsulated,
): RequestSealer {
  const { header, exchange, keys } = beginRequest('chunked', keyId, suite, encapsulated);
  const sealer = new ChunkSealer(keys);
  return {
    header,
    enc: encapsulated.enc,
    sealChunk: (plain) => sealer.sealChunk(plain),
    sealFinal: (plain) => sealer.sealFinal(plain),
    openResponse: (limits) => new ResponseOpener(exchange, limits),
  };
}

/** What a request needs however it is framed. */
export function beginRequest(
  framing: Framing,
  keyId: number,
  suite: Suite,
  { enc, sharedSecret }: Encapsulated,
): { readonly header: Uint8Array; readonly exchange: Exchange; readonly keys: ChunkKeys } {
  const aead = aeadName(suite.aead);
  if (!aead) throw unusable(suiteText(suite));
  const header = encodeHeader(keyId, suite);
  const schedule = keySchedule(suite, sharedSecret, requestInfo(framing, header));
  return {
    header: concatBytes(header, enc),
    exchange: { suite, schedule, enc, responseLabel: LABELS[framing].response },
    keys: { aead, key: schedule.key, baseNonce: schedule.baseNonce },
  };
}

function preferred({ kem, suites }: KeyConfig): Suite {
  const suite = suites.find(({ kdf, aead }) => kdf === 1 && aead === 2) ?? suites[0];
  if (!suite) throw unusable('it has no suite');
  return { kem, ...suite };
}

/** To import a key takes as long as to use it; whoever changes its bytes meanwhile is not heard. */
const importedKeys = new WeakMap<KeyConfig, EncapsulationKey>();

function encapsulationKey(config: KeyConfig, suite: Suite): EncapsulationKey {
  const offered = config.suites.some(({ kdf, aead }) => kdf === suite.kdf && aead === suite.aead);
  if (config.kem !== suite.kem || !offered) throw unusable(`it does not have ${suiteText(suite)}`);
  const known = importedKeys.get(config);
  if (known) return known;
  const made = kemById(config.kem)?.encapsulationKey(config.publicKey);
  if (!made) throw unusable('its public key is none');
  importedKeys.set(config, made);
  return made;
}

function unusable(detail: string): SealedFault {
  return new SealedFault('ohttp-key', 'key_config', detail);
}
