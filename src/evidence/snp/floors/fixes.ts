import type { ProductLine } from '../product.ts';
import type { SnpReport } from '../report.ts';
import { floorOf } from './floor.ts';
import { floorInput, judgeFloors } from './judge.ts';

/** Sentences about fixes that a report does not show, and about those that can't be decided. */
export interface ShortOfFixes {
  readonly below: readonly string[];
  readonly open: readonly string[];
}

/**
 * @param fixes bulletins by id.
 * @throws Fault `usage` for a bulletin that the table of floors does not have.
 */
export function shortOfFixes(
  report: SnpReport,
  line: ProductLine,
  fixes: readonly string[],
): ShortOfFixes {
  const states = judgeFloors(floorInput(report, line)).filter((state) => fixes.includes(state.id));
  // A line that the table does not name is not thereby one that is safe.
  const untold = fixes
    .filter((fix) => !states.some((state) => state.id === fix))
    .flatMap((fix) => floorOf(fix, line, report.cpuid).gaps);
  const sentences = (some: typeof states) => some.map(({ because }) => because);
  return {
    below: sentences(states.filter(({ state }) => state === 'below')),
    open: [
      ...sentences(states.filter(({ state }) => state !== 'below' && state !== 'at-or-above')),
      ...untold,
    ],
  };
}
