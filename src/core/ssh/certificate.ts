import { u32be } from '../bytes/big-endian.ts';
import { lengthPrefixed } from '../bytes/length-prefixed.ts';
import { ByteReader } from '../bytes/reader.ts';
import { fromUtf8, utf8 } from '../bytes/text.ts';
import { fromBase64 } from '../encoding/base64.ts';
import { Fault, malformed } from '../fault.ts';
import { parseSshKeyBlob, SSH_ED25519, SSH_P256, type SshPublicKey } from './public-key.ts';
import { parseSshSignature, type SshSignature } from './signature.ts';
import { readSshStrings } from './strings.ts';

/** What is said about a key, and by whom (OpenSSH, PROTOCOL.certkeys). */
export interface SshCertificate extends SshStatement {
  /** `ssh-ed25519-cert-v01@openssh.com` or `ecdsa-sha2-nistp256-cert-v01@openssh.com`. */
  readonly algorithm: string;
  /** All of it. */
  readonly blob: Uint8Array;
  /** What the signature is over: all but itself. */
  readonly signed: Uint8Array;
  readonly signature: SshSignature;
}

/** All of a certificate but its signature. */
export interface SshStatement {
  /** Random, so that nobody can choose what the authority signs. */
  readonly nonce: Uint8Array;
  /** Ed25519 or P-256. */
  readonly key: SshPublicKey;
  readonly serial: bigint;
  readonly type: 'user' | 'host';
  /** For people and logs. */
  readonly keyId: string;
  /** Hosts that it is for. An empty list is every host: nobody here takes or makes one. */
  readonly principals: readonly string[];
  /** Seconds since the epoch, included. */
  readonly validAfter: bigint;
  /** Seconds since the epoch, not included. */
  readonly validBefore: bigint;
  readonly criticalOptions: readonly SshOption[];
  readonly extensions: readonly SshOption[];
  /** Of whoever signs. */
  readonly authority: SshPublicKey;
}

export interface SshOption {
  readonly name: string;
  /** As the option says; most that have any have a string inside. */
  readonly data: Uint8Array;
}

export const CERTIFICATE_SUFFIX = '-cert-v01@openssh.com';
const CERTIFIED: ReadonlyMap<string, string> = new Map(
  [SSH_ED25519, SSH_P256].map((algorithm) => [`${algorithm}${CERTIFICATE_SUFFIX}`, algorithm]),
);

const LARGEST = 16_384;
const MOST_PRINCIPALS = 256;
const MOST_OPTIONS = 64;
const USER = 1;
const HOST = 2;

/** Visible characters: a principal with a comma or a space would be two, to some. */
const PRINCIPAL = /^(?!.*,)[!-~]{1,255}$/;
const KEY_ID = /^[^\p{C}\p{Zl}\p{Zp}]{0,512}$/u;
const OPTION = /^[!-~]{1,128}$/;

/**
 * `<algorithm> <base64>` and a comment behind it or none, as in `ssh_host_ed25519_key-cert.pub`;
 * one line break may end it.
 *
 * @throws as {@link parseSshCertificate}.
 */
export function parseSshCertificateLine(text: string, path: string): SshCertificate {
  if (text.length > 2 * LARGEST) throw malformed(path, `${text.length} characters`);
  const parts = /^([!-~]+) ([!-~]+)(?: [^\p{C}\p{Zl}\p{Zp}]*)?\r?\n?$/u.exec(text);
  const [, algorithm = '', encoded = ''] = parts ?? [];
  if (parts === null) throw malformed(path, 'want "<algorithm> <base64>", and a comment or none');
  const certificate = parseSshCertificate(fromBase64(encoded, path), path);
  if (certificate.algorithm === algorithm) return certificate;
  throw malformed(path, `no certificate of ${JSON.stringify(algorithm)}`);
}

/**
 * A certificate (PROTOCOL.certkeys)
 *
 *     string    type of the certificate
 *     string    nonce
 *     string    Ed25519: pk; ECDSA: curve, and string public_key
 *     uint64    serial
 *     uint32    type: 1 user, 2 host
 *     string    key id
 *     string    valid principals, a string each
 *     uint64    valid after
 *     uint64    valid before
 *     string    critical options: string name, string data each; sorted, each once
 *     string    extensions, the same
 *     string    reserved
 *     string    signature key
 *     string    signature
 *
 * Its signature is not looked at.
 *
 * @param blob kept, not copied.
 * @throws Fault `malformed` at the field below `path`, `unsupported` for keys of other kinds.
 */
