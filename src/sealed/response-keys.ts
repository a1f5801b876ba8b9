import { utf8 } from '../core/bytes/text.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { AEAD_NONCE_SIZE } from '../core/crypto/aead-port.ts';
import type { ChunkKeys } from './chunks.ts';
import { expand, extract } from './hpke/hkdf.ts';
import type { Schedule } from './hpke/key-schedule.ts';
import { aeadKeySize, aeadName, kdfHash, type Suite, suiteText } from './suite.ts';

/** One exchange, as far as the keys of its response go. */
export interface Exchange {
  readonly suite: Suite;
  readonly schedule: Schedule;
  readonly enc: Uint8Array;
  /** `message/bhttp chunked response`, or of a message in one piece, `message/bhttp response`. */
  readonly responseLabel: string;
}

/** max(Nn, Nk) in bytes: of the secret that is exported, and of the nonce. */
export function responseNonceSize({ aead }: Suite): number {
  const name = aeadName(aead);
  return Math.max(AEAD_NONCE_SIZE, name ? aeadKeySize(name) : 0);
}

/** The keys of a response (RFC 9458 section 4.4), which need its nonce. */
export function responseKeys(exchange: Exchange, nonce: Uint8Array): ChunkKeys {
  const { suite, schedule, enc, responseLabel } = exchange;
  const [hash, aead] = [kdfHash(suite.kdf), aeadName(suite.aead)];
  if (!hash || !aead) throw new RangeError(`no response keys for ${suiteText(suite)}`);
  const secret = schedule.export(utf8(responseLabel), responseNonceSize(suite));
  const prk = extract(hash, concatBytes(enc, nonce), secret);
  return {
    aead,
    key: expand(hash, prk, utf8('key'), aeadKeySize(aead)),
    baseNonce: expand(hash, prk, utf8('nonce'), AEAD_NONCE_SIZE),
  };
}
