import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import type {
  NvidiaClocks,
  NvidiaEndorsements,
  NvidiaRelaxation,
} from '../../evidence/nvidia/input.ts';
import type { DeviceCounts } from '../../evidence/nvidia/topology.ts';
import type { SnpInput, SnpRequests } from '../../evidence/snp/input.ts';
import type { TdxClocks } from '../../evidence/tdx/clocks.ts';
import type { TdxInput, TdxRequests } from '../../evidence/tdx/input.ts';
import type { RecipeName } from '../binding/recipe.ts';
import type { Bundle } from './format.ts';

/** Whose word counts about each kind of evidence. */
export interface BundleAnchors {
  readonly tdx: readonly TrustAnchor[];
  readonly snp: readonly TrustAnchor[];
  readonly nvidia: NvidiaAnchors;
}

/** The instants to verify at, in milliseconds since the epoch. */
export interface BundleClocks extends TdxClocks, NvidiaClocks {}

/** What vendors say, found by the caller: it goes before what the bundle carries along. */
export type FoundEndorsements = Partial<Pick<TdxInput, 'collateral' | 'collateralMissing'>> &
  Pick<SnpInput, 'vek' | 'vekMissing' | 'chain' | 'crl' | 'crlMissing' | 'furtherCrls'> &
  NvidiaEndorsements;

/** What the bundle must be about. Nothing is asked that is not said here. */
export interface BundleExpectation {
  readonly recipes?: readonly RecipeName[];
  /** The challenge that the caller sent, 32 bytes. Without it nothing is shown to be fresh. */
  readonly nonce?: Uint8Array;
  readonly purpose?: string;
  /** SHA-384 of the keyset's exact bytes. */
  readonly keysetSha384?: Uint8Array;
  readonly devices?: DeviceCounts;
  /** What devices must have signed, for recipes that derive nothing for them; 32 bytes. */
  readonly deviceNonce?: Uint8Array;
}

export interface BundleInput {
  /** The file's bytes, or what was read of them. */
  readonly bundle: Uint8Array | Bundle;
  readonly at: BundleClocks;
  readonly endorsements?: FoundEndorsements;
  readonly expected?: BundleExpectation;
  /** A CRL of AMD's and OCSP responses of NVIDIA's must be there; Intel's lists always must. */
  readonly revocation?: 'required';
  /** What is asked besides of a TDX quote, and of an SEV-SNP report. */
  readonly tdx?: TdxRequests;
  readonly snp?: SnpRequests;
  /** What is relaxed for devices. */
  readonly relax?: NvidiaRelaxation;
  /**
   * The keys of NVIDIA's service (JWKS) as the caller has them: a statement in the bundle is
   * verified with no others, and stays open without them.
   */
  readonly nrasKeys?: Uint8Array;
}

export function bundleClocksAt(now: number): BundleClocks {
  return {
    evidence: now,
    tcbInfo: now,
    qeIdentity: now,
    crl: now,
    rim: now,
    ocsp: now,
    rimOcsp: now,
  };
}
