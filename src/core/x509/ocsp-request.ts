import { sha384 } from '#crypto';
import { fromHex } from '../bytes/hex.ts';
import { concatBytes } from '../bytes/writer.ts';
import { TAG } from '../encoding/der.ts';
import type { Certificate } from './certificate.ts';
import { keyBits } from './ocsp-signer.ts';

/** AlgorithmIdentifier of SHA-384, without parameters (RFC 5754 section 2.3). */
const SHA384 = fromHex('300b0609608648016503040202', 'sha384');
/** OBJECT IDENTIFIER id-pkix-ocsp-nonce. */
const NONCE = fromHex('06092b0601050507300102', 'nonce');

/**
 * OCSPRequest about one certificate (RFC 6960 section 4.1.1), unsigned, its CertID by SHA-384.
 *
 * @param nonce 1 to 128 bytes.
 * @returns DER.
 */
export function encodeOcspRequest(
  certificate: Certificate,
  issuer: Certificate,
  nonce?: Uint8Array,
): Uint8Array {
  const certId = element(
    TAG.sequence,
    SHA384,
    element(TAG.octetString, sha384(issuer.subject.der)),
    element(TAG.octetString, sha384(keyBits(issuer))),
    element(TAG.integer, fromHex(certificate.serial, 'serial')),
  );
  const requestList = element(TAG.sequence, element(TAG.sequence, certId));
  const extensions = nonce && element(0xa2, element(TAG.sequence, nonceExtension(nonce)));
  return element(
    TAG.sequence,
    element(TAG.sequence, requestList, ...(extensions ? [extensions] : [])),
  );
}

function nonceExtension(nonce: Uint8Array): Uint8Array {
  const value = element(TAG.octetString, element(TAG.octetString, nonce));
  return element(TAG.sequence, NONCE, value);
}

/** One DER element; nothing here is longer than 64 KiB. */
function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  const { length } = body;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...header), body);
}
