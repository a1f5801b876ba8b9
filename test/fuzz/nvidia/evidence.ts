import type { NvidiaClocks, NvidiaInput } from '../../../src/evidence/nvidia/input.ts';

/** All that an attacker can hand to the verifier of one device, and what it is asked about it. */
export interface Evidence {
  readonly report: Uint8Array;
  readonly chain: Uint8Array;
  readonly rims: readonly Uint8Array[];
  readonly ocsp: readonly Uint8Array[];
  /** No attacker changes these. */
  readonly asked: { readonly nonce?: Uint8Array; readonly revocation?: 'required' };
}

export function inputOf({ asked, ocsp, ...given }: Evidence, at: NvidiaClocks): NvidiaInput {
  return { ...given, ...asked, ocsp: ocsp.map((response) => ({ response })), at };
}

export function sizeOf({ report, chain, rims, ocsp }: Evidence): number {
  return [report, chain, ...rims, ...ocsp].reduce((sum, part) => sum + part.length, 0);
}
