import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { fsckPublished } from '../../ledger/fsck/fsck-published.ts';
import { fsckStore } from '../../ledger/fsck/fsck-store.ts';
import type { StoreFault } from '../../ledger/store.ts';
import { verifyCheckpoint } from '../../ledger/trust/judge.ts';
import { folderLog, httpLog, type PublishedLog } from '../../store/published/published-log.ts';
import { type Io, usage, warn } from '../io.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { isLedger, LAYOUT } from './ledger-folder.ts';
import { needTrust, readTrust, TRUST_OPTIONS } from './log-trust.ts';
import { openLedger } from './open-ledger.ts';
import { Progress } from './progress.ts';

const MOST_FINDINGS = 1000;

export const auditFsckVerb: Verb = {
  name: 'audit fsck',
  summary: 'Read all of a ledger, every byte, and say what is damaged and where.',
  operands: '<dir|url>',
  arity: { min: 1, max: 1 },
  options: TRUST_OPTIONS,
  notes: [
    'Of a ledger’s folder: the rows of the database, leaves, tiles and signatures, records against leaves, every blob of the archive, and every published file. It changes nothing.',
    'Of a published log (a folder with a checkpoint, or a URL): the checkpoint by --log-key or --tlog-policy, every tile and every entry.',
    'Exit code: 0 nothing is wrong, 1 something is.',
  ],
  run: async (io, args) => {
    const place = args.operand(0);
    const own = await isLedger(place);
    if (own && (await readTrust(io, args)) !== undefined) {
      throw usage(
        `${place} is a ledger and has its own keys; its published files are in ${join(place, LAYOUT.published)}`,
      );
    }
    const findings: StoreFault[] = [];
    for await (const finding of own ? fsckOwn(io, place) : fsckOther(io, args, place)) {
      findings.push(finding);
      if (findings.length === MOST_FINDINGS) {
        warn(io, `stopped after ${MOST_FINDINGS} findings`);
        break;
      }
    }
    print(io, args, findings);
    return findings.length === 0 ? 0 : 1;
  },
};

async function* fsckOwn(io: Io, dir: string): AsyncGenerator<StoreFault> {
  const ledger = await openLedger(io, dir);
  const progress = new Progress(io);
  try {
    yield* fsckStore({
      ...ledger,
      onProgress: ({ what, done, of }) =>
        progress.say(`${what}: ${done}${of === undefined ? '' : ` of ${of}`}`),
    });
    yield* ledger.projection.faults();
  } finally {
    await ledger.close();
  }
}

async function* fsckOther(io: Io, args: Args, place: string): AsyncGenerator<StoreFault> {
  const log = publishedLog(io, place);
  const trust = await needTrust(io, args);
  const note = await log.readCheckpoint();
  let head: { size: number; root: Uint8Array };
  try {
    const { checkpoint } = verifyCheckpoint(note, trust);
    head = { size: Number(checkpoint.size), root: checkpoint.root };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    yield { at: 'checkpoint', problem: error.message };
    return;
  }
  const progress = new Progress(io);
  yield* fsckPublished(log, head, (done) => progress.say(`leaves: ${done} of ${head.size}`));
}

/** A log that somebody publishes: a URL, or a folder. */
export function publishedLog(io: Io, place: string): PublishedLog {
  return /^https?:\/\//i.test(place) ? httpLog(io.fetch, place) : folderLog(place);
}

function print(io: Io, args: Args, findings: readonly StoreFault[]): void {
  if (args.has('json')) {
    printJson(io, { clean: findings.length === 0, findings });
    return;
  }
  const paint = painter(io.colours);
  for (const { at, problem } of findings) {
    io.out(`${paint('red', '✗')} ${visible(at)}: ${visible(problem)}\n`);
  }
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  io.out(findings.length === 0 ? `${paint('green', '✓')} nothing is wrong\n` : `${count}\n`);
}
