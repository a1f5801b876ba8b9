import { type SimulatedBundle, simulateBundle } from '../../src/simulator/bundle/simulate.ts';
import type { Files } from './fake-io.ts';

export function bundleFilesOf({ bundle, roots }: SimulatedBundle): Files {
  return {
    bundle,
    'root.der': roots.tdx,
    'amd.der': roots.snp,
    'nvidia.der': roots.nvidia.device,
    'rim.der': roots.nvidia.rim,
  };
}

const BUNDLE_ROOTS = [
  ...['--trust-anchor', 'root.der', '--amd-trust-anchor', 'amd.der'],
  ...['--nvidia-trust-anchor', 'nvidia.der', '--rim-trust-anchor', 'rim.der'],
];

/** A verification of a bundle that carries all it needs. */
export const VERIFY_BUNDLE = ['verify', 'bundle', 'bundle', ...BUNDLE_ROOTS, '--offline'];

/** TDX, eight GPUs and four switches; made once a test file. */
export const honestBundle = await simulateBundle();
export const bundleFiles = bundleFilesOf(honestBundle);

/** SEV-SNP and two GPUs. */
export const honestSmall = await simulateBundle({ fault: 'bundle_snp' });
export const smallFiles = bundleFilesOf(honestSmall);
