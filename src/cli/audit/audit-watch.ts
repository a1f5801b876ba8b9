import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { Fault } from '../../core/fault.ts';
import { writeAtomically } from '../../endorsements/atomic-write.ts';
import { writeForkProof } from '../../ledger/proof/fork-proof.ts';
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
    'Alarms: a fork (two states that don’t go together), a rollback (a smaller state than one before), a stall, a checkpoint that is not signed as wanted. Of a fork or rollback both signed checkpoints are put beside the state file, and of a fork one file more, <state>.<time>.fork.json, with the hashes that show it at two sizes as well: to whoever has the log’s key it proves by itself that the log cheated. A rollback may be an old copy that somebody on the way served: it is told at each look, its checkpoints are kept once, and of at most 16 rollbacks.',
    'A larger signed state whose tiles can’t be read is remembered in the state file, at most 8 of them: the log is held to these as soon as its tiles are there.',
    'With --json a line an event. That the log can’t be reached is a warning, and counts towards a stall.',
    'Exit code of --once: 0 all is well, 1 an alarm, 69 the log can’t be reached. Without --once it goes on until SIGINT or SIGTERM, with 0, or with 1 where there was a rollback; it ends with 1 at the first fork: nothing that comes after can be believed.',
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
        await watcher.look();
        if (watcher.seen.fork) return 1;
        // Nothing but the signal ends a pause early.
        await setTimeout(watcher.interval, undefined, { signal: told }).catch(() => undefined);
      }
      return watcher.seen.rollback ? 1 : 0;
    });
  },
};

type Contradiction = Extract<Sight, { kind: 'fork' | 'rollback' }>;

/** Rollbacks whose notes are kept, of one process. */
const MOST_KEPT = 16;

class Watcher {
  readonly interval: number;
  /** What was seen at some look. */
  readonly seen = { fork: false, rollback: false };
  readonly #io: Io;
  readonly #args: Args;
  readonly #trust: TlogPolicy;
  readonly #path: string;
  readonly #log: PublishedLog;
  readonly #stallMs: number;
  /** Where the evidence of each contradiction lies, by its notes. */
  readonly #kept = new Map<string, string>();

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
      return this.#invalid(error, now);
    }
    const { sight, state } = watched;
    if (sight.kind === 'first' || sight.kind === 'grown' || sight.kind === 'unread')
      await this.#remember(state);
    if (sight.kind === 'unread') {
      const { error } = sight;
      return error.code === 'unreachable'
        ? this.#unreached(error, before, now)
        : this.#invalid(error, now);
    }
    if (sight.kind === 'fork' || sight.kind === 'rollback')
      return this.#contradicted(origin, sight, now);
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

  #tell(
    origin: string,
    sight: Exclude<Sight, { kind: 'unread' | 'fork' | 'rollback' }>,
    now: number,
  ): number {
    const at = formatInstant(now);
    if (sight.kind === 'stall') {
      const since = formatInstant(sight.since);
      this.#event({ at, event: 'stall', origin, size: sight.size, since });
      return 1;
    }
    this.#event({ at, event: sight.kind, origin, from: sight.from, to: sight.to });
    return 0;
  }

  async #contradicted(origin: string, sight: Contradiction, now: number): Promise<number> {
    const proof = await this.#keep(sight, now);
    this.seen[sight.kind] = true;
    const at = formatInstant(now);
    const where = proof === undefined ? {} : { proof };
    this.#event({ at, event: sight.kind, origin, because: sight.because, ...where });
    return 1;
  }

  #invalid(error: Fault, now: number): number {
    this.#event({ at: formatInstant(now), event: 'invalid', because: error.message });
    return 1;
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

  /**
   * Both notes, one file each, and the proof of a fork: once, however often it is seen.
   *
   * @returns what the names of the files begin with; undefined where there are too many already.
   */
  async #keep(sight: Contradiction, now: number): Promise<string | undefined> {
    const [before, after] = sight.notes;
    const key = `${digestOf(before)} ${digestOf(after)}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    // A mirror that serves each of many old states must not fill the disk.
    if (sight.kind === 'rollback' && this.#kept.size >= MOST_KEPT) return undefined;
    const path = join(dirname(this.#path), `${basename(this.#path)}.${now}`);
    const name = basename(path);
    const fork = sight.kind === 'fork' ? sight.proof : undefined;
    await writeFiles(dirname(this.#path), {
      [`${name}.before`]: before,
      [`${name}.after`]: after,
      ...(fork && { [`${name}.fork.json`]: writeForkProof(fork) }),
    });
    this.#kept.set(key, path);
    return path;
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
