import { leastCost } from './cost.ts';

export const TIMES = 8;
/** Between what the length justifies and the 64 times of a quadratic reader: machines are noisy. */
export const MOST_GROWTH = 5 * TIMES;

/**
 * How many times as much an input costs that is {@link TIMES} times as long, what it costs
 * at its shortest left out.
 *
 * @param input makes one of this size; what that gives prepares a run, as often as asked.
 * @param n a size for which reading takes a while already.
 */
export function growthOf(input: (size: number) => () => () => unknown, n: number): number {
  const cost = (size: number) => leastCost(6, input(size));
  const empty = cost(1);
  cost(n);
  let growth = Infinity;
  for (let round = 0; round < 8 && growth > MOST_GROWTH; round++) {
    growth = (cost(TIMES * n) - empty) / Math.max(cost(n) - empty, empty / 4);
  }
  return growth;
}
