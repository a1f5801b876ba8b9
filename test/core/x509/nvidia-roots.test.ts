import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { formatTime } from '../../../src/core/encoding/time.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { linkProblem, rootProblem } from '../../../src/core/x509/chain.ts';
import { NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from '../../../src/core/x509/nvidia-roots.ts';
import { isSignedBy } from '../../../src/core/x509/signed.ts';
import { NVIDIA_VECTORS, vendorAnchor } from '../../support/nvidia-vectors.ts';

/** Fingerprint of the certificate, hash of the key that is pinned, serial number, validity. */
const ROOTS = [
  {
    anchor: NVIDIA_DEVICE_ROOT,
    other: NVIDIA_RIM_ROOT,
    file: 'device',
    name: 'NVIDIA Device Identity CA',
    fingerprint: '102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48',
    key: 'a90c4eb5acfd3e3d03a25db6a26b84f720ad0503196c627c21ddd48dd85b06a4',
    serial: '2d3670b1ca100411c1fec0e82a065b54',
    from: '2021-11-05T00:00:00Z',
    to: '9999-12-31T23:59:59Z',
  },
  {
    anchor: NVIDIA_RIM_ROOT,
    other: NVIDIA_DEVICE_ROOT,
    file: 'rim',
    name: 'NVIDIA CoRIM signing Root CA',
    fingerprint: '12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1',
    key: 'dec1dc316477aa851eebdf51327ae9f864bc8d89254657ed1e7eb9168af1e1a3',
    serial: '45dae3a00e5037bddf875375ecb5e270',
    from: '2023-03-16T15:37:34Z',
    to: '2053-03-08T15:37:34Z',
  },
] as const;

describe.each(ROOTS)('$name', ({ anchor, other, file, ...root }) => {
  const { certificate } = anchor;
  const theirs = new X509Certificate(certificate.der);

  it('is the certificate that NVIDIA uses, by its hash and by that of its key', () => {
    expect(toHex(sha256(certificate.der))).toBe(root.fingerprint);
    expect(toHex(sha256(theirs.publicKey.export({ type: 'spki', format: 'der' })))).toBe(root.key);
    expect(theirs.serialNumber.toLowerCase()).toBe(root.serial);
    expect(formatTime(certificate.validity.from)).toBe(root.from);
    expect(formatTime(certificate.validity.to)).toBe(root.to);
  });

  it('is called by its name, the vendor’s and a P-384 root that signs itself', () => {
    expect([anchor.name, certificate.subject.commonName]).toEqual([root.name, root.name]);
    expect(anchor.kind).toBe('vendor');
    expect(certificate.publicKey.kind).toBe('P-384');
    expect(certificate.basicConstraints).toEqual({ ca: true, pathLength: undefined });
    expect(certificate.keyUsage).toMatchObject({ keyCertSign: true, cRLSign: true });
    expect(linkProblem(certificate, certificate, 0)).toBeUndefined();
    expect(rootProblem(certificate, [anchor])).toBeUndefined();
    expect(theirs.verify(theirs.publicKey)).toBe(true);
  });

  it('is not the other’s: a device’s chain never carries a manifest, nor the other way round', () => {
    expect(isSignedBy(certificate, other.certificate.publicKey)).toBe(false);
    expect(rootProblem(certificate, [other])).toMatchObject({
      want: `a root with the key of ${other.name}`,
    });
  });

  it('with its last bit flipped is its own no longer', () => {
    const der = certificate.der.with(-1, (certificate.der.at(-1) ?? 0) ^ 1);
    const forged = parseCertificate(der, 'root');
    expect(rootProblem(forged, [anchor])).toMatchObject({ got: 'an invalid signature' });
  });

  it.skipIf(NVIDIA_VECTORS === undefined)('is the one in the published vectors', () => {
    expect(toHex(vendorAnchor(file).certificate.der)).toBe(toHex(certificate.der));
  });
});
