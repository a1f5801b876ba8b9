import { monitorEventLoopDelay } from 'node:perf_hooks';
import { median } from '../measure.ts';
import type { Side } from '../trial.ts';

/** How late the event loop was over one measurement, in milliseconds. */
interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** Looks at the thread and the process in which somebody works; the first time, which warms up, does not count. */
export class LoopWatch {
  readonly #delays: Delay[] = [];

  /** The same work, looked at while it is done. */
  around({ name, prepare }: Side): Side {
    return {
      name,
      prepare: async () => {
        const work = await prepare();
        return () => this.#look(work);
      },
    };
  }

  /**
   * How late the event loop was in milliseconds, and what is resident of the process and used of
   * this thread's heap in MiB.
   *
   * @throws RangeError where nobody has worked twice.
   */
  seen(): Readonly<Record<string, number>> {
    const counted = this.#delays.slice(1);
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      loopP50Ms: median(counted.map(({ p50 }) => p50)),
      loopP99Ms: median(counted.map(({ p99 }) => p99)),
      loopMaxMs: Math.max(...counted.map(({ most }) => most)),
      rssMiB: rss / 1024 ** 2,
      heapMiB: heapUsed / 1024 ** 2,
    };
  }

  async #look(work: () => Promise<number>): Promise<number> {
    const measured = monitorEventLoopDelay({ resolution: 1 });
    measured.enable();
    const done = await work();
    measured.disable();
    this.#delays.push({
      p50: measured.percentile(50) / 1e6,
      p99: measured.percentile(99) / 1e6,
      most: measured.max / 1e6,
    });
    return done;
  }
}
