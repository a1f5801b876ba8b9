import type { BundleCpu } from '../../appraisal/bundle/cpu.ts';

/**
 * Where evidence of this machine comes from. The agent as it ships knows the kernel's and NVIDIA's
 * alone: whoever composes another one says so where it is composed.
 */
export interface EvidenceSource {
  /**
   * What the processor signs.
   *
   * @param reportData 64 bytes.
   * @throws Fault `unreachable` where there is none, or none now.
   */
  cpu(reportData: Uint8Array): Promise<BundleCpu>;
  /**
   * What GPUs and switches sign, as JSON that NVIDIA's tools read; of no byte where there are none.
   *
   * @param nonce 32 bytes.
   * @throws Fault `unreachable`.
   */
  devices(nonce: Uint8Array): Promise<Uint8Array>;
}
