import { sha256 } from '#crypto';
import { fromHex, toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { fromBase64 } from '../../../core/encoding/base64.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Bound, NotProven } from '../bound.ts';
import { onlyMembers, textMember } from '../members.ts';
import { certificateMember } from '../tls-certificate.ts';

/** Of ML-KEM-768 (FIPS 203 table 3), in bytes. */
const E2E_KEY_SIZE = 1184;

/** The code of a chute is in no register, and one 32-byte slot serves every use. */
const NOT_PROVEN: readonly NotProven[] = ['domain-separation', 'device-binding', 'workload'];

/**
 * Chutes, a validator and a server (`GET /server/attest?nonce=`): REPORT_DATA is the raw nonce
 * and SHA-256 of the SubjectPublicKeyInfo of the attestation proxy's TLS certificate. The GPUs
 * sign the same nonce. Not compared with genuine evidence.
 *
 *     { "recipe": "chutes-validator", "nonce": "<64 hex>", "certificate": "<PEM, or base64 of DER>" }
 */
export function chutesValidator(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'nonce', 'certificate']);
  const nonce = fromHex(nonceText(inputs), `${inputs.path}.nonce`);
  const spki = sha256(certificateMember(inputs, 'certificate').spki);
  return {
    reportData: concatBytes(nonce, spki),
    deviceNonce: nonce,
    nonce,
    binds: ['tls-spki'],
    notProven: NOT_PROVEN,
    claims: { tlsSpkiSha256: toHex(spki) },
  };
}

/**
 * Chutes, one instance and its users (`GET /chutes/{id}/evidence?nonce=`): the first half of
 * REPORT_DATA is SHA-256 of two texts one behind the other, the nonce in hex and the key in
 * base64 just as the discovery gave it; the second as above, for the service's certificate. The
 * GPUs sign the first half. Not compared with genuine evidence.
 *
 *     { "recipe": "chutes-instance", "nonce": "<64 lower-case hex>",
 *       "e2e_pubkey": "<base64 of 1184 bytes>", "certificate": "<PEM, or base64 of DER>" }
 */
export function chutesInstance(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'nonce', 'e2e_pubkey', 'certificate']);
  const text = nonceText(inputs);
  const keyText = inputs.string('e2e_pubkey');
  const key = e2eKey(keyText, `${inputs.path}.e2e_pubkey`);
  const spki = sha256(certificateMember(inputs, 'certificate').spki);
  const slot = sha256(utf8(text + keyText));
  return {
    reportData: concatBytes(slot, spki),
    deviceNonce: slot,
    nonce: fromHex(text, `${inputs.path}.nonce`),
    binds: ['e2e-key', 'tls-spki'],
    notProven: NOT_PROVEN,
    claims: { e2eKeySha256: toHex(sha256(key)), tlsSpkiSha256: toHex(spki) },
  };
}

/** Of fixed length, and so nothing of it can pass for the beginning of the key. */
function nonceText(inputs: JsonShape): string {
  return textMember(inputs, 'nonce', /^[0-9a-f]{64}$/, '64 lower-case hex digits');
}

/** One text for one key: it is the text that is hashed. */
function e2eKey(text: string, at: string): Uint8Array {
  if (text.length !== 4 * Math.ceil(E2E_KEY_SIZE / 3)) {
    throw malformed(at, `want base64 of ${E2E_KEY_SIZE} bytes, got ${text.length} characters`);
  }
  const key = fromBase64(text, at);
  if (key.length === E2E_KEY_SIZE) return key;
  throw malformed(at, `want ${E2E_KEY_SIZE} bytes, got ${key.length}`);
}
