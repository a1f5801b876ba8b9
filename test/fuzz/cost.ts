/** An input may cost this many times what the honest one costs. */
export const COST_LIMIT = 20;

/**
 * Milliseconds of the fastest of several runs: garbage collection and other people's load only
 * ever add. (The CPU clock of a thread ticks too coarsely on some machines to be of use.)
 */
export function leastCost(runs: number, prepare: () => () => unknown): number {
  let least = Infinity;
  for (let i = 0; i < runs; i++) {
    const run = prepare();
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/**
 * In milliseconds: what is quicker than this is taken for this long. Once its code is hot, evidence
 * of 3 KB with one signature of RSA is verified in less time than it takes to read 10 KB of JSON.
 */
const LEAST_BASE = 0.2;
const ROUNDS = 40;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * What an input costs in honest ones. Both are measured anew and in turns until the answer is
 * clear: an input that is dear in itself is dear in every round.
 */
export function costRatio(honest: () => () => unknown, suspect: () => () => unknown): number {
  let ratio = Infinity;
  let cheapest = Infinity;
  let base = Infinity;
  for (let round = 0; round < ROUNDS && ratio > COST_LIMIT / 2; round++) {
    // Others' work on a busy machine comes and goes.
    if (round >= ROUNDS / 2) Atomics.wait(PAUSE, 0, 0, 20);
    base = Math.min(base, leastCost(3, honest));
    cheapest = Math.min(cheapest, leastCost(1, suspect));
    ratio = cheapest / Math.max(base, LEAST_BASE);
  }
  return ratio;
}
