import type { Certificate } from '../../core/x509/certificate.ts';
import type { DeviceChain } from './chain.ts';
import type { OcspSubject } from './ocsp.ts';
import type { RimReading } from './rim/read-rim.ts';

/**
 * Whom OCSP is asked about, each with its issuer; the roots are vouched for by being anchors.
 * Whose certificates lead to none is refused for that, and could make issuers without end for
 * responses to be held against.
 */
export function subjectsOf(
  chain: DeviceChain | undefined,
  rims: readonly RimReading[],
): readonly OcspSubject[] {
  const subjects: OcspSubject[] = [];
  const add = (certificates: readonly Certificate[], owner: OcspSubject['owner']) => {
    for (const [i, certificate] of certificates.entries()) {
      const issuer = certificates[i + 1];
      if (issuer) subjects.push({ certificate, issuer, owner });
    }
  };
  // The service does not answer for the leaf: a key that the device made for itself.
  if (chain?.anchor) add(chain.certificates.slice(1), 'device');
  for (const { anchor, certificates } of rims) if (anchor) add(certificates, 'rim');
  return subjects;
}
