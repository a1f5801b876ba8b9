import { CheckList } from '../../check-list.ts';
import { withLazyClaims } from '../../lazy-claims.ts';
import { untilOfAll } from '../../until.ts';
import { type Check, conclude, type Verdict, worstOf } from '../../verdict.ts';
import type { Verification } from '../../verification.ts';
import { NVIDIA_TOPOLOGY_CHECKS, type NvidiaTopologyCheckId } from '../checks.ts';
import type { NvidiaNodeVerification } from '../node.ts';
import type { NvidiaVerification } from '../verifier.ts';
import { type NrasVerification, verifyNras } from './verify-nras.ts';

/** What NVIDIA's remote service says of devices, and its keys where they are at hand; JSON. */
export interface NrasStatement {
  readonly eat: Uint8Array;
  readonly jwks?: Uint8Array;
}

export interface NrasQuestion {
  /** What the devices were to sign; undefined where nobody says. */
  readonly nonce: Uint8Array | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Statements held against devices. */
export interface HeldStatements {
  /** `reject` or `accept`: what is open changes nothing. */
  readonly verdict: Verdict;
  /** One, or none where there is no statement. */
  readonly checks: readonly Check[];
  /** The answer about each, in their order. */
  readonly parts: readonly NrasVerification[];
}

const ID: NvidiaTopologyCheckId = 'nvidia.topology.statement';

/**
 * Such statements beside the devices' own evidence: they can speak against them, and never for
 * them. One that is rejected is a failed check of the whole; one that is open, or good, changes
 * nothing. The service answers for GPUs and for switches apart, so that each may be about some
 * of the devices only.
 */
export function holdStatements(
  statements: readonly NrasStatement[],
  devices: readonly NvidiaVerification[],
  { nonce, at }: NrasQuestion,
): HeldStatements {
  if (statements.length === 0) return { verdict: 'accept', checks: [], parts: [] };
  const ueids = devices.flatMap(({ identity }) => identity?.ueid ?? []);
  const parts = statements.map((statement) =>
    verifyNras({ ...statement, devices: ueids, ...(nonce && { nonce }), at }),
  );
  const checks = new CheckList<NvidiaTopologyCheckId>(NVIDIA_TOPOLOGY_CHECKS);
  const against = parts.flatMap((part, i) =>
    part.verdict === 'reject' ? [`nras[${i}]: ${failedIds(part)}`] : [],
  );
  checks.answer(
    ID,
    against.length === 0
      ? undefined
      : { want: 'statements that do not speak against the devices', got: against.join('; ') },
  );
  return { verdict: conclude(checks.all, new Set([ID])), checks: checks.all, parts };
}

function failedIds({ checks }: Verification): string {
  return checks.flatMap(({ id, outcome }) => (outcome === 'fail' ? [id] : [])).join(', ');
}

/** Devices and statements about them; each is a part. */
export interface WithNrasStatements extends Verification {
  readonly evidence: 'bundle';
  readonly parts: readonly Verification[];
}

/** The answer about one device, or about those of a machine, with statements held against it. */
export function withNrasStatements(
  answer: NvidiaVerification | NvidiaNodeVerification,
  statements: readonly NrasStatement[],
  question: NrasQuestion,
): WithNrasStatements {
  const machine = 'parts' in answer ? answer : undefined;
  const devices = 'parts' in answer ? answer.parts : [answer];
  const held = holdStatements(statements, devices, question);
  const { authentic, anchors, revocation, at } = answer;
  const result = {
    evidence: 'bundle' as const,
    verdict: worstOf([answer.verdict, held.verdict]),
    authentic,
    anchors,
    revocation,
    at,
    // A statement is not relied upon, and neither is its end.
    ...untilOfAll([answer]),
    checks: [...(machine?.checks ?? []), ...held.checks],
    parts: [...devices, ...held.parts],
  };
  return withLazyClaims(
    result,
    () => machine?.claims ?? {},
    () => answer.endorsements ?? [],
  );
}
