import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { anchorFromCertificate } from '../../core/x509/anchors.ts';
import type { BundleRoots } from './simulate.ts';

/** The roots of a simulated world as a verifier takes them; each is marked as a simulator's. */
export function bundleAnchors({ tdx, snp, nvidia }: BundleRoots): BundleAnchors {
  return {
    tdx: [anchor(tdx)],
    snp: [anchor(snp)],
    nvidia: { device: [anchor(nvidia.device)], rim: [anchor(nvidia.rim)] },
  };
}

function anchor(der: Uint8Array) {
  return anchorFromCertificate(der, 'root');
}
