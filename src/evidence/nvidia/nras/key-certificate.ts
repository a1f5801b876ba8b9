import { equalBytes } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { derSequence, TAG } from '../../../core/encoding/der.ts';
import { malformed } from '../../../core/fault.ts';
import { parseTime } from '../../../core/x509/certificate.ts';
import type { Validity } from '../../../core/x509/validity.ts';

/** SubjectPublicKeyInfo of a point on P-384, up to and including the 0x04 of its uncompressed form. */
const P384_INFO = Uint8Array.of(
  ...[0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05],
  ...[0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04],
);

/**
 * Holds a certificate (RFC 5280 section 4.1) against the key that stands beside it in a JWK set.
 *
 * NVIDIA's service has these from a CA with an RSA key whose root nobody has pinned, so the
 * certificate proves nothing and its signature is not looked at. It must not contradict the set
 * (RFC 7517 section 4.7), and it says for which two days the key is meant.
 *
 * @param point x ‖ y, 96 bytes.
 * @returns its validity.
 * @throws Fault `malformed` at the field below `path`.
 */
export function expectCertifies(der: Uint8Array, point: Uint8Array, path: string): Validity {
  const outer = derSequence(der, path);
  const tbs = outer.sequence('tbsCertificate');
  outer.element('signatureAlgorithm');
  outer.element('signatureValue');
  outer.end();
  const version = tbs.inside(0xa0, 'version');
  if (version.smallInteger('version') !== 2) throw malformed(`${path}.version`, 'want X.509 v3');
  version.end();
  tbs.integer('serialNumber');
  tbs.expect(TAG.sequence, 'signature');
  tbs.expect(TAG.sequence, 'issuer');
  const window = tbs.sequence('validity');
  const from = parseTime(window, `${path}.notBefore`);
  const to = parseTime(window, `${path}.notAfter`);
  window.end();
  tbs.expect(TAG.sequence, 'subject');
  const info = tbs.expect(TAG.sequence, 'subjectPublicKeyInfo').raw;
  if (!tbs.done) tbs.expect(0xa3, 'extensions');
  tbs.end();
  if (!equalBytes(info, concatBytes(P384_INFO, point))) {
    throw malformed(`${path}.subjectPublicKeyInfo`, `another key than beside it: ${toHex(info)}`);
  }
  return { from, to };
}
