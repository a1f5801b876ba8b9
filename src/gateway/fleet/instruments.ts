import type { Verdict } from '../../evidence/verdict.ts';
import type { EvidenceKind } from '../../evidence/verification.ts';
import type { NodeState } from './node.ts';

/**
 * What whoever does the work can say of it in numbers. All words come from closed lists of ours:
 * nothing that a stranger chose is handed in.
 */
export interface Instruments {
  /** @param seconds from the bytes to the verdict, endorsements included. */
  verified(kind: EvidenceKind, seconds: number): void;
  /** Work for the threads that verify: how much runs, and how much waits for one. */
  verificationWork(running: number, waiting: number): void;
  /** One piece of it: how long it waited for a thread, and how long the thread took. */
  verificationWorkDone(waitedSeconds: number, ranSeconds: number): void;
  /** A thread that verified has ended without being told to; another took its place. */
  verificationThreadLost(): void;
  /** @param codes ids of the checks that stand in the way; empty for an acceptance. */
  decided(verdict: Verdict, codes: readonly string[]): void;
  /**
   * How long ago the oldest of each kind was fetched that is still used, e.g. `tdx.tcb-info`, in
   * seconds. A kind that is left out is used no more.
   */
  endorsementAges(ages: ReadonlyMap<string, number>): void;
  /** How long the node that waits longest has been due: 0 where none is. */
  attestationLag(seconds: number): void;
  nodes(counts: Readonly<Record<NodeState, number>>): void;
  /** How many leaves the ledger has. */
  ledgerSize(leaves: number): void;
}
