import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { AEAD_NONCE_SIZE } from '../../core/crypto/aead-port.ts';
import { aeadKeySize, aeadName, kdfHash, type Suite, suiteText, u16be } from '../suite.ts';
import { LabeledHkdf } from './hkdf.ts';

/** A secret that both sides have already, and its name (RFC 9180 section 5.1.2). */
export interface Psk {
  /** At least 32 bytes. */
  readonly psk: Uint8Array;
  /** Not empty. */
  readonly id: Uint8Array;
}

/** What a context is made of (RFC 9180 section 5.1); `export` makes more of it. */
export interface Schedule {
  readonly key: Uint8Array;
  readonly baseNonce: Uint8Array;
  readonly exporterSecret: Uint8Array;
  /** Context.Export (RFC 9180 section 5.3). */
  readonly export: (context: Uint8Array, length: number) => Uint8Array;
}

const NOTHING = new Uint8Array();
const SHORTEST_PSK = 32;

/**
 * KeySchedule of RFC 9180 section 5.1, in mode Base or, with a secret, PSK.
 *
 * @param suite of algorithms that can be used here; @throws RangeError for others.
 * @throws RangeError for a PSK that is too short, or without a name.
 */
export function keySchedule(
  suite: Suite,
  sharedSecret: Uint8Array,
  info: Uint8Array,
  psk?: Psk,
): Schedule {
  const [hash, aead] = [kdfHash(suite.kdf), aeadName(suite.aead)];
  if (!hash || !aead) throw new RangeError(`no key schedule for ${suiteText(suite)}`);
  if (psk && (psk.psk.length < SHORTEST_PSK || psk.id.length === 0)) {
    throw new RangeError('a PSK wants 32 bytes or more, and a name');
  }
  const kdf = new LabeledHkdf(hash, suiteId(suite));
  const context = concatBytes(
    Uint8Array.of(psk ? 1 : 0),
    kdf.extract(NOTHING, 'psk_id_hash', psk?.id ?? NOTHING),
    kdf.extract(NOTHING, 'info_hash', info),
  );
  const secret = kdf.extract(sharedSecret, 'secret', psk?.psk ?? NOTHING);
  const exporterSecret = kdf.expand(secret, 'exp', context, HASH_SIZES[hash]);
  return {
    key: kdf.expand(secret, 'key', context, aeadKeySize(aead)),
    baseNonce: kdf.expand(secret, 'base_nonce', context, AEAD_NONCE_SIZE),
    exporterSecret,
    export: (exporterContext, length) => kdf.expand(exporterSecret, 'sec', exporterContext, length),
  };
}

/** In bytes. */
const HASH_SIZES = { sha256: 32, sha384: 48, sha512: 64 } as const;

function suiteId({ kem, kdf, aead }: Suite): Uint8Array {
  return concatBytes(utf8('HPKE'), u16be(kem), u16be(kdf), u16be(aead));
}
