import { type SnpInput, snpClocksAt } from '../../../src/evidence/snp/input.ts';

/** All that an attacker can hand to the verifier, and what the verifier's owner asks. */
export interface Evidence {
  /** With a certificate table behind it, or without. */
  readonly report: Uint8Array;
  readonly vek?: Uint8Array;
  readonly chain?: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  /** No attacker changes these. */
  readonly asked: Pick<SnpInput, 'reportData' | 'revocation'>;
}

/** When everything that the simulator made is in date. */
export const AT = snpClocksAt(Date.UTC(2026, 5, 1));

/** Bytes that somebody has to read. */
export function sizeOf({ report, vek, chain = [], crl }: Evidence): number {
  return [report, vek, ...chain, crl].reduce((sum, part) => sum + (part?.length ?? 0), 0);
}

export function inputOf({ asked, ...given }: Evidence): SnpInput {
  return { ...given, ...asked, at: AT };
}
