import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorFromCertificate, type TrustAnchor } from '../../src/core/x509/anchors.ts';
import { readCertificates } from '../../src/core/x509/certificate-files.ts';
import { vectorsFolder } from './vectors.ts';

export const NVIDIA_VECTORS = vectorsFolder('nvidia');

/** A file of the published vectors, for tests that are skipped where there are none. */
export function vector(...path: readonly string[]): Uint8Array {
  return new Uint8Array(readFileSync(join(NVIDIA_VECTORS ?? '', ...path)));
}

/** The pinned root of devices, or of manifests, from its own file. */
export function vendorAnchor(name: 'device' | 'rim' = 'device'): TrustAnchor {
  const [root] = readCertificates(vector('roots', `${name}-root.pem`), 'root');
  if (root === undefined) throw new Error(`no ${name} root`);
  return anchorFromCertificate(root.der, 'root');
}

/** Report and chain of one genuine device. */
export function genuine(folder: string): { report: Uint8Array; chain: Uint8Array } {
  return {
    report: vector('real', folder, 'report.bin'),
    chain: vector('real', folder, 'chain.pem'),
  };
}
