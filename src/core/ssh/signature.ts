import { lengthPrefixed } from '../bytes/length-prefixed.ts';
import { fromUtf8, utf8 } from '../bytes/text.ts';
import { concatBytes } from '../bytes/writer.ts';
import { Fault, malformed } from '../fault.ts';
import { SSH_ED25519, SSH_P256 } from './public-key.ts';
import { readSshStrings } from './strings.ts';

/** A signature of one of the two kinds that are made here. */
export interface SshSignature {
  readonly algorithm: typeof SSH_ED25519 | typeof SSH_P256;
  /** Ed25519: R ‖ S; P-256 over SHA-256: r ‖ s. 64 bytes both. */
  readonly signature: Uint8Array;
}

const NUMBER_SIZE = 32;
const SIGNATURE_SIZE = 2 * NUMBER_SIZE;

/**
 * A signature on the wire (RFC 4253 section 6.6)
 *
 *     ssh-ed25519 (RFC 8709 section 6)           string algorithm, string R ‖ S
 *     ecdsa-sha2-nistp256 (RFC 5656 section 3.1.2)  string algorithm, string (mpint r, mpint s)
 *
 * @throws Fault `malformed` at `path`, `unsupported` for another algorithm.
 */
export function parseSshSignature(wire: Uint8Array, path: string): SshSignature {
  const [name, value, ...more] = readSshStrings(wire, 2, path);
  if (name === undefined || value === undefined || more.length > 0) {
    throw malformed(path, 'want an algorithm and a signature');
  }
  const algorithm = fromUtf8(name, path);
  if (algorithm === SSH_ED25519) {
    if (value.length !== SIGNATURE_SIZE) throw malformed(path, `want ${SIGNATURE_SIZE} bytes`);
    return { algorithm, signature: value };
  }
  if (algorithm !== SSH_P256) {
    throw new Fault('unsupported', path, `a signature by ${JSON.stringify(algorithm)}`);
  }
  const [r, s] = readSshStrings(value, 2, path);
  if (r === undefined || s === undefined) throw malformed(path, 'want two numbers');
  return { algorithm, signature: concatBytes(fixedSize(r, path), fixedSize(s, path)) };
}

export function writeSshSignature({ algorithm, signature }: SshSignature): Uint8Array {
  if (signature.length !== SIGNATURE_SIZE) {
    throw new Fault('usage', 'signature', `want ${SIGNATURE_SIZE} bytes`);
  }
  if (algorithm === SSH_ED25519) return lengthPrefixed(utf8(algorithm), signature);
  const [r, s] = [signature.subarray(0, NUMBER_SIZE), signature.subarray(NUMBER_SIZE)];
  return lengthPrefixed(utf8(algorithm), lengthPrefixed(mpint(r), mpint(s)));
}

/** An mpint (RFC 4251 section 5) that is positive and has no byte too many: one number, one text. */
function fixedSize(number: Uint8Array, path: string): Uint8Array {
  const [first, second = 0] = number;
  if (first === undefined || first > 0x7f) throw malformed(path, 'want a positive number');
  const padded = first === 0;
  if (padded && second < 0x80) throw malformed(path, 'a number with a zero in front of it');
  const digits = padded ? number.subarray(1) : number;
  if (digits.length > NUMBER_SIZE) throw malformed(path, `a number of ${digits.length} bytes`);
  return concatBytes(new Uint8Array(NUMBER_SIZE - digits.length), digits);
}

function mpint(number: Uint8Array): Uint8Array {
  const start = number.findIndex((byte) => byte !== 0);
  if (start < 0) throw new Fault('usage', 'signature', 'a number that is 0');
  const digits = number.subarray(start);
  return (digits[0] ?? 0) > 0x7f ? concatBytes(Uint8Array.of(0), digits) : digits;
}
