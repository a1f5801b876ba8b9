import { sha256 } from '#crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { DerReader, TAG } from '../../core/encoding/der.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parseTlsCertificate } from './tls-certificate.ts';

/** Under 2.25 stand UUIDs (ITU-T X.667): this is 0233ae71-fbb8-4915-a669-5b5276f71d95. */
export const TLS_EVIDENCE_OID = '2.25.2926801301312032405479379268200242581';
/** The same in DER. */
export const TLS_EVIDENCE_OID_DER = fromHex('06136984b3d79cbfbbc2a4aba6b4d6eaa7b7dcbb15', 'OID');

/** Of a bundle in a certificate, in bytes: peers take chains of some 100 KB. */
export const LARGEST_TLS_EVIDENCE = 64 * 1024;

const LABEL = utf8('postern/tls-certificate/v1');
const PATH = 'certificate';

/** What a server's certificate carries about the machine that made it. */
export interface TlsEvidence {
  /** SubjectPublicKeyInfo in DER, a view of the certificate. */
  readonly spki: Uint8Array;
  /** Exact bytes of a bundle over {@link certificateChallenge}, a view of the certificate. */
  readonly bundle: Uint8Array;
}

/**
 * What evidence in a certificate answers: nobody's nonce, since it is made before anybody asks. It
 * is as fresh as its keyset, and whoever wants more challenges the machine
 *
 *     nonce = SHA-256(LP("postern/tls-certificate/v1") ‖ LP(SubjectPublicKeyInfo))
 *
 * @param spki in DER.
 */
export function certificateChallenge(spki: Uint8Array): {
  readonly purpose: 'tls-certificate';
  readonly nonce: Uint8Array;
} {
  return { purpose: 'tls-certificate', nonce: sha256(lengthPrefixed(LABEL, spki)) };
}

/**
 * The content of the extension, an OCTET STRING of the bundle.
 *
 * @throws Fault `usage` for one that is empty or too large.
 */
export function writeTlsEvidence(bundle: Uint8Array): Uint8Array {
  const { length } = bundle;
  if (length < 1 || length > LARGEST_TLS_EVIDENCE) {
    throw new Fault('usage', 'bundle', `want 1 to ${LARGEST_TLS_EVIDENCE} bytes, got ${length}`);
  }
  return concatBytes(Uint8Array.of(TAG.octetString, ...derLength(length)), bundle);
}

/** Minimal (X.690 section 10.1), up to 2²⁴ − 1. */
function derLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes = [length >> 16, (length >> 8) & 0xff, length & 0xff];
  const minimal = bytes.slice(bytes.findIndex((byte) => byte !== 0));
  return [0x80 | minimal.length, ...minimal];
}

/**
 * Takes the evidence out of a peer's certificate. That the bundle is about this key has to be seen
 * from the bundle: whoever makes a certificate puts into it what they like.
 *
 * @throws Fault `malformed` at `certificate…`; `missing` where it carries none.
 */
export function readTlsEvidence(certificateDer: Uint8Array): TlsEvidence {
  const { spki, extensions } = parseTlsCertificate(certificateDer, PATH);
  const value = extensions.get(TLS_EVIDENCE_OID);
  const at = `${PATH}.extensions.${TLS_EVIDENCE_OID}`;
  if (value === undefined) throw new Fault('missing', at, 'the certificate carries no evidence');
  const reader = new DerReader(value, at);
  const bundle = reader.octetString('value');
  reader.end();
  if (bundle.length < 1 || bundle.length > LARGEST_TLS_EVIDENCE) {
    throw malformed(at, `want 1 to ${LARGEST_TLS_EVIDENCE} bytes, got ${bundle.length}`);
  }
  return { spki, bundle };
}
