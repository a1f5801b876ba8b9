/** Does one operation, the `call`th of its slice; throws when the operation did not succeed. */
export type Operation = (call: number) => void | Promise<void>;

/** Something that can be done over and over at a rate. */
export interface Workload {
  readonly name: string;
  /** Runs off the clock, before each slice: whatever a slice may not inherit is made here. */
  readonly prepare: () => Operation | Promise<Operation>;
  /** Calls for which one preparation has fresh input; a slice makes no more. */
  readonly mostCalls?: number;
}

/** One row: a rate, and how it stands to the rate of something else. */
export interface Measurement {
  /** Stable once published. */
  readonly name: string;
  readonly subject: Workload;
  readonly against?: Workload;
  /** The ratio that we hold ourselves to. */
  readonly atLeast?: number;
}

/** A row that goes by the name of its subject. */
export function row(measurement: Omit<Measurement, 'name'>): Measurement {
  return { name: measurement.subject.name, ...measurement };
}

export interface Result {
  readonly name: string;
  readonly perSecond: number;
  readonly against: string | null;
  /** Rate of the subject by rate of what it is held against; null without such. */
  readonly ratio: number | null;
  /** What else was seen, e.g. `p99Ms`; left out where a rate says all. */
  readonly also?: Readonly<Record<string, number>>;
}

export interface Pace {
  /** Milliseconds, monotonic, with fractions. */
  readonly now: () => number;
  /**
   * Collects young garbage. Runs before each slice, off the clock, and as its last call, on
   * the clock: everybody pays for the garbage that is theirs, and for no other. Before a slice
   * it runs twice: what survives a collection is moved by the next, and then is old.
   */
  readonly collect: () => void;
  readonly rounds: number;
  /** What a slice should take; long against the clock's grain, short against the machine's moods. */
  readonly sliceMs: number;
  readonly warmUpMs: number;
}

/**
 * Measures all in the same rounds: each visits every measurement, and runs its subject and
 * its reference back to back, first the one, then the other. A machine that slows down for a
 * while then slows both, and the median of the rounds' ratios does not see it.
 */
export async function measure(
  measurements: readonly Measurement[],
  pace: Pace,
): Promise<readonly Result[]> {
  const calls = new Map<Workload, number>();
  for (const workload of workloadsOf(measurements)) {
    calls.set(workload, await warmUp(workload, pace));
  }
  const rate = (workload: Workload): Promise<number> =>
    slice(workload, calls.get(workload) ?? 1, pace);
  const rates = measurements.map((): number[] => []);
  const ratios = measurements.map((): number[] => []);
  for (let round = 0; round < pace.rounds; round++) {
    for (const [i, { subject, against }] of measurements.entries()) {
      const first = round % 2 === 0 && against ? await rate(against) : undefined;
      const own = await rate(subject);
      rates[i]?.push(own);
      if (against) ratios[i]?.push(own / (first ?? (await rate(against))));
    }
  }
  return measurements.map(({ name, against }, i) => ({
    name,
    perSecond: median(rates[i] ?? []),
    against: against?.name ?? null,
    ratio: against ? median(ratios[i] ?? []) : null,
  }));
}

function workloadsOf(measurements: readonly Measurement[]): ReadonlySet<Workload> {
  return new Set(
    measurements.flatMap(({ subject, against }) => (against ? [subject, against] : [subject])),
  );
}

/**
 * Runs until the code is compiled and settled.
 *
 * @returns how many calls fill a slice.
 */
async function warmUp(workload: Workload, pace: Pace): Promise<number> {
  const most = workload.mostCalls ?? Number.POSITIVE_INFINITY;
  const end = pace.now() + pace.warmUpMs;
  let calls = 1;
  while (pace.now() < end) {
    const perSecond = await slice(workload, calls, pace);
    // At most twice the last: the first calls are no measure of the rest.
    const fitting = Math.min(calls * 2, Math.round((perSecond * pace.sliceMs) / 1000));
    calls = Math.max(1, Math.min(fitting, most));
  }
  return calls;
}

/** Operations per second over one slice. */
async function slice(
  { prepare }: Workload,
  calls: number,
  { now, collect }: Pace,
): Promise<number> {
  const operation = await prepare();
  collect();
  collect();
  const start = now();
  for (let call = 0; call < calls; call++) {
    const pending = operation(call);
    // Nobody pays for waiting who does not wait.
    if (pending) await pending;
  }
  collect();
  return (1000 * calls) / (now() - start);
}

/** @throws RangeError for no numbers: there is no such thing as the rate of nothing. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  if (low === undefined || high === undefined) throw new RangeError('the median of no numbers');
  return (low + high) / 2;
}
