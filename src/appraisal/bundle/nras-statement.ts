import { CheckList } from '../../evidence/check-list.ts';
import type { NvidiaNodeVerification } from '../../evidence/nvidia/node.ts';
import { type NrasVerification, verifyNras } from '../../evidence/nvidia/nras/verify-nras.ts';
import type { NvidiaVerification } from '../../evidence/nvidia/verifier.ts';
import { conclude, worstOf } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import { BUNDLE_CHECKS, type BundleCheckId } from './checks.ts';

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

/**
 * Such a statement beside the devices' own evidence: it can speak against them, and never for
 * them. One that is rejected is a failed check of the whole; one that is open, or good, changes
 * nothing.
 */
export function checkNrasStatement(
  checks: CheckList<BundleCheckId>,
  statement: NrasStatement,
  devices: readonly NvidiaVerification[],
  { nonce, at }: NrasQuestion,
): NrasVerification {
  const ueids = devices.flatMap(({ identity }) => identity?.ueid ?? []);
  const answer = verifyNras({ ...statement, devices: ueids, ...(nonce && { nonce }), at });
  checks.answer(
    'bundle.statement.nras',
    answer.verdict === 'reject'
      ? {
          want: 'a statement that does not speak against the devices',
          got: 'one that is rejected',
        }
      : undefined,
  );
  return answer;
}

/** Devices and a statement about them; each is a part. */
export interface WithNrasStatement extends Verification {
  readonly evidence: 'bundle';
  readonly parts: readonly Verification[];
}

/** The answer about one device, or about those of a machine, with a statement held against it. */
export function withNrasStatement(
  answer: NvidiaVerification | NvidiaNodeVerification,
  statement: NrasStatement,
  question: NrasQuestion,
): WithNrasStatement {
  const machine = 'parts' in answer ? answer : undefined;
  const devices = 'parts' in answer ? answer.parts : [answer];
  const own = new CheckList<BundleCheckId>(BUNDLE_CHECKS);
  const nras = checkNrasStatement(own, statement, devices, question);
  const { authentic, anchors, revocation, at } = answer;
  return {
    evidence: 'bundle',
    verdict: worstOf([answer.verdict, conclude(own.all, new Set(['bundle.statement.nras']))]),
    authentic,
    anchors,
    revocation,
    at,
    checks: [...(machine?.checks ?? []), ...own.all],
    claims: machine?.claims ?? {},
    parts: [...devices, nras],
  };
}
