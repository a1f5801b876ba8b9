import type { NvidiaNodeVerification } from '../../evidence/nvidia/node.ts';
import type { HeldStatements } from '../../evidence/nvidia/nras/statements.ts';
import type { SnpVerification } from '../../evidence/snp/verifier.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';
import type { VtpmVerification } from '../vtpm.ts';

export type CpuVerification = TdxVerification | SnpVerification;

/** The answers about all pieces of a bundle. */
export interface BundleParts {
  readonly cpu: CpuVerification | undefined;
  readonly vtpm: VtpmVerification | undefined;
  readonly node: NvidiaNodeVerification | undefined;
  readonly nras: HeldStatements;
}
