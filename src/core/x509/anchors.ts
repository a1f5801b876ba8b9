import { fromBase64 } from '../encoding/base64.ts';
import { type Certificate, parseCertificate } from './certificate.ts';

/** Whose word this is: a vendor's, the project's own simulator's, or somebody else's. */
export type RootKind = 'vendor' | 'custom' | 'simulator';

/** Whose word a result rests on; `none` where nothing was held against any root. */
export type AnchorKind = RootKind | 'none';

/** A key that is trusted because we say so. Nothing in evidence can add one. */
export interface TrustAnchor {
  readonly name: string;
  readonly kind: RootKind;
  /** The certificate that we hold for it; what is pinned is its SubjectPublicKeyInfo. */
  readonly certificate: Certificate;
}

/** The organisation that the project's simulator writes into every root it makes. */
export const SIMULATOR_ORGANIZATION = 'Postern Simulator';

/** Intel SGX Root CA, valid 2018-05-21 to 2049-12-31; SHA-256 of the DER 44a0196b…fab674d3. */
export const INTEL_SGX_ROOT: TrustAnchor = vendorAnchor(
  'Intel SGX Root CA',
  [
    'MIICjzCCAjSgAwIBAgIUImUM1lqdNInzg7SVUr9QGzknBqwwCgYIKoZIzj0EAwIwaDEaMBgGA1UE',
    'AwwRSW50ZWwgU0dYIFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0aW9uMRQwEgYDVQQH',
    'DAtTYW50YSBDbGFyYTELMAkGA1UECAwCQ0ExCzAJBgNVBAYTAlVTMB4XDTE4MDUyMTEwNDUxMFoX',
    'DTQ5MTIzMTIzNTk1OVowaDEaMBgGA1UEAwwRSW50ZWwgU0dYIFJvb3QgQ0ExGjAYBgNVBAoMEUlu',
    'dGVsIENvcnBvcmF0aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwCQ0ExCzAJBgNV',
    'BAYTAlVTMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEC6nEwMDIYZOj/iPWsCzaEKi71OiOSLRF',
    'hWGjbnBVJfVnkY4u3IjkDYYL0MxO4mqsyYjlBalTVYxFP2sJBK5zlKOBuzCBuDAfBgNVHSMEGDAW',
    'gBQiZQzWWp00ifODtJVSv1AbOScGrDBSBgNVHR8ESzBJMEegRaBDhkFodHRwczovL2NlcnRpZmlj',
    'YXRlcy50cnVzdGVkc2VydmljZXMuaW50ZWwuY29tL0ludGVsU0dYUm9vdENBLmRlcjAdBgNVHQ4E',
    'FgQUImUM1lqdNInzg7SVUr9QGzknBqwwDgYDVR0PAQH/BAQDAgEGMBIGA1UdEwEB/wQIMAYBAf8C',
    'AQEwCgYIKoZIzj0EAwIDSQAwRgIhAOW/5QkR+S9CiSDcNoowLuPRLsWGf/Yi7GSX94BgwTwgAiEA',
    '4J0lrHoMs+Xo5o/sX6O9QWxHRAvZUGOdRQ7cvqRXaqI=',
  ].join(''),
);

/** @param base64 the DER of the certificate that we hold for it. */
export function vendorAnchor(name: string, base64: string): TrustAnchor {
  return { ...anchorFromCertificate(fromBase64(base64, name), name), name, kind: 'vendor' };
}

/**
 * An anchor somebody asked for by name, such as a test root.
 *
 * @throws Fault `malformed` when the bytes are not one certificate.
 */
export function anchorFromCertificate(der: Uint8Array, path: string): TrustAnchor {
  // A copy: what is trusted must not change with the caller's buffer.
  const certificate = parseCertificate(new Uint8Array(der), path);
  const name = certificate.subject.text;
  const simulated = name.includes(`O=${SIMULATOR_ORGANIZATION}`);
  return { name, kind: simulated ? 'simulator' : 'custom', certificate };
}

/** Whose root something chains to; where it chains to none, the least of those that were asked. */
export function anchorKindOf(
  found: TrustAnchor | undefined,
  asked: readonly TrustAnchor[],
): AnchorKind {
  return found?.kind ?? weakestOf(asked.map(({ kind }) => kind));
}

/**
 * What all together rest on: a vendor's word only where nobody else's is needed, and of nothing at
 * all nobody's.
 */
export function weakestOf(kinds: readonly AnchorKind[]): AnchorKind {
  const asked = kinds.filter((kind) => kind !== 'none');
  return asked.find((kind) => kind !== 'vendor') ?? asked[0] ?? 'none';
}
