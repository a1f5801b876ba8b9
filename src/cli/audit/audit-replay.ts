import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import type { LogHead, StoredLeaf } from '../../ledger/store.ts';
import { StoreTiles } from '../../ledger/store-tiles.ts';
import { AuthenticatedTiles } from '../../ledger/tiles/authenticated-tiles.ts';
import { readWholeNumber } from '../input.ts';
import { EXIT, type Io, usage, warn } from '../io.ts';
import { packageVersion } from '../package-version.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { counted, countedLeaves } from './counted.ts';
import { type HeldAgainst, holdHead } from './head-trust.ts';
import { TRUST_OPTIONS } from './log-trust.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';
import { Progress } from './progress.ts';
import { type Replayed, ReplayRun } from './replay-run.ts';
import { decisionNamed, leafNamed } from './which.ts';

const AT_ONCE = 256;
const MOST_NAMED = 10_000;

export const auditReplayVerb: Verb = {
  name: 'audit replay',
  summary: 'Make recorded decisions again, each at its own time from what it saw, and compare.',
  operands: '<dir> [<id|index>…]',
  arity: { min: 1, max: MOST_NAMED },
  options: {
    ...TRUST_OPTIONS,
    from: { value: '<index>', help: 'of all decisions, those from this leaf on' },
    to: { value: '<index>', help: 'and before this one' },
  },
  notes: [
    'Each leaf is held against the log’s signed root, the leaf against its record, and the record is verified and decided anew: its own evidence, endorsements, anchors and policy, at its own time, with no network. Verdict, codes and the whole result have to come out the same, byte by byte.',
    'Of a signed policy it is asked again who signed it, whether it was revoked and that it follows on the revision before, where one was given: with the keyring, the revocations and at the instant of the record. That these were the right ones is for you to know.',
    'A result token that was recorded is held against the decision, claim by claim. Its signature, who issued it, when, for whom and about whom, the name of its build and the value of its nonce are its issuer’s own and are not compared; that it ends no later than what the decision rests on is.',
    'A decision is not replayable when what it saw was deleted by a retention rule, or when another release of Postern made it and this one comes to something else; each is said.',
    'The signed root is the folder’s last, which is held against --log-key or --tlog-policy; without, against the folder’s own keys, and that is said. Origin, size and root that it went by are printed.',
    'Exit code: 0 all came out the same, 1 one did not or the root is not by that key, 2 one could not be made again, or there was none to make: nothing is no pass.',
  ],
  run: async (io, args) => {
    const ledger = await openLedger(io, args.operand(0), 'own');
    try {
      const { head, tiles, heldAgainst } = await signedState(io, args, ledger);
      const run = new ReplayRun(ledger.store, tiles, `postern/${await packageVersion()}`);
      const results: Replayed[] = [];
      const progress = new Progress(io);
      for await (const replayed of run.replay(leavesOf(ledger, args, tiles.size))) {
        if ('entry' in replayed) {
          if (args.operands.length > 1) decisionNamed(replayed.index, replayed.entry);
          continue;
        }
        results.push(replayed);
        progress.say(
          `${results.length} decisions made again, leaf ${replayed.index} of ${tiles.size}`,
        );
      }
      if (results.length === 0) warn(io, 'there was no decision to make again');
      print(io, args, results, { origin: ledger.identity.origin, ...head, heldAgainst });
      return exitOf(results);
    } finally {
      await ledger.close();
    }
  },
};

/** Of the last state that the ledger signed itself, under the keys that count. */
async function signedState(io: Io, args: Args, ledger: OpenLedger) {
  const { store } = ledger;
  const head = await store.head();
  if (head === undefined) throw new Fault('malformed', 'head', 'nothing was ever signed');
  const heldAgainst = await holdHead(io, args, ledger, head);
  return { head, heldAgainst, tiles: await AuthenticatedTiles.open(new StoreTiles(store), head) };
}

/** What the leaves were held against. */
interface Under extends Pick<LogHead, 'size' | 'root'> {
  readonly origin: string;
  readonly heldAgainst: HeldAgainst;
}

async function* leavesOf(
  { store }: OpenLedger,
  args: Args,
  size: number,
): AsyncGenerator<StoredLeaf> {
  const names = args.operands.slice(1);
  const [from, to] = [readWholeNumber(args, 'from') ?? 0, readWholeNumber(args, 'to') ?? size];
  if (names.length > 0) {
    if (args.has('from') || args.has('to'))
      throw usage('want either decisions by name or --from and --to');
    for (const name of new Set(names)) yield await leafNamed(store, name);
    return;
  }
  if (from >= to && args.has('to')) throw usage(`--from ${from} is not before --to ${to}`);
  if (from > size) throw usage(`--from ${from}: there are only ${countedLeaves(size)}`);
  const end = Math.min(size, to);
  for (let at = from; at < end; at += AT_ONCE) {
    yield* await store.leaves(at, Math.min(end, at + AT_ONCE));
  }
}

function print(io: Io, args: Args, results: readonly Replayed[], under: Under): void {
  const of = (outcome: Replayed['outcome']) => results.filter((one) => one.outcome === outcome);
  const counts = {
    replayed: results.length,
    same: of('same').length,
    different: of('different').length,
    notReplayable: of('not-replayable').length,
    /** Right for an instant that is not the one at which the log has them. */
    forOtherTimes: results.filter(({ otherTime }) => otherTime !== undefined).length,
    /** Nobody but a vendor vouches for these. */
    underOtherRoots: results.filter(({ anchors = 'vendor' }) => anchors !== 'vendor').length,
  };
  const telling = results.filter(({ because }) => because !== undefined);
  if (args.has('json')) {
    const { origin, size, heldAgainst } = under;
    const log = { origin, size, root: toHex(under.root), heldAgainst };
    printJson(io, { ...counts, log, decisions: args.operands.length > 1 ? results : telling });
    return;
  }
  const paint = painter(io.colours);
  const marks = {
    same: paint('green', '✓'),
    different: paint('red', '✗'),
    'not-replayable': paint('yellow', '?'),
  };
  for (const { outcome, index, id, because = 'came out the same' } of args.operands.length > 1
    ? results
    : telling) {
    const word = outcome === 'not-replayable' ? 'not replayable: ' : '';
    io.out(`${marks[outcome]} leaf ${index}  ${id}  ${word}${visible(because)}\n`);
  }
  io.out(
    `${counted(counts.replayed, 'decision', 'decisions')}: ${counts.same} the same, ${counts.different} different, ${counts.notReplayable} not replayable\n`,
  );
  io.out(
    `under ${visible(under.origin)}, ${countedLeaves(under.size)}, root ${toHex(under.root)}, by ${under.heldAgainst}\n`,
  );
  if (counts.forOtherTimes > 0) {
    io.out(
      paint(
        'yellow',
        `${counts.forOtherTimes} of them were decided for another time than the log has them at\n`,
      ),
    );
  }
  if (counts.underOtherRoots > 0) {
    io.out(
      paint(
        'yellow',
        `${counts.underOtherRoots} under roots that are no vendor’s: nobody but who named these roots vouches for them\n`,
      ),
    );
  }
}

/** Of nothing nothing was confirmed. */
function exitOf(results: readonly Replayed[]): number {
  if (results.length === 0) return EXIT.indeterminate;
  if (results.some(({ outcome }) => outcome === 'different')) return 1;
  return results.some(({ outcome }) => outcome === 'not-replayable') ? 2 : 0;
}
