import { fromHex, isHex } from '../core/bytes/hex.ts';
import { fromPem } from '../core/encoding/pem.ts';
import { malformed } from '../core/fault.ts';

const DER_SEQUENCE = 0x30;

/**
 * One CRL in any of the forms that sources serve: DER (Intel), hex text (a PCCS), PEM.
 * Told apart by the first byte: DER starts with 0x30, its hex with "3", PEM with "-".
 *
 * @returns DER, not yet parsed.
 * @throws Fault `malformed`.
 */
export function crlFromAnyForm(bytes: Uint8Array, at: string): Uint8Array {
  if (bytes[0] === DER_SEQUENCE) return bytes;
  const text = new TextDecoder('latin1').decode(bytes).trim();
  if (isHex(text)) return fromHex(text, at);
  if (!text.startsWith('-----BEGIN')) {
    throw malformed(at, `want a CRL as DER, hex or PEM, got ${JSON.stringify(text.slice(0, 60))}`);
  }
  const [crl, ...more] = fromPem(text, 'X509 CRL', at);
  if (crl === undefined || more.length > 0) {
    throw malformed(at, `want one CRL, got ${1 + more.length}`);
  }
  return crl;
}