export function parseSshCertificate(blob: Uint8Array, path: string): SshCertificate {
  if (blob.length > LARGEST) throw malformed(path, `${blob.length} bytes`);
  const r = new ByteReader(blob, path);
  const string = (field: string) => r.bytes(u32be(r, field), field);
  const algorithm = fromUtf8(string('type'), `${path}.type`);
  const plain = CERTIFIED.get(algorithm);
  if (plain === undefined) {
    const detail = `want an Ed25519 or P-256 certificate, got ${JSON.stringify(algorithm)}`;
    throw new Fault('unsupported', `${path}.type`, detail);
  }
  const nonce = string('nonce');
  const parts = plain === SSH_P256 ? [string('curve'), string('key')] : [string('key')];
  const key = knownKey(lengthPrefixed(utf8(plain), ...parts), `${path}.key`);
  const serial = u64be(r, 'serial');
  const kind = u32be(r, 'kind');
  if (kind !== USER && kind !== HOST) throw malformed(`${path}.kind`, `${kind}`);
  const keyId = matching(string('key_id'), KEY_ID, `${path}.key_id`);
  const principals = readSshStrings(
    string('principals'),
    MOST_PRINCIPALS,
    `${path}.principals`,
  ).map((one) => matching(one, PRINCIPAL, `${path}.principals`));
  const validAfter = u64be(r, 'valid_after');
  const validBefore = u64be(r, 'valid_before');
  const criticalOptions = options(string('critical_options'), `${path}.critical_options`);
  const extensions = options(string('extensions'), `${path}.extensions`);
  if (string('reserved').length > 0) throw malformed(`${path}.reserved`, 'want it empty');
  const authority = knownKey(string('signature_key'), `${path}.signature_key`);
  const signed = blob.subarray(0, r.offset);
  const signature = parseSshSignature(string('signature'), `${path}.signature`);
  r.end();
  return {
    ...{ algorithm, blob, signed, signature, nonce, key, serial, keyId, principals },
    ...{ validAfter, validBefore, criticalOptions, extensions, authority },
    type: kind === HOST ? 'host' : 'user',
  };
}

/** Another kind would be a certificate (a chain), or a key that nothing here verifies with. */
function knownKey(blob: Uint8Array, path: string): SshPublicKey {
  const key = parseSshKeyBlob(blob, path);
  if (key.algorithm === SSH_ED25519) return key;
  if (key.algorithm !== SSH_P256) {
    throw new Fault('unsupported', path, `a key of ${JSON.stringify(key.algorithm)}`);
  }
  const [, curve, point, ...more] = readSshStrings(blob, 3, path);
  const isPoint = point?.length === 65 && point[0] === 4 && more.length === 0;
  if (curve === undefined || fromUtf8(curve, path) !== 'nistp256' || !isPoint) {
    throw malformed(path, 'want a point of nistp256, uncompressed');
  }
  return key;
}

function options(bytes: Uint8Array, path: string): readonly SshOption[] {
  const strings = readSshStrings(bytes, 2 * MOST_OPTIONS, path);
  if (strings.length % 2 !== 0) throw malformed(path, 'a name without data');
  const found: SshOption[] = [];
  for (let i = 0; i < strings.length; i += 2) {
    const name = matching(strings[i], OPTION, path);
    const before = found.at(-1)?.name;
    if (before !== undefined && before >= name) {
      throw malformed(path, `${JSON.stringify(name)} does not stand in its order`);
    }
    found.push({ name, data: strings[i + 1] ?? new Uint8Array() });
  }
  return found;
}

function matching(bytes: Uint8Array | undefined, pattern: RegExp, path: string): string {
  const text = fromUtf8(bytes ?? new Uint8Array(), path);
  if (pattern.test(text)) return text;
  throw malformed(path, `${JSON.stringify(text)} is none`);
}

function u64be(r: ByteReader, field: string): bigint {
  return r.bytes(8, field).reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}
