import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { fsckPublished } from '../../ledger/fsck/fsck-published.ts';
import { fsckStore } from '../../ledger/fsck/fsck-store.ts';
import type { StoreFault } from '../../ledger/store.ts';
import { verifyCheckpoint } from '../../ledger/trust/judge.ts';
import { type Io, warn } from '../io.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { counted, countedLeaves } from './counted.ts';
import { type HeldAgainst, holdHead } from './head-trust.ts';
import { isLedger } from './ledger-folder.ts';
import { needTrust, TRUST_OPTIONS } from './log-trust.ts';
import { openLedger } from './open-ledger.ts';
import { Progress } from './progress.ts';
import { isUrl, publishedLog } from './published-place.ts';
import { isThere } from './secret-files.ts';

const MOST_FINDINGS = 1000;

export const auditFsckVerb: Verb = {
  name: 'audit fsck',
  summary: 'Read all of a ledger, every byte, and say what is damaged and where.',
  operands: '<dir|url>',
  arity: { min: 1, max: 1 },
  options: TRUST_OPTIONS,
  notes: [
    'Of a ledger’s folder: the rows of the database, leaves, tiles and signatures, records against leaves, every blob of the archive, and every published file. Its last state is held against --log-key or --tlog-policy where one is given, otherwise against the folder’s own keys, and that is said. It changes nothing.',
    'A record whose evidence was deleted without a leaf that says so (operator.override) is a finding, and so is a leaf that is dated more than 10 minutes before the one before it; by less, its time is remarked on stderr alone. A ledger may be written meanwhile: what is looked at is what it had at first, and what looks wrong is looked at twice.',
    'Of a published log (a folder with a checkpoint, or a URL): the checkpoint by --log-key or --tlog-policy, every tile and every entry.',
    'Exit code: 0 nothing is wrong, 1 something is.',
  ],
  run: async (io, args) => {
    const place = args.operand(0);
    const own = await isLedger(place);
    const findings: StoreFault[] = [];
    const read: Read = {};
    for await (const finding of withDamage(
      own ? fsckOwn(io, args, place, read) : fsckOther(io, args, place, read),
    )) {
      findings.push(finding);
      if (findings.length === MOST_FINDINGS) {
        warn(io, `stopped after ${MOST_FINDINGS} findings`);
        break;
      }
    }
    print(io, args, read, findings);
    return findings.length === 0 ? 0 : 1;
  },
};

/** Which log was read, as far as that is known: a result about nothing must not look like a good one. */
interface Read {
  origin?: string;
  size?: number;
  heldAgainst?: HeldAgainst;
}

/** What is too damaged to be read on from is a finding as well, and the last. */
async function* withDamage(findings: AsyncGenerator<StoreFault>): AsyncGenerator<StoreFault> {
  try {
    yield* findings;
  } catch (error) {
    if (!(error instanceof Fault) || (error.code !== 'malformed' && error.code !== 'conflict'))
      throw error;
    yield { at: error.at, problem: error.detail };
  }
}

async function* fsckOwn(io: Io, args: Args, dir: string, read: Read): AsyncGenerator<StoreFault> {
  const ledger = await openLedger(io, dir, 'this');
  const progress = new Progress(io);
  try {
    read.origin = ledger.identity.origin;
    const head = await ledger.store.head();
    read.size = head?.size ?? 0;
    // What the named keys say of it, whatever else is wrong; damage is the next one's to find.
    if (head) {
      try {
        read.heldAgainst = await holdHead(io, args, ledger, head);
      } catch (error) {
        if (!(error instanceof Fault) || (error.code !== 'malformed' && error.code !== 'conflict'))
          throw error;
        if (error.at.startsWith('checkpoint')) yield { at: error.at, problem: error.detail };
      }
    }
    yield* fsckStore({
      ...ledger,
      onRemark: ({ at, problem }) => warn(io, `${at}: ${problem}`),
      onProgress: ({ what, done, of }) =>
        progress.say(`${what}: ${done}${of === undefined ? '' : ` of ${of}`}`),
    });
    yield* ledger.projection.faults();
  } finally {
    await ledger.close();
  }
}

async function* fsckOther(
  io: Io,
  args: Args,
  place: string,
  read: Read,
): AsyncGenerator<StoreFault> {
  if (!isUrl(place) && !(await isThere(join(place, 'checkpoint')))) {
    const detail =
      'is neither a ledger nor a published log: it has no ledger.json and no checkpoint';
    throw new Fault('unreachable', place, (await isThere(place)) ? detail : 'is not there');
  }
  const trust = await needTrust(io, args);
  const log = await publishedLog(io, place);
  const note = await log.readCheckpoint();
  let head: { size: number; root: Uint8Array };
  try {
    const { checkpoint } = verifyCheckpoint(note, trust);
    head = { size: Number(checkpoint.size), root: checkpoint.root };
    read.heldAgainst = 'named keys';
    read.origin = checkpoint.origin;
    read.size = head.size;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    yield { at: 'checkpoint', problem: error.message };
    return;
  }
  const progress = new Progress(io);
  yield* fsckPublished(log, head, (done) => progress.say(`leaves: ${done} of ${head.size}`));
}

function print(io: Io, args: Args, read: Read, findings: readonly StoreFault[]): void {
  if (args.has('json')) {
    printJson(io, { clean: findings.length === 0, ...read, findings });
    return;
  }
  const paint = painter(io.colours);
  for (const { at, problem } of findings) {
    io.out(`${paint('red', '✗')} ${visible(at)}: ${visible(problem)}\n`);
  }
  const log =
    read.origin === undefined ? '' : `${visible(read.origin)}, ${countedLeaves(read.size ?? 0)}: `;
  const mark = findings.length === 0 ? `${paint('green', '✓')} ` : '';
  const sum =
    findings.length === 0 ? 'nothing is wrong' : counted(findings.length, 'finding', 'findings');
  io.out(`${mark}${log}${sum}\n`);
}
