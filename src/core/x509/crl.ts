import { toHex } from '../bytes/hex.ts';
import { type DerReader, derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';
import { parseTime } from './certificate.ts';
import {
  EXTENSION,
  type Extensions,
  parseAuthorityKeyIdentifier,
  parseCrlNumber,
  parseExtensions,
} from './extensions.ts';
import { type DistinguishedName, parseName } from './name.ts';
import { expectSameAlgorithm, parseSigned, type Signed } from './signed.ts';
import type { Validity } from './validity.ts';

/** An X.509 v2 certificate revocation list (RFC 5280 section 5.1). */
export interface Crl extends Signed {
  readonly der: Uint8Array;
  readonly issuer: DistinguishedName;
  /** thisUpdate to nextUpdate; a CRL without nextUpdate is refused. */
  readonly validity: Validity;
  /** Lower-case hex of the CRL number's INTEGER content. */
  readonly number: string | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
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
  expectSameAlgorithm(tbs, signed, path);
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
  const extensions = parseCrlExtensions(tbs, path);
  const number = extensions.get(EXTENSION.crlNumber);
  const authority = extensions.get(EXTENSION.authorityKeyIdentifier);
  return {
    ...signed,
    der,
    issuer,
    validity: { from, to },
    number: number && toHex(parseCrlNumber(number.value, `${path}.cRLNumber`)),
    authorityKeyIdentifier:
      authority && parseAuthorityKeyIdentifier(authority.value, `${path}.authorityKeyIdentifier`),
    revoked,
  };
}

function parseCrlExtensions(tbs: DerReader, path: string): Extensions {
  if (tbs.done) return new Map();
  const wrapper = tbs.inside(0xa0, 'crlExtensions');
  const extensions = parseExtensions(wrapper, KNOWN_CRITICAL, `${path}.crlExtensions`);
  wrapper.end();
  tbs.end();
  return extensions;
}

/**
 * The same, with the number and authority key identifier that RFC 5280 section 5.2 demands:
 * Intel's lists have both, AMD's need not.
 */
export function parseNumberedCrl(der: Uint8Array, path: string): Crl {
  const crl = parseCrl(der, path);
  if (crl.number === undefined || crl.authorityKeyIdentifier === undefined) {
    throw malformed(`${path}.crlExtensions`, 'want a CRL number and an authority key identifier');
  }
  return crl;
}
