import { bundleClocksAt } from '../../appraisal/bundle/input.ts';
import { verifyBundle } from '../../appraisal/bundle/verifier.ts';
import { AMD_ROOTS } from '../../core/x509/amd-roots.ts';
import { INTEL_SGX_ROOT, type TrustAnchor } from '../../core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../evidence/nvidia/anchors.ts';
import { readAnchor } from '../input.ts';
import { type CaseContext, instantOf, type Runner } from './runner.ts';

/** A whole machine in one file. */
export const bundleRunner: Runner = {
  name: 'bundle',
  reads: ['bundle'],
  run: async (testCase, context) => {
    const { nonce } = testCase.expect;
    return verifyBundle({
      bundle: await context.file('bundle'),
      at: bundleClocksAt(instantOf(testCase, 'evidence')),
      anchors: {
        tdx: await context.anchors([INTEL_SGX_ROOT]),
        snp: await rootOf(context, 'amdRoot', AMD_ROOTS),
        nvidia: {
          device: await rootOf(context, 'nvidiaRoot', NVIDIA_ROOTS.device),
          rim: (await context.rimAnchors(NVIDIA_ROOTS.rim)) ?? NVIDIA_ROOTS.rim,
        },
      },
      ...(nonce && { expected: { nonce } }),
    });
  },
};

/** Intel's root is the case's `trustFile`; those of the other vendors are files of their own. */
async function rootOf(
  { has, file }: CaseContext,
  role: string,
  vendor: readonly TrustAnchor[],
): Promise<readonly TrustAnchor[]> {
  return has(role) ? [readAnchor(role, await file(role))] : vendor;
}
