import type { Postern } from '../../../client/postern.ts';
import type { EvidenceView, NodeView, VerificationView } from '../../../client/view.ts';
import { nameOf, type Scene, wantShown } from '../scene.ts';

/** What a client verified by itself before it sent anything. */
export async function showVerified(scene: Scene, postern: Postern): Promise<void> {
  const { teller } = scene;
  const view = postern.verification();
  const node = view.nodes[0];
  wantShown(node?.state === 'verified', 'a client verified a machine');
  if (node?.evidence === undefined) return;
  const name = await nameOf(scene, node.node);
  for (const [what, says] of linesOf(view, node, node.evidence, name)) {
    teller.good(`${what.padEnd(9)} ${says}`);
  }
  teller.facts('verified', factsOf(view, node, node.evidence, name));
}

function linesOf(
  { policy, ledger }: VerificationView,
  { admission, keys, freshness }: NodeView,
  evidence: EvidenceView,
  name: string,
): readonly (readonly [string, string])[] {
  const { verdict, anchors, revocation, parts } = evidence;
  return [
    [
      'policy',
      `${policy?.name} revision ${policy?.revision}, signed by its owner; the gateway only passed it on`,
    ],
    ['evidence', `of ${name}, made for a nonce of this client (${freshness}): ${verdict}`],
    ...parts.map(
      (part) =>
        [
          `  ${part.evidence === 'nvidia-gpu' ? 'GPU' : part.evidence}`,
          `${part.verdict}, ${passed(part.checks)} of ${part.checks.length} checks passed${part.tcb ? `, TCB ${part.tcb.status}` : ''}`,
        ] as const,
    ),
    ['roots', `${anchors}, revocation ${revocation}`],
    [
      'keys',
      `bound to the evidence: ${keys?.suite}, keyset ${keys?.keyset.slice(0, 16)}…, until ${at(keys?.to)}`,
    ],
    [
      'ledger',
      ledger.state === 'checked'
        ? `the decision is leaf ${admission?.leaves[0]?.index} of ${ledger.size}, proven under a key that the client has from its owner`
        : ledger.state,
    ],
  ];
}

function factsOf(
  { policy, ledger }: VerificationView,
  { node, admission, keys, freshness }: NodeView,
  { verdict, anchors, revocation, parts, notProven }: EvidenceView,
  name: string,
) {
  return {
    node,
    machine: name,
    policy,
    verdict,
    anchors,
    revocation,
    freshness,
    parts: parts.map(({ evidence, verdict: own, checks }) => ({
      evidence,
      verdict: own,
      checks: checks.length,
      passed: passed(checks),
    })),
    notProven,
    keyset: keys?.keyset,
    suite: keys?.suite,
    decision: admission?.decision,
    leaves: admission?.leaves,
    ledger: ledger.state,
  };
}

function passed(checks: readonly { readonly outcome: string }[]): number {
  return checks.filter(({ outcome }) => outcome === 'pass').length;
}

function at(time: number | undefined): string {
  return time === undefined ? 'never' : new Date(time).toISOString();
}
