import { writeU32be } from '../bytes/big-endian.ts';
import { lengthPrefixed } from '../bytes/length-prefixed.ts';
import { utf8 } from '../bytes/text.ts';
import { concatBytes } from '../bytes/writer.ts';
import { toBase64 } from '../encoding/base64.ts';
import {
  CERTIFICATE_SUFFIX,
  parseSshCertificate,
  type SshCertificate,
  type SshOption,
  type SshStatement,
} from './certificate.ts';
import { type SshSignature, writeSshSignature } from './signature.ts';
import { readSshStrings } from './strings.ts';

/** What the authority signs: all of a certificate up to its signature (PROTOCOL.certkeys). */
export function sshCertificateToSign(statement: SshStatement): Uint8Array {
  const { key, nonce, serial, type, keyId, principals, validAfter, validBefore } = statement;
  const { criticalOptions, extensions, authority } = statement;
  // Behind its algorithm a key has the same strings in a certificate as by itself.
  const [, ...parts] = readSshStrings(key.blob, 3, 'key');
  return concatBytes(
    lengthPrefixed(utf8(`${key.algorithm}${CERTIFICATE_SUFFIX}`), nonce, ...parts),
    writeU64be(serial),
    writeU32be(type === 'host' ? 2 : 1),
    lengthPrefixed(utf8(keyId), lengthPrefixed(...principals.map(utf8))),
    writeU64be(validAfter),
    writeU64be(validBefore),
    lengthPrefixed(options(criticalOptions), options(extensions), new Uint8Array()),
    lengthPrefixed(authority.blob),
  );
}

/**
 * @param toSign of {@link sshCertificateToSign}.
 * @throws Fault as the parser does: nothing is made that could not be read.
 */
export function writeSshCertificate(toSign: Uint8Array, signature: SshSignature): SshCertificate {
  const blob = concatBytes(toSign, lengthPrefixed(writeSshSignature(signature)));
  return parseSshCertificate(blob, 'certificate');
}

/** As in a file `…-cert.pub`, without the line break. */
export function sshCertificateLine({ algorithm, blob, keyId }: SshCertificate): string {
  return `${algorithm} ${toBase64(blob)} ${keyId}`.trimEnd();
}

/** An option whose data is a string, as `ssh-keygen -O extension:name=text` writes it. */
export function sshTextOption(name: string, text: string): SshOption {
  return { name, data: lengthPrefixed(utf8(text)) };
}

function options(list: readonly SshOption[]): Uint8Array {
  const sorted = list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return lengthPrefixed(...sorted.flatMap(({ name, data }) => [utf8(name), data]));
}

function writeU64be(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
