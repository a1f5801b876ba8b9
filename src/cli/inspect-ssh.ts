import { toHex } from '../core/bytes/hex.ts';
import { fromUtf8 } from '../core/bytes/text.ts';
import { formatTime } from '../core/encoding/time.ts';
import { parseSshCertificateLine, type SshOption } from '../core/ssh/certificate.ts';
import type { SshPublicKey } from '../core/ssh/public-key.ts';
import type { Claims } from '../evidence/verification.ts';

export function looksLikeSshCertificate(text: string | undefined): boolean {
  return text !== undefined && /^[a-z0-9-]{1,40}-cert-v01@openssh\.com [A-Za-z0-9+/]/.test(text);
}

export function sshCertificateClaims(bytes: Uint8Array): Claims {
  const path = 'certificate';
  const read = parseSshCertificateLine(fromUtf8(bytes, path), path);
  return {
    algorithm: read.algorithm,
    type: read.type,
    key: keyClaims(read.key),
    serial: String(read.serial),
    keyId: read.keyId,
    principals: [...read.principals],
    validAfter: moment(read.validAfter),
    validBefore: moment(read.validBefore),
    criticalOptions: read.criticalOptions.map(optionClaims),
    extensions: read.extensions.map(optionClaims),
    authority: keyClaims(read.authority),
    signature: { algorithm: read.signature.algorithm, value: toHex(read.signature.signature) },
  };
}

function keyClaims({ algorithm, fingerprint }: SshPublicKey): Claims {
  return { algorithm, sha256: toHex(fingerprint) };
}

function optionClaims({ name, data }: SshOption): Claims {
  return { name, data: toHex(data) };
}

/** 2⁶⁴ − 1 is OpenSSH's "forever". */
function moment(seconds: bigint): string {
  return seconds > LAST ? String(seconds) : formatTime(Number(seconds) * 1000);
}

/** Of the year 9999. */
const LAST = 253_402_300_799n;
