import { draftPolicy } from '../../appraisal/appraise/draft.ts';
import { subjectOf } from '../../appraisal/appraise/subject.ts';
import { type BundleVerification, verifyBundle } from '../../appraisal/bundle/verifier.ts';
import { readPolicy } from '../../appraisal/policy/read-policy.ts';
import type { Policy } from '../../appraisal/policy/schema/policy.ts';
import { POLICY_PAYLOAD_TYPE } from '../../appraisal/policy/signing/signed-policy.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { writeEnvelope } from '../../core/encoding/dsse.ts';
import { type EnvelopeSigner, signEnvelope } from '../../core/encoding/dsse-signatures.ts';
import { epochPurpose } from '../../protocol/session/epoch.ts';
import { bundleAnchors } from '../../simulator/bundle/anchors.ts';
import type { BundleMachine } from '../../simulator/bundle/simulate.ts';
import type { MachineMade } from './machines.ts';

/** What a pool's policy is made for. */
export interface PolicyWish {
  /** Of the pool, and of the policy. */
  readonly name: string;
  /** All of the pool, at least one. */
  readonly machines: readonly MachineMade[];
  /** What each agent was told: SHA-256 of its configuration, lower-case hex. */
  readonly agentConfigs: readonly string[];
  /** Of the gateway, for which evidence is made beside that for clients. */
  readonly origin: string;
  /** Origin of its ledger, for whose checkpoints machines have evidence ready. */
  readonly ledger: string;
}

/**
 * A signed policy that these machines meet and no others: the software of the first, the hardware
 * of each, the configurations of their agents.
 *
 * @returns a DSSE envelope.
 */
export function signedPolicy(wish: PolicyWish, signer: EnvelopeSigner): string {
  const { canonical } = readPolicy(utf8(JSON.stringify(policyFor(wish))), wish.name);
  const unsigned = { payload: canonical, payloadType: POLICY_PAYLOAD_TYPE, signatures: [] };
  return writeEnvelope(signEnvelope(unsigned, signer));
}

function policyFor({ name, machines, agentConfigs, origin, ledger }: PolicyWish): Policy {
  const looked = machines.map(({ machine }) => verified(machine));
  const [first] = looked;
  const draft =
    first &&
    draftPolicy(subjectOf(first), {
      name,
      setId: 'simulated-image',
      provenance: { kind: 'observed', source: 'the simulator' },
    });
  if (draft === undefined) throw new Error(`no policy can be made for pool ${name}`);
  const { metadata, spec } = draft;
  return {
    ...draft,
    metadata: {
      ...metadata,
      lifecycle: { state: 'active' },
      owners: ['the demonstration'],
      description: 'simulated machines: they protect nothing',
    },
    spec: {
      ...spec,
      role: 'demo-node',
      bindings: {
        recipes: ['postern-v1'],
        keys: ['ohttp', 'receipt'],
        purposes: [
          `admission:${origin}`,
          'client',
          'ssh-session',
          'tls-session',
          epochPurpose(ledger),
        ],
        challenge: 'require',
      },
      workload: { ...spec.workload, agentConfigSha256: [...agentConfigs] },
      deployment: deploymentOf(looked),
    },
  };
}

function verified({ bundle, at, roots, plan, published }: BundleMachine): BundleVerification {
  return verifyBundle({
    bundle: bundle(),
    at,
    anchors: bundleAnchors(roots),
    expected: { nonce: plan.nonce },
    endorsements: published,
  });
}

/** What no other machine of the kind has. */
function deploymentOf(looked: readonly BundleVerification[]): Policy['spec']['deployment'] {
  const chipIds: string[] = [];
  const platformInstanceIds: string[] = [];
  for (const { pieces } of looked) {
    if (pieces.cpu && 'quote' in pieces.cpu) {
      const id = pieces.cpu.pck?.platformInstanceId;
      if (id) platformInstanceIds.push(toHex(id));
    } else if (pieces.cpu?.report) chipIds.push(toHex(pieces.cpu.report.chipId));
  }
  return chipIds.length > 0 ? { chipIds } : { platformInstanceIds };
}
