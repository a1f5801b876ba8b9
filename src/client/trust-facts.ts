import { formatTime } from '../core/encoding/time.ts';
import type { Check } from '../evidence/verdict.ts';
import type {
  AdmissionView,
  EvidenceView,
  KeysView,
  LedgerView,
  NodeView,
  PolicyView,
  VerificationView,
} from './view.ts';

export type Tone = 'good' | 'bad' | 'open' | 'plain';

export interface TrustFact {
  readonly name: string;
  readonly value: string;
  readonly tone: Tone;
}

/** What is known under one heading. */
export interface TrustGroup {
  readonly title: string;
  readonly tone: Tone;
  readonly facts: readonly TrustFact[];
}

/** Why a machine is trusted, or why not, in words for people. Values may hold anything. */
export interface Trust {
  readonly headline: string;
  readonly tone: Tone;
  /** What a reader must not overlook. */
  readonly warnings: readonly string[];
  readonly groups: readonly TrustGroup[];
  /** Checks of the evidence that did not pass. */
  readonly open: readonly Check[];
  readonly notProven: readonly string[];
}

/** @param node one of the view's; none where no machine was looked at yet. */
export function trustOf(view: VerificationView, node: NodeView | undefined): Trust {
  const { evidence, keys, admission } = node ?? {};
  return {
    ...headlineOf(node),
    warnings: warningsOf(view, node),
    groups: [
      {
        title: 'Gateway',
        tone: 'plain',
        facts: [
          fact('address', view.gateway),
          fact('role', 'relays what it can’t read; not trusted'),
        ],
      },
      ...(node ? [machineGroup(node)] : []),
      ...(evidence ? [evidenceGroup(evidence)] : []),
      ...(view.policy ? [policyGroup(view.policy)] : []),
      ...(keys ? [keysGroup(keys)] : []),
      ledgerGroup(view.ledger, admission),
    ],
    open: (evidence?.checks ?? node?.error?.checks ?? []).filter(
      ({ outcome }) => outcome !== 'pass',
    ),
    notProven: evidence?.notProven ?? [],
  };
}

function headlineOf(node: NodeView | undefined): Pick<Trust, 'headline' | 'tone'> {
  switch (node?.state) {
    case undefined:
      return { headline: 'No machine was verified yet', tone: 'open' };
    case 'verified':
      return node.evidence?.anchors === 'vendor'
        ? { headline: 'Requests are sealed for a machine that was verified here', tone: 'good' }
        : {
            headline: 'Requests are sealed for a machine that no vendor vouches for',
            tone: 'open',
          };
    case 'expired':
      return { headline: 'Verified before; looked at again with the next request', tone: 'open' };
    case 'failed':
      return { headline: 'Not trusted: nothing is sent to this machine', tone: 'bad' };
  }
}

function warningsOf({ ledger, policy }: VerificationView, node: NodeView | undefined): string[] {
  const { anchors } = node?.evidence ?? {};
  return [
    ...(anchors !== undefined && anchors !== 'vendor'
      ? [
          `Checked under ${anchors} roots, not the vendors’: anybody with such a root can make this machine up. Keep real secrets away.`,
        ]
      : []),
    ...(ledger.state === 'unchecked'
      ? ['The ledger is not asked: that others see the same decisions is not shown.']
      : []),
    ...(policy?.deployment === 'any'
      ? ['The policy takes anybody’s machine that runs the same software.']
      : []),
    ...(node?.error ? [node.error.message] : []),
    ...(node?.evidence?.warnings ?? []),
  ];
}

function machineGroup(node: NodeView): TrustGroup {
  const { state, pool, region, checkedAt, until, freshness } = node;
  const tones = { verified: 'good', expired: 'open', failed: 'bad' } as const;
  return {
    title: 'Machine',
    tone: tones[state],
    facts: [
      fact('node', node.node),
      fact('pool', region === undefined ? pool : `${pool}, ${region}`),
      fact('state', state, tones[state]),
      fact('looked at', formatTime(checkedAt)),
      ...(until === undefined ? [] : [fact('good until', formatTime(until))]),
      fact(
        'fresh by',
        freshness === 'challenge'
          ? 'its answer to a nonce of this client'
          : 'a witnessed checkpoint',
      ),
    ],
  };
}

