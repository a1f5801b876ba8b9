import { equalBytes } from '../bytes/equal.ts';
import { utf8 } from '../bytes/text.ts';
import { concatBytes } from '../bytes/writer.ts';
import { blake2b512 } from '../crypto/blake2b.ts';
import { malformed } from '../fault.ts';
import { fromBase58, toBase58 } from './base58.ts';

/** Of chains in general, and the one that Bittensor's hotkeys are written with. */
const PREFIX = 42;
const KEY_SIZE = 32;
const CHECKSUM_SIZE = 2;

/**
 * The public key that an address of a Substrate chain names, 32 bytes. Of the format's many forms
 * only the one of Bittensor is read:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 1 | network: 42 |
 * | 1 | 32 | public key |
 * | 33 | 2 | the first bytes of BLAKE2b-512(`SS58PRE` ‖ all before) |
 *
 * in base58. What kind of key it is, the address does not say.
 *
 * @throws Fault `malformed` for anything else.
 */
export function fromSs58(text: string, at: string): Uint8Array {
  const bytes = fromBase58(text, at);
  const size = 1 + KEY_SIZE + CHECKSUM_SIZE;
  if (bytes.length !== size) {
    throw malformed(at, `an address is ${size} bytes in base58, got ${bytes.length}`);
  }
  if (bytes[0] !== PREFIX) {
    throw malformed(
      at,
      `an address of network ${bytes[0]}, want ${PREFIX}: one that begins with 5`,
    );
  }
  const body = bytes.subarray(0, 1 + KEY_SIZE);
  if (!equalBytes(bytes.subarray(1 + KEY_SIZE), checksum(body))) {
    throw malformed(at, 'the checksum of the address is not right: a character is mistyped');
  }
  return bytes.slice(1, 1 + KEY_SIZE);
}

/** @param publicKey 32 bytes. */
export function toSs58(publicKey: Uint8Array): string {
  const body = concatBytes(Uint8Array.of(PREFIX), publicKey);
  return toBase58(concatBytes(body, checksum(body)));
}

function checksum(body: Uint8Array): Uint8Array {
  return blake2b512(concatBytes(utf8('SS58PRE'), body)).subarray(0, CHECKSUM_SIZE);
}
