/** What is known of a node by having relayed to it. */
export interface NodeFacts {
  /** Streams that are open to it. */
  readonly inFlight: number;
  /** Milliseconds until it began to answer, lately; undefined: nobody has asked it yet. */
  readonly firstByte: number | undefined;
  /** Failures of late: each counts 1 at first, and less with time. */
  readonly failures: number;
}

/** Below this no difference in the time to the first byte counts, in milliseconds. */
const QUICK = 50;
/** What a failure of right now leaves of a node's share. */
const AFTER_FAILURE = 0.2;
/** Even the worst gets a request now and then: nobody would learn that it is well again otherwise. */
const LEAST = 0.001;

/**
 * How much of what is asked each node should get, between 0 and 1, 1 in sum: less for those that
 * have more to do, that begin later, and that failed of late. Of whom nothing is known gets what
 * the quickest does: it has to be asked before anything is.
 */
export function weigh(nodes: readonly NodeFacts[]): readonly number[] {
  const known = nodes.flatMap(({ firstByte }) => (firstByte === undefined ? [] : [firstByte]));
  const quickest = Math.max(QUICK, Math.min(...known, Number.MAX_VALUE));
  const scores = nodes.map(({ inFlight, firstByte, failures }) => {
    const slowness = firstByte === undefined ? 1 : Math.max(QUICK, firstByte) / quickest;
    const speed = 1 / Math.max(1, Number.isFinite(slowness) ? slowness : 1);
    const health = AFTER_FAILURE ** Math.min(failures, 16);
    return Math.max(LEAST, (speed * health) / (1 + inFlight));
  });
  const sum = scores.reduce((total, score) => total + score, 0);
  return scores.map((score) => score / sum);
}

/**
 * Some of them at random, each as likely as its weight, none twice.
 *
 * @param weights above 0.
 * @param random 0 to 1, without 1.
 * @returns their indexes, in the order in which they were drawn.
 */
export function draw(
  weights: readonly number[],
  count: number,
  random: () => number,
): readonly number[] {
  const left = new Map(weights.entries());
  const drawn: number[] = [];
  while (drawn.length < count && left.size > 0) {
    let at = random() * [...left.values()].reduce((total, weight) => total + weight, 0);
    let chosen: number | undefined;
    for (const [index, weight] of left) {
      chosen = index;
      at -= weight;
      if (at < 0) break;
    }
    if (chosen === undefined) break;
    left.delete(chosen);
    drawn.push(chosen);
  }
  return drawn;
}
