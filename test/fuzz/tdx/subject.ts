import { type TdxVerification, TdxVerifier } from '../../../src/evidence/tdx/verifier.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { reusedBuffer } from '../reused-buffer.ts';
import type { Subject } from '../subject.ts';
import { Covered } from './covered.ts';
import { type Evidence, inputOf, sizeOf } from './evidence.ts';
import { Proven } from './proven.ts';
import { problemsOf } from './well-formed.ts';
import { createWorld, type World } from './world.ts';

const place = reusedBuffer(1 << 20);

export async function tdxSubject(): Promise<Subject<Evidence, World>> {
  const world = await createWorld();
  const covered = new Covered(world);
  const proven = new Proven(world);
  const beliefProblems = ({ verdict, claims }: Verification, evidence: Evidence): string[] => {
    if (verdict !== 'accept') return [];
    if (!covered.asHonest(evidence)) return ['ACCEPTED WITH A CHANGE OF WHAT IS COVERED'];
    return proven.problemsOf(claims);
  };
  return {
    world,
    verifier: (entries) => verifierOf(world, entries),
    sizeOf,
    largest: 256 * 1024,
    // An event log is the largest part of the cost.
    kindOf: ({ log }) =>
      log === undefined ? 'no log' : `${log.log.length} ${log.expected?.length ?? 0}`,
    held: (evidence) => ({ ...evidence, quote: place(evidence.quote) }),
    problemsOf: (result, evidence) => [...problemsOf(result), ...beliefProblems(result, evidence)],
  };
}

/** A verifier under the world's anchors, of whose answers a report prints all. */
export function verifierOf(
  { anchors }: Pick<World, 'anchors'>,
  entries?: number,
): (evidence: Evidence) => Verification {
  const verifier = new TdxVerifier(anchors, entries);
  return (evidence) => printed(verifier.verify(inputOf(evidence)));
}

function printed({ quote: _quote, eventLog: _log, ...result }: TdxVerification): Verification {
  return result;
}
