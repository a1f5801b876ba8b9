import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { Fault } from '../../core/fault.ts';
import { writeAtomically } from '../../endorsements/atomic-write.ts';
import { verifyCheckpoint } from '../../ledger/trust/judge.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { type Sight, type Watched, watchLog } from '../../ledger/watch/watch.ts';
import {
  parseWatchState,
  type WatchState,
  writeWatchState,
} from '../../ledger/watch/watch-state.ts';
import type { PublishedLog } from '../../store/published/published-log.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { writeFiles } from '../write-files.ts';
import { formatInstant } from './instants.ts';
import { needTrust, TRUST_OPTIONS } from './log-trust.ts';
import { publishedLog } from './published-place.ts';
import { diskFault } from './secret-files.ts';
import { untilTold } from './serving.ts';

const USUAL = { interval: '60s', stall: '1d' };
/** In milliseconds; a timer counts no more than 24 days. */
const MOST = { interval: 20 * 86_400_000, stall: 3650 * 86_400_000 };

export const auditWatchVerb: Verb = {
  name: 'audit watch',
  summary: 'Follow a log over time, remember what it showed, and tell when it goes back on it.',
  operands: '<dir|url>',
  arity: { min: 1, max: 1 },
  options: {
    ...TRUST_OPTIONS,
    state: { value: '<file>', help: 'where to remember what was seen; made when it is not there' },
    interval: { value: '<duration>', help: `between two looks; ${USUAL.interval} unless said` },
    stall: {
      value: '<duration>',
      help: `how long it may stay as it is before that is an alarm; ${USUAL.stall} unless said`,
    },
    once: { help: 'look once' },
  },
  notes: [
    'Alarms: a fork (two states that don’t go together), a rollback (a smaller state than one before), a stall, a checkpoint that is not signed as wanted. Of a fork or rollback both signed checkpoints are put beside the state file: of a fork at one size they prove by themselves, to whoever has the log’s key, that it cheated; of a fork at two sizes its tiles are needed too. A rollback may be an old copy that somebody on the way served.',
    'With --json a line an event. That the log can’t be reached is a warning, and counts towards a stall.',
    'Exit code of --once: 0 all is well, 1 an alarm, 69 the log can’t be reached. Without --once it goes on until SIGINT or SIGTERM, with 0, or to the first fork or rollback, with 1: nothing that comes after can be believed.',
  ],
  run: async (io, args) => {
    const trust = await needTrust(io, args);
    const path = args.one('state');
    if (path === undefined)
      throw usage('--state is missing: what is not remembered can’t be compared');
    const log = await publishedLog(io, args.operand(0));
    const watcher = new Watcher(io, args, { trust, path, log });
    if (args.has('once')) return watcher.look();
    return untilTold(async (told) => {
      while (!told.aborted) {
        const exit = await watcher.look();
        if (watcher.cheated) return exit;
        // Nothing but the signal ends a pause early.
        await setTimeout(watcher.interval, undefined, { signal: told }).catch(() => undefined);
      }
      return 0;
    });
  },
};

class Watcher {
  readonly interval: number;
  cheated = false;
  readonly #io: Io;
  readonly #args: Args;
  readonly #trust: TlogPolicy;
  readonly #path: string;
  readonly #log: PublishedLog;
  readonly #stallMs: number;

  constructor(
    io: Io,
    args: Args,
    { trust, path, log }: { trust: TlogPolicy; path: string; log: PublishedLog },
  ) {
    this.#io = io;
    this.#args = args;
    this.#trust = trust;
    this.#path = path;
    this.#log = log;
    this.interval = durationOption(args, 'interval', USUAL.interval, MOST.interval);
    this.#stallMs = durationOption(args, 'stall', USUAL.stall, MOST.stall);
  }

  /** @returns the exit code that one look comes to. */
  async look(): Promise<number> {
    const before = await readState(this.#path);
    const now = this.#io.now();
    let origin: string;
    let watched: Watched;
    try {
      const note = await this.#log.readCheckpoint();
      const { checkpoint } = verifyCheckpoint(note, this.#trust);
      origin = checkpoint.origin;
      const { size, root } = checkpoint;
      const seen = { origin, size: Number(size), root, note };
      const times = { now, stallMs: this.#stallMs };
      watched = await watchLog(seen, before, this.#log, times);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'unreachable') return this.#unreached(error, before, now);
      if (error.code !== 'malformed') throw error;
      this.#event({ at: formatInstant(now), event: 'invalid', because: error.message });
      return 1;
    }
    const { sight, state } = watched;
    if (sight.kind === 'fork' || sight.kind === 'rollback') await this.#keep(sight.notes, now);
    if (sight.kind === 'first' || sight.kind === 'grown') await this.#remember(state);
    return this.#tell(origin, sight, now);
  }

  /** Before it is told: what is not remembered was not seen. */
  async #remember(state: WatchState): Promise<void> {
    try {
      await writeAtomically(this.#path, writeWatchState(state));
    } catch (cause) {
      throw diskFault(this.#path, 'written', cause);
    }
  }

  #tell(origin: string, sight: Sight, now: number): number {
    const at = formatInstant(now);
    switch (sight.kind) {
      case 'first':
      case 'grown':
      case 'same':
        this.#event({ at, event: sight.kind, origin, from: sight.from, to: sight.to });
        return 0;
      case 'stall':
        this.#event({
          at,
          event: 'stall',
          origin,
          size: sight.size,
          since: formatInstant(sight.since),
        });
        return 1;
      case 'fork':
      case 'rollback':
        this.cheated = true;
        this.#event({
          at,
          event: sight.kind,
          origin,
          because: sight.because,
          proof: this.#proof(now),
        });
        return 1;
    }
  }

  #unreached(error: Fault, before: WatchState | undefined, now: number): number {
    warn(this.#io, error.message);
    if (before && now - before.grownAt >= this.#stallMs) {
      const since = formatInstant(before.grownAt);
      this.#event({
        at: formatInstant(now),
        event: 'stall',
        origin: before.origin,
        size: before.size,
        since,
      });
      return 1;
    }
    this.#event({ at: formatInstant(now), event: 'unreachable', because: error.message });
    return 69;
  }

  /** Both notes, one file each. */
  async #keep([before, after]: readonly [Uint8Array, Uint8Array], now: number): Promise<void> {
    const name = basename(this.#proof(now));
    await writeFiles(dirname(this.#path), { [`${name}.before`]: before, [`${name}.after`]: after });
  }

  #proof(now: number): string {
    return join(dirname(this.#path), `${basename(this.#path)}.${now}`);
  }

  #event(event: Readonly<Record<string, string | number>>): void {
    if (this.#args.has('json')) {
      printJson(this.#io, event);
      return;
    }
    const { at, event: kind, ...facts } = event;
    const text = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
    this.#io.out(`${at}  ${String(kind).padEnd(11)}  ${visible(text.join(', '))}\n`);
  }
}

function durationOption(args: Args, name: string, usual: string, most: number): number {
  const text = args.one(name) ?? usual;
  const ms = /^[1-9][0-9]{0,8}[smhd]$/.test(text) ? durationMs(text) : Number.NaN;
  if (!(ms <= most)) {
    const days = most / 86_400_000;
    throw usage(`--${name}: want e.g. 60s, 5m, 1d, at most ${days}d, got ${JSON.stringify(text)}`);
  }
  return ms;
}

async function readState(path: string): Promise<WatchState | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw diskFault(path, 'read', cause);
  }
  return asConfiguration('--state', () => parseWatchState(bytes, path));
}
