/** How long something is left alone that failed: longer each time, and never the same for two. */
export interface BackOffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

interface Failed {
  readonly times: number;
  readonly since: number;
  readonly until: number;
}

/** What failed, by name, until it succeeds; whoever uses it drops the names that are gone. */
export class BackOff {
  readonly #limits: BackOffLimits;
  /** From 0 up to, not including, 1. */
  readonly #random: () => number;
  readonly #failed = new Map<string, Failed>();

  constructor(limits: BackOffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  failed(name: string, now: number): void {
    const times = (this.#failed.get(name)?.times ?? 0) + 1;
    const { firstMs, mostMs } = this.#limits;
    const full = Math.min(mostMs, firstMs * 2 ** Math.min(times - 1, 30));
    // Half of it at the least: gateways that failed together shall not come back together.
    this.#failed.set(name, { times, since: now, until: now + full * (0.5 + this.#random() / 2) });
  }

  succeeded(name: string): void {
    this.#failed.delete(name);
  }

  /** How often it failed since it succeeded last. */
  times(name: string): number {
    return this.#failed.get(name)?.times ?? 0;
  }

  /** Undefined when it need not wait; also when the clock was set back, lest it wait for long. */
  until(name: string, now: number): number | undefined {
    const failed = this.#failed.get(name);
    return failed && failed.since <= now && now < failed.until ? failed.until : undefined;
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#failed.keys()) if (!names.has(name)) this.#failed.delete(name);
  }
}
