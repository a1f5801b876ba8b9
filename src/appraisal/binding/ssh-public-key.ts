import { sha256 } from '#crypto';
import { ByteReader } from '../../core/bytes/reader.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { u32be } from './big-endian.ts';

/** A host key as `ssh-keyscan` and `.pub` files write it. */
export interface SshPublicKey {
  readonly algorithm: string;
  /** SHA-256 of the key's wire form: what OpenSSH shows as `SHA256:…` and SSHFP carries. */
  readonly fingerprint: Uint8Array;
}

const SSH_ED25519 = 'ssh-ed25519';

/** RSA of 16384 bits is 2 KB. */
const LONGEST_LINE = 4096;
const ED25519_KEY_SIZE = 32;
/** The algorithm, and at most exponent and modulus, or curve and point. */
const MOST_STRINGS = 3;

/**
 * `<algorithm> <base64>`, and a comment behind it or none. The wire form inside is a list of
 * strings (RFC 4251 section 5, RFC 4253 section 6.6), the first of which names the algorithm
 * again: were they to differ, one client would look for another kind of key than the next.
 *
 * @throws Fault `malformed` at `path`.
 */
export function parseSshPublicKey(line: string, path: string): SshPublicKey {
  if (line.length > LONGEST_LINE) throw malformed(path, `${line.length} characters`);
  const parts = /^([!-~]+) ([!-~]+)(?: [ -~]*)?$/.exec(line);
  const [, algorithm = '', encoded = ''] = parts ?? [];
  if (parts === null) throw malformed(path, 'want "<algorithm> <base64>", and a comment or none');
  const blob = fromBase64(encoded, path);
  const [inner, key, ...more] = stringsOf(blob, path);
  if (inner === undefined || key === undefined || fromUtf8(inner, path) !== algorithm) {
    throw malformed(path, `no key of ${JSON.stringify(algorithm)}`);
  }
  if (algorithm === SSH_ED25519 && (key.length !== ED25519_KEY_SIZE || more.length > 0)) {
    throw malformed(path, `want an Ed25519 key of ${ED25519_KEY_SIZE} bytes`);
  }
  return { algorithm, fingerprint: sha256(blob) };
}

/** SHA-256 of the wire form of an Ed25519 key. */
export function sshEd25519Fingerprint(publicKey: Uint8Array): Uint8Array {
  const strings = [utf8(SSH_ED25519), publicKey];
  return sha256(
    concatBytes(...strings.map((s) => concatBytes(Uint8Array.of(0, 0, 0, s.length), s))),
  );
}

function stringsOf(blob: Uint8Array, path: string): readonly Uint8Array[] {
  const r = new ByteReader(blob, path);
  const strings: Uint8Array[] = [];
  while (r.remaining > 0 && strings.length < MOST_STRINGS) {
    strings.push(r.bytes(u32be(r, 'length'), 'string'));
  }
  r.end();
  return strings;
}
