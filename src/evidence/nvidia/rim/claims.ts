import { toHex } from '../../../core/bytes/hex.ts';
import { formatTime } from '../../../core/encoding/time.ts';
import type { Certificate } from '../../../core/x509/certificate.ts';
import { certificateClaims } from '../../certificate-claims.ts';
import type { Claims } from '../../verification.ts';
import type { RimManifest } from './manifest.ts';

/** Everything that a manifest says; whether to believe it is what the checks say. */
export function rimClaims(manifest: RimManifest, certificates: readonly Certificate[]): Claims {
  const { measurements, floors, revision, manufacturerId, ...meta } = manifest;
  const [signer] = certificates;
  return {
    ...meta,
    ...(revision !== undefined && { revision }),
    ...(manufacturerId !== undefined && { manufacturerId }),
    activeIndices: measurements.filter(({ active }) => active).map(({ index }) => index),
    measurements: measurements.map(({ index, active, name, values }) => ({
      index,
      active,
      name,
      values: values.map(toHex),
    })),
    ...(floors.length > 0 && { floors: floors.map((floor) => ({ ...floor })) }),
    ...(signer && {
      signer: signer.subject.text,
      signerNotBefore: formatTime(signer.validity.from),
      signerNotAfter: formatTime(signer.validity.to),
      certificates: certificates.map(certificateClaims),
    }),
  };
}
