import { toHex } from '../bytes/hex.ts';
import { derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';
import { parseTime } from './certificate.ts';
import {
  EXTENSION,
  parseAuthorityKeyIdentifier,
  parseCrlNumber,
  parseExtensions,
} from './extensions.ts';
import { type DistinguishedName, parseName } from './name.ts';
import { parseAlgorithm, parseSigned, type Signed } from './signed.ts';
import type { Validity } from './validity.ts';

/** An X.509 v2 certificate revocation list (RFC 5280 section 5.1). */
export interface Crl extends Signed {
  readonly issuer: DistinguishedName;
  /** thisUpdate to nextUpdate; a CRL without nextUpdate is refused. */
  readonly validity: Validity;
  /** Lower-case hex of the CRL number's INTEGER content. */
  readonly number: string;
  readonly authorityKeyIdentifier: Uint8Array;
  /** Serial (lower-case hex of the INTEGER content) to revocation time in milliseconds. */
  readonly revoked: ReadonlyMap<string, number>;
}

/** Critical extensions that restrict a CRL's scope (delta, indirect) are not among these: refused. */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.crlNumber,
  EXTENSION.authorityKeyIdentifier,
]);
const KNOWN_CRITICAL_OF_ENTRY: ReadonlySet<string> = new Set([EXTENSION.reasonCode]);

/**
 * A list that can't be read is an error, never "nothing is revoked".
 *
 * @throws Fault `malformed` naming the field below `path`.
 */
export function parseCrl(der: Uint8Array, path: string): Crl {
  const signed = parseSigned(der, path);
  const tbs = derSequence(signed.tbs, `${path}.tbsCertList`);
  if (tbs.smallInteger('version') !== 1) throw malformed(`${path}.version`, 'want CRL v2');
  if (parseAlgorithm(tbs, 'signature') !== signed.signatureAlgorithm) {
    throw malformed(`${path}.signature`, 'inner and outer signature algorithm differ');
  }
  const issuer = parseName(tbs.expect(TAG.sequence, 'issuer').raw, `${path}.issuer`);
  const from = parseTime(tbs, `${path}.thisUpdate`);
  const to = parseTime(tbs, `${path}.nextUpdate`);
  const revoked = new Map<string, number>();
  if (tbs.peek() === TAG.sequence) {
    const list = tbs.sequence('revokedCertificates');
    while (!list.done) {
      const entry = list.sequence('entry');
      const serial = toHex(entry.integer('userCertificate'));
      const at = parseTime(entry, `${path}.revocationDate`);
      if (!entry.done) parseExtensions(entry, KNOWN_CRITICAL_OF_ENTRY, `${path}.entry`);
      entry.end();
      revoked.set(serial, at);
    }
  }
  if (tbs.done) throw malformed(`${path}.crlExtensions`, 'want a CRL number and an authority key');
  const wrapper = tbs.inside(0xa0, 'crlExtensions');
  const extensions = parseExtensions(wrapper, KNOWN_CRITICAL, `${path}.crlExtensions`);
  wrapper.end();
  tbs.end();
  const number = extensions.get(EXTENSION.crlNumber);
  const authority = extensions.get(EXTENSION.authorityKeyIdentifier);
  const keyIdentifier =
    authority && parseAuthorityKeyIdentifier(authority.value, `${path}.authorityKeyIdentifier`);
  if (number === undefined || keyIdentifier === undefined) {
    throw malformed(`${path}.crlExtensions`, 'want a CRL number and an authority key identifier');
  }
  return {
    ...signed,
    issuer,
    validity: { from, to },
    number: toHex(parseCrlNumber(number.value, `${path}.cRLNumber`)),
    authorityKeyIdentifier: keyIdentifier,
    revoked,
  };
}
