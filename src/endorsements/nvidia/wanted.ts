import { Fault } from '../../core/fault.ts';
import { isSignature } from '../../core/x509/signed.ts';
import type { NvidiaDevice } from '../../evidence/nvidia/input.ts';
import { parseOpaqueData } from '../../evidence/nvidia/opaque.ts';
import type { Remembered } from '../../evidence/nvidia/remembered.ts';
import { parseNvidiaReport } from '../../evidence/nvidia/report.ts';
import { type WantedRim, wantedRims } from '../../evidence/nvidia/rim-id.ts';
import { isRimId, rimKey } from './key.ts';
import { type OcspWant, ocspWants, type RimWant } from './want.ts';

/** What the verification of one device needs of NVIDIA's services. */
export interface WantedOfDevice {
  readonly rims: readonly RimWant[];
  /** About the device's own certificates. */
  readonly ocsp: readonly OcspWant[];
  /** Ids that fit into no address and no file name: nobody is asked for them. */
  readonly odd: readonly string[];
}

/**
 * Only of a device that proves to be one: certificates under an anchor, and a report that
 * their leaf signed.
 *
 * @param read under whose anchors, and what of it is known already.
 * @param held whether nobody need be asked for a manifest.
 * @throws Fault `malformed` or `unsupported` for any other.
 */
export function wantedOfDevice(
  { report: bytes, chain: pem }: NvidiaDevice,
  read: Pick<Remembered, 'chain'>,
  held: (want: WantedRim) => boolean = () => false,
): WantedOfDevice {
  if (pem === undefined) throw new Fault('unsupported', 'chain', 'no certificates were given');
  const { certificates, identity, anchor, checks } = read.chain(pem);
  const wrong = checks.find(({ outcome }) => outcome === 'fail');
  const [leaf, ...above] = certificates;
  if (anchor === undefined || identity === undefined || leaf === undefined || wrong) {
    const why = wrong?.outcome === 'fail' ? `: ${wrong.id}` : '';
    throw new Fault('unsupported', 'chain', `it does not verify to a trust anchor${why}`);
  }
  const report = parseNvidiaReport(bytes);
  const signed =
    leaf.publicKey.kind === 'P-384' && isSignature(report.signature, report.signed, leaf.publicKey);
  if (!signed) throw new Fault('unsupported', 'report', 'its leaf did not sign it');
  const all = wantedRims(identity, parseOpaqueData(report.opaque, identity.kind));
  const wanted = all.filter((want) => !held(want));
  return {
    rims: wanted
      .filter(({ id }) => isRimId(id))
      .map(({ id, product }) => ({ ...rimKey(id), product })),
    // The service does not answer for the leaf: a key that the device made for itself.
    ocsp: ocspWants(above, 'device'),
    odd: wanted.map(({ id }) => id).filter((id) => !isRimId(id)),
  };
}

/** About the signer of a manifest; none of one that does not verify. */
export function wantedOfRim(xml: Uint8Array, read: Pick<Remembered, 'rim'>): readonly OcspWant[] {
  const { manifest, certificates } = read.rim(xml);
  return manifest === undefined ? [] : ocspWants(certificates, 'rim');
}
