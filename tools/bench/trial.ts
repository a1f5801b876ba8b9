import { median, type Result } from './measure.ts';

/**
 * A row that is no rate of one call after the other: it brings its own load, and says more of it
 * than a rate.
 */
export interface Trial {
  /** Stable once published. */
  readonly name: string;
  /** The ratio that we hold ourselves to. */
  readonly atLeast?: number;
  readonly run: () => Promise<Result>;
}

/** One side of a ratio: some work, and how many operations it was. */
export interface Side {
  readonly name: string;
  /** Off the clock: whatever the work needs that may not be used twice. */
  readonly prepare: () => Promise<() => Promise<number>>;
}

export interface Heat {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly rounds: number;
}

/** Subject and reference by turns, so that a machine that slows down slows both; the first round only warms up. */
export async function compare(
  subject: Side,
  against: Side,
  { now, rounds }: Heat,
): Promise<Omit<Result, 'also'>> {
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const other = round % 2 === 0 ? await rateOf(against, now) : undefined;
    const own = await rateOf(subject, now);
    const ratio = own / (other ?? (await rateOf(against, now)));
    if (round === 0) continue;
    rates.push(own);
    ratios.push(ratio);
  }
  return {
    name: subject.name,
    perSecond: median(rates),
    against: against.name,
    ratio: median(ratios),
  };
}

async function rateOf({ prepare }: Side, now: () => number): Promise<number> {
  const work = await prepare();
  const start = now();
  const operations = await work();
  return (1000 * operations) / (now() - start);
}