function evidenceGroup(evidence: EvidenceView): TrustGroup {
  const { verdict, authentic, anchors, revocation, tcb, referenceSet, parts } = evidence;
  const tone = ({ accept: 'good', reject: 'bad', indeterminate: 'open' } as const)[verdict];
  const all = [...evidence.checks, ...parts.flatMap(({ checks }) => checks)];
  return {
    title: 'Evidence',
    tone,
    facts: [
      fact('kind', kindsOf(parts)),
      fact('verdict', verdict, tone),
      fact('authentic', authentic ? 'yes' : 'not shown', authentic ? 'good' : 'bad'),
      fact('roots', anchors, anchors === 'vendor' ? 'good' : 'open'),
      fact('revocation', revocation, revocation === 'checked' ? 'good' : 'open'),
      ...(tcb ? [fact('TCB', tcb.status, tcb.status === 'UpToDate' ? 'good' : 'open')] : []),
      ...(referenceSet === undefined ? [] : [fact('reference set', referenceSet)]),
      fact('checks', countsOf(all)),
      ...evidence.reasons.map(({ code }) => fact('reason', code, 'bad')),
    ],
  };
}

function kindsOf(parts: EvidenceView['parts']): string {
  const counts = new Map<string, number>();
  for (const { evidence } of parts) counts.set(evidence, (counts.get(evidence) ?? 0) + 1);
  return [...counts].map(([kind, n]) => (n === 1 ? kind : `${n} × ${kind}`)).join(', ');
}

function countsOf(checks: readonly Check[]): string {
  const words = { pass: 'passed', fail: 'failed', unresolved: 'open', skipped: 'skipped' } as const;
  return Object.entries(words)
    .map(([outcome, word]) => ({ word, n: checks.filter((one) => one.outcome === outcome).length }))
    .filter(({ n }) => n > 0)
    .map(({ word, n }) => `${n} ${word}`)
    .join(', ');
}

function policyGroup(policy: PolicyView): TrustGroup {
  const { name, revision, digest, pinnedBy, signedBy, deployment } = policy;
  const pins = { file: 'the file here', digest: 'its digest', signers: 'its signers' };
  return {
    title: 'Policy',
    tone: 'good',
    facts: [
      fact('name', `${name}, revision ${revision}`),
      fact('digest', digest),
      fact('held fast by', pins[pinnedBy]),
      ...(signedBy.length > 0 ? [fact('signed by', signedBy.join(', '))] : []),
      fact('deployment', deployment, deployment === 'any' ? 'open' : 'plain'),
    ],
  };
}

function keysGroup(keys: KeysView): TrustGroup {
  return {
    title: 'Keys',
    tone: 'good',
    facts: [
      fact('keyset', `sha-384 ${keys.keyset}`),
      fact('until', formatTime(keys.to)),
      fact('deployment', keys.deployment),
      fact('agent’s settings', `sha-256 ${keys.agentConfigSha256}`),
      fact('sealed with', keys.suite),
      fact('receipts', keys.signsReceipts ? 'signed, and checked' : 'none'),
    ],
  };
}

function ledgerGroup(ledger: LedgerView, admission: AdmissionView | undefined): TrustGroup {
  if (ledger.state !== 'checked') {
    const origin = ledger.state === 'unchecked' ? [] : [fact('log', ledger.origin)];
    const said = ledger.state === 'unchecked' ? 'not asked' : 'not seen yet';
    return { title: 'Ledger', tone: 'open', facts: [...origin, fact('state', said, 'open')] };
  }
  const { origin, size, root, checkedAt, firstContact, witnesses } = ledger;
  return {
    title: 'Ledger',
    tone: 'good',
    facts: [
      fact('log', origin),
      fact('checkpoint', `${size} leaves, root ${root}, at ${formatTime(checkedAt)}`),
      ...(firstContact
        ? [fact('first contact', 'nothing was remembered of it before', 'open')]
        : []),
      fact('witnesses', witnesses.map(({ name }) => name).join(', ') || 'none'),
      ...(admission ? admissionFacts(admission) : []),
    ],
  };
}

function admissionFacts({ decision, decidedAt, leaves, until }: AdmissionView): TrustFact[] {
  const proven = leaves.map(({ type, index }) => `${type} (leaf ${index})`).join(', ');
  return [
    fact('decision', `${decision}, at ${formatTime(decidedAt)}`),
    fact('in the log', proven, 'good'),
    fact('admitted until', formatTime(until)),
  ];
}

function fact(name: string, value: string, tone: Tone = 'plain'): TrustFact {
  return { name, value, tone };
}
