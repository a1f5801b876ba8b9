import type { Verification } from '../../src/evidence/verification.ts';
import { type Effort, SEED } from './effort.ts';
import { Random } from './random.ts';

/** Pieces of evidence that a memory could confuse, and who is asked about them. */
export interface Interrogation<Evidence> {
  readonly questions: readonly Evidence[];
  /** A verifier that remembers so many things. */
  readonly verifier: (entries: number) => (evidence: Evidence) => Verification;
  /** The same in buffers that the next call of this uses again. */
  readonly held: (evidence: Evidence) => Evidence;
}

export interface MemoryTally {
  readonly asked: number;
  readonly questions: number;
  readonly accepted: number;
}

/**
 * Asks one verifier about every piece of evidence, over and over in a random order, and compares
 * with what a verifier without memory said. What was found good must not make a changed
 * neighbour pass, nor may a bad neighbour spoil what is good.
 */
export function attackMemory<Evidence>(
  { questions, verifier, held }: Interrogation<Evidence>,
  { seconds, inputs }: Effort,
): MemoryTally {
  const due = questions.map((evidence) => answerOf(verifier(1)(evidence)));
  const random = new Random(SEED, 0);
  let verify = verifier(3);
  const start = performance.now();
  let asked = 0;
  for (; asked < inputs || performance.now() - start < seconds * 1_000; asked++) {
    // From a memory of one entry, which forgets at once, to one that forgets nothing.
    if (asked % 5_000 === 0) verify = verifier(random.pick([1, 2, 3, 1_024]));
    const index = random.below(questions.length);
    const question = questions[index];
    if (question === undefined) throw new RangeError('no question');
    const answer = answerOf(verify(held(question)));
    if (answer !== due[index]) {
      throw new Error(
        `memory, POSTERN_FUZZ_SEED=${SEED}, question ${asked}: piece ${index} answered\n${answer}\nfresh:\n${due[index]}`,
      );
    }
  }
  const accepted = due.filter((answer) => answer.startsWith('accept')).length;
  return { asked, questions: questions.length, accepted };
}

function answerOf(result: Verification): string {
  return `${result.verdict} ${JSON.stringify(result)}`;
}
