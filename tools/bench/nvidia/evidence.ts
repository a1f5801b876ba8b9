import { sha384 } from '#crypto';
import type {
  BundleAnchors,
  BundleClocks,
  FoundEndorsements,
} from '../../../src/appraisal/bundle/input.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import type { NvidiaAnchors } from '../../../src/evidence/nvidia/anchors.ts';
import type { NvidiaInput } from '../../../src/evidence/nvidia/input.ts';
import { createBundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { createNvidiaPlatform, type NvidiaRoots } from '../../../src/simulator/nvidia/platform.ts';

/** A verifier remembers nothing of a report: enough that the machine does not either. */
const REPORTS = 64;
/** Fifteen signatures each; more than a slice gets through. */
const BUNDLES = 32;

/** Evidence of one simulated H100 with all that NVIDIA says of it, in the sizes of the genuine article. */
export interface NvidiaEvidence {
  readonly anchors: NvidiaAnchors;
  /** All but the report. */
  readonly given: Omit<NvidiaInput, 'report'>;
  /** Each to another nonce. */
  readonly reports: readonly Uint8Array[];
}

export function simulateNvidiaEvidence(): NvidiaEvidence {
  const { chain, rims, ocsp, at, roots, report } = createNvidiaPlatform({
    seed: 'bench',
    ocsp: 'all',
  });
  return {
    anchors: nvidiaAnchors(roots),
    given: { chain, rims, ocsp, at },
    reports: Array.from({ length: REPORTS }, (_, i) => report(challenge(i))),
  };
}

/**
 * A TDX machine of 8 GPUs and 4 switches, each time in one file. What the vendors say is at
 * hand, as it is where machines are admitted again and again.
 */
export interface NodeEvidence {
  readonly anchors: BundleAnchors;
  readonly at: BundleClocks;
  readonly endorsements: FoundEndorsements;
  /** Each of another challenge, and with a quote by another attestation key. */
  readonly bundles: readonly Uint8Array[];
}

export async function simulateNodeEvidence(): Promise<NodeEvidence> {
  const { at, roots, published, bundle } = await createBundleMachine({
    seed: 'bench',
    endorsements: 'none',
    eventLog: 'none',
  });
  return {
    endorsements: published,
    anchors: { tdx: [anchor(roots.tdx)], snp: [], nvidia: nvidiaAnchors(roots.nvidia) },
    at,
    bundles: Array.from({ length: BUNDLES }, (_, i) =>
      bundle({ nonce: challenge(i), attestationSeed: `quoting enclave ${i}` }),
    ),
  };
}

function challenge(i: number): Uint8Array {
  return sha384(utf8(`challenge ${i}`)).subarray(0, 32);
}

function nvidiaAnchors({ device, rim }: NvidiaRoots): NvidiaAnchors {
  return { device: [anchor(device)], rim: [anchor(rim)] };
}

function anchor(der: Uint8Array): TrustAnchor {
  return anchorFromCertificate(der, 'root');
}
