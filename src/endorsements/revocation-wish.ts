import type { CompiledPolicy } from '../appraisal/appraise/compiled-policy.ts';

/** What a policy wants to be looked for, so that it is asked for and not only missed. */
export interface RevocationWish {
  /** AMD's list. */
  readonly crl: boolean;
  /** NVIDIA's answers. */
  readonly ocsp: boolean;
}

export const NO_WISH: RevocationWish = { crl: false, ocsp: false };

export function wishOf(compiled: CompiledPolicy | undefined): RevocationWish {
  if (compiled === undefined) return NO_WISH;
  const { cpu, gpu, nvswitch } = compiled.policy.spec.evidence;
  return {
    crl: cpu.type === 'amd-sev-snp' && cpu.crl === 'require',
    ocsp: gpu?.ocsp === 'require' || nvswitch?.ocsp === 'require',
  };
}
