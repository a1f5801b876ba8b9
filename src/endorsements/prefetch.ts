import { BackOff } from './back-off.ts';
import type { HeldEndorsement, RefreshableEndorsement } from './held.ts';
import { SingleFlight } from './single-flight.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

export interface PrefetchLimits {
  /** Documents under way at the same time at one service: those that somebody waits for go beside them. */
  readonly perService: number;
  /** So many failures in a row, and the service is left alone with all the rest. */
  readonly streak: number;
  /** What nobody asked for in so long is not fetched anew. */
  readonly idleMs: number;
}

const PREFETCH_LIMITS: PrefetchLimits = { perService: 2, streak: 4, idleMs: 14 * DAY };

/** A service, and one document. */
const SERVICE_BACK_OFF = { firstMs: 30 * SECOND, mostMs: 10 * MINUTE };
const DOCUMENT_BACK_OFF = { firstMs: MINUTE, mostMs: 15 * MINUTE };

/** A document is due up to this share of its half-life early, and no more than a day. */
const JITTER = 0.2;
const MOST_JITTER_MS = DAY;
/** A vendor that has nothing newer serves the same again: the ends of its life are not chased. */
const LEAST_AGE_MS = 5 * MINUTE;

export interface PrefetchDeps {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly held: () => readonly RefreshableEndorsement[];
}

export interface Prefetched {
  readonly refreshed: number;
  readonly failed: readonly PrefetchFailure[];
  /** Due, and left for later: its service, or itself, failed a moment ago. */
  readonly postponed: number;
  /** When something will be due next, in milliseconds since the epoch; undefined: nothing is held. */
  readonly nextAt: number | undefined;
}

export interface PrefetchFailure {
  readonly name: string;
  readonly outcome: 'refused' | 'unreachable';
  /** URL of the request. */
  readonly at: string;
  readonly because: string;
}

/**
 * Has documents anew before their half-life is over, so that nobody who asks for one waits, and
 * an outage of the vendor as long as the other half goes by unnoticed.
 *
 * All that a fleet holds may end in the same second. Each document is due a little early, by a
 * share drawn for it; a service gets a few requests at a time; and one that fails is left alone
 * for longer each time, with everything that is due there.
 */
export class Prefetcher {
  readonly #deps: PrefetchDeps;
  readonly #limits: PrefetchLimits;
  readonly #running = new SingleFlight<Prefetched>();
  readonly #services: BackOff;
  readonly #documents: BackOff;
  /** What was drawn for a document, for as long as it is the same one. */
  readonly #draws = new Map<string, { readonly refreshAt: number; readonly draw: number }>();

  constructor(deps: PrefetchDeps, limits: PrefetchLimits = PREFETCH_LIMITS) {
    this.#deps = deps;
    this.#limits = limits;
    this.#services = new BackOff(SERVICE_BACK_OFF, deps.random);
    this.#documents = new BackOff(DOCUMENT_BACK_OFF, deps.random);
  }

  /** Fetches what is due. Whoever calls meanwhile gets the answer of the run that is under way. */
  async run(): Promise<Prefetched> {
    return this.#running.run('all', () => this.#run());
  }

  async #run(): Promise<Prefetched> {
    const now = this.#deps.now();
    const run: Run = { refreshed: 0, failed: [], postponed: 0 };
    await Promise.all(
      [...this.#dueByService(now)].map(([service, due]) => this.#refreshAll(service, due, run)),
    );
    return { ...run, nextAt: this.#nextAt() };
  }

  #dueByService(now: number): ReadonlyMap<string, RefreshableEndorsement[]> {
    const held = this.#inUse(now);
    this.#forgetOthers(held);
    const due = new Map<string, RefreshableEndorsement[]>();
    for (const one of held) {
      if (one.service === undefined || now < this.#dueAt(one)) continue;
      const others = due.get(one.service);
      if (others === undefined) due.set(one.service, [one]);
      else others.push(one);
    }
    return due;
  }

  async #refreshAll(service: string, due: RefreshableEndorsement[], run: Run): Promise<void> {
    // What ends first is first; but a few that never come must not keep all others waiting.
    const failed = new Map(due.map(({ name }) => [name, this.#documents.times(name)]));
    const timesOf = ({ name }: HeldEndorsement) => failed.get(name) ?? 0;
    due.sort((a, b) => timesOf(a) - timesOf(b) || a.validity.to - b.validity.to);
    let failures = 0;
    const next = () => {
      const now = this.#deps.now();
      if (failures >= this.#limits.streak || this.#services.until(service, now)) return undefined;
      for (let one = due.shift(); one !== undefined; one = due.shift()) {
        if (this.#documents.until(one.name, now) === undefined) return one;
        run.postponed++;
      }
      return undefined;
    };
    const lane = async () => {
      for (let one = next(); one !== undefined; one = next()) {
        const { name } = one;
        const came = await one.refresh(this.#deps.now());
        if (came.outcome === 'accepted') {
          failures = 0;
          run.refreshed++;
          this.#documents.succeeded(name);
          this.#services.succeeded(service);
          continue;
        }
        const { outcome, at, because } = came;
        run.failed.push({ name, outcome, at, because });
        this.#documents.failed(name, this.#deps.now());
        if (++failures === this.#limits.streak) this.#services.failed(service, this.#deps.now());
      }
    };
    await Promise.all(Array.from({ length: this.#limits.perService }, lane));
    run.postponed += due.length;
  }

  #nextAt(): number | undefined {
    const now = this.#deps.now();
    const times = this.#inUse(now).flatMap((one) => {
      if (one.service === undefined) return [];
      const waits = [
        this.#documents.until(one.name, now),
        this.#services.until(one.service, now),
      ].filter((until) => until !== undefined);
      return [Math.max(this.#dueAt(one), ...waits)];
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #inUse(now: number): readonly RefreshableEndorsement[] {
    const { idleMs } = this.#limits;
    return this.#deps.held().filter((one) => now - (one.usedAt ?? one.fetchedAt ?? now) < idleMs);
  }

  /** Before half-life, so that whoever asks for it does not have to fetch it. */
  #dueAt({ name, refreshAt, fetchedAt, validity }: HeldEndorsement): number {
    const known = this.#draws.get(name);
    const draw = known?.refreshAt === refreshAt ? known.draw : this.#deps.random();
    if (known?.refreshAt !== refreshAt) this.#draws.set(name, { refreshAt, draw });
    const since = fetchedAt ?? validity.from;
    const early = draw * Math.min(JITTER * Math.max(0, refreshAt - since), MOST_JITTER_MS);
    return Math.max(since + LEAST_AGE_MS, refreshAt - early);
  }

  #forgetOthers(held: readonly RefreshableEndorsement[]): void {
    const names = new Set(held.map(({ name }) => name));
    this.#documents.keepOnly(names);
    for (const name of this.#draws.keys()) if (!names.has(name)) this.#draws.delete(name);
    this.#services.keepOnly(new Set(held.flatMap(({ service }) => service ?? [])));
  }
}

/** What has come of a run so far. */
interface Run {
  refreshed: number;
  readonly failed: PrefetchFailure[];
  postponed: number;
}
