import { compilePolicy } from '../../../src/appraisal/appraise/compiled-policy.ts';
import { draftPolicy } from '../../../src/appraisal/appraise/draft.ts';
import { subjectOf } from '../../../src/appraisal/appraise/subject.ts';
import {
  type BundleAnchors,
  bundleClocksAt,
  type FoundEndorsements,
} from '../../../src/appraisal/bundle/input.ts';
import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import type { UsedPolicy } from '../../../src/ledger/record/capture.ts';
import { type BundleMachine, createBundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { pick } from '../pool.ts';

export const ORIGIN = 'https://gate.example';
export const PURPOSE = `admission:${ORIGIN}`;

/** TDX machines of one vendor, each with hardware of its own, and the policy that all of them meet. */
export interface FleetEvidence {
  readonly machines: readonly BundleMachine[];
  /** Milliseconds since the epoch: when all of it is in date. */
  readonly at: number;
  readonly anchors: BundleAnchors;
  readonly published: FoundEndorsements;
  readonly policy: Uint8Array;
  readonly used: UsedPolicy;
}

/** A few milliseconds a machine: the vendor's statements are made once. */
export async function simulateFleet(count: number): Promise<FleetEvidence> {
  const machines: BundleMachine[] = [];
  for (let i = 0; i < count; i++) machines.push(await machineOf(i));
  const { at, roots, published, plan, bundle } = pick(machines, 0);
  const anchor = (der: Uint8Array) => anchorFromCertificate(der, 'root');
  const anchors: BundleAnchors = { tdx: [anchor(roots.tdx)], snp: [], nvidia: NO_DEVICES };
  const { collateral } = published;
  const found = collateral ? { collateral } : {};
  const verified = verifyBundle({
    bundle: bundle({ purpose: PURPOSE }),
    at: bundleClocksAt(at.evidence),
    endorsements: found,
    expected: { nonce: plan.nonce },
    anchors,
  });
  const policy = policyOf(verified);
  const used = { compiled: compilePolicy(readPolicy(policy)), revocations: [] };
  return { machines, at: at.evidence, anchors, published: found, policy, used };
}

/** The same bytes for the same number, in any thread. */
export function machineOf(i: number): Promise<BundleMachine> {
  return createBundleMachine({
    seed: 'bench',
    machine: `machine ${i}`,
    gpus: 0,
    switches: 0,
    endorsements: 'none',
    eventLog: 'none',
  });
}

const NO_DEVICES = { device: [], rim: [] } as const;

function policyOf(verified: Parameters<typeof subjectOf>[0]): Uint8Array {
  const draft = draftPolicy(subjectOf(verified), {
    name: 'bench',
    setId: 'machine',
    provenance: { kind: 'calculated' },
  });
  if (!draft || !('purposes' in draft.spec.bindings)) throw new Error('the bench binds a purpose');
  const policy = structuredClone(draft);
  policy.metadata.lifecycle = { state: 'active' };
  policy.spec.bindings = { ...draft.spec.bindings, purposes: [PURPOSE], challenge: 'require' };
  policy.spec.deployment = { skip: 'any machine of the fleet will do' };
  policy.spec.freshness = {
    nonceTtl: '10m',
    resultTtl: '24h',
    reattestEvery: '12h',
    reattestGrace: '5m',
  };
  return utf8(JSON.stringify(policy));
}
