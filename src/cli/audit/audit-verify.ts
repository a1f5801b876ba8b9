import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { FAULTS, Fault } from '../../core/fault.ts';
import { parseSignedCheckpoint } from '../../ledger/note/checkpoint.ts';
import { parseTlogProof, TLOG_PROOF_HEADER } from '../../ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../../ledger/proof/verify-proof.ts';
import { type OpenedExport, parseExport } from '../../ledger/record/export.ts';
import { Replayer } from '../../ledger/record/replay.ts';
import type { Judgement } from '../../ledger/trust/judge.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { EXIT, type Io, usage, warn } from '../io.ts';
import { packageVersion } from '../package-version.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { countedLeaves, exactCount } from './counted.ts';
import { cosignedText, formatInstant } from './instants.ts';
import { needTrust, TRUST_OPTIONS } from './log-trust.ts';
import { compare } from './replay-run.ts';

export const auditVerifyVerb: Verb = {
  name: 'audit verify',
  summary: 'Hold a proof, or a decision that was exported, against a log’s key, offline.',
  operands: '<proof|export>',
  arity: { min: 1, max: 1 },
  options: {
    ...TRUST_OPTIONS,
    entry: {
      value: '<file>',
      help: 'the leaf’s exact bytes; of a proof only, since an export has them',
    },
  },
  notes: [
    'Of an export the proof is verified, the record is held against its leaf, and the decision is made again at its own time from what it saw: nothing of whoever wrote the file has to be trusted but the key that you name.',
    'The key must come from elsewhere than the file. With --tlog-policy a quorum of witnesses has to have seen the checkpoint: without, the log could have shown it to you alone.',
    'With --json, holds says whether all of it does, and verdict is the decision’s own only then: otherwise it is reject, or indeterminate.',
    'Exit code: 0 all of it holds, 1 something does not, 2 the decision can’t be made again by this release.',
  ],
  run: async (io, args) => {
    const trust = await needTrust(io, args);
    const file = await io.readFile(args.operand(0));
    if (isProof(file)) return orInvalid(io, args, () => verifyProof(io, args, trust, file));
    if (args.has('entry')) throw usage('--entry is about a proof: an export has its leaf');
    return orInvalid(io, args, async () => {
      wantExport(file, args.operand(0));
      return verifyExport(io, args, trust, parseExport(file));
    });
  },
};

/** What is wrong with a proof or an export is an answer about it. */
async function orInvalid(io: Io, args: Args, act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || FAULTS[error.code].exit !== EXIT.reject) throw error;
    const { at, detail, message } = error;
    if (args.has('json')) printJson(io, { verdict: 'reject', at, because: detail });
    else io.out(`${painter(io.colours)('red', '✗')} ${visible(message)}\n`);
    return EXIT.reject;
  }
}

function isProof(file: Uint8Array): boolean {
  const start = utf8(TLOG_PROOF_HEADER.slice(0, TLOG_PROOF_HEADER.indexOf('@')));
  return start.every((byte, i) => file[i] === byte);
}

/** @throws Fault `malformed` that names what is read here, for a file that starts like none of it. */
function wantExport(file: Uint8Array, path: string): void {
  const first = file.find((byte) => !SPACE.has(byte));
  if (first === 0x7b && !isOtherJson(file)) return;
  const what = isCheckpoint(file)
    ? 'is a checkpoint by itself, which proves no leaf (audit fsck and audit watch verify those)'
    : 'is nothing that is verified here';
  throw new Fault(
    'malformed',
    path,
    `${what}; want a proof, whose first line is ${TLOG_PROOF_HEADER}, or an export of a decision, which is JSON (audit prove and audit export make them)`,
  );
}

/** What is broken is the export's reader to judge. */
function isOtherJson(file: Uint8Array): boolean {
  try {
    const shape = new JsonShape(parseJson(fromUtf8(file, 'file'), 'file').value, 'file');
    return !['leaf', 'manifest', 'proof'].some((member) => shape.has(member));
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return false;
    throw error;
  }
}

const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

function isCheckpoint(file: Uint8Array): boolean {
  try {
    parseSignedCheckpoint(file);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return false;
    throw error;
  }
}

async function verifyProof(
  io: Io,
  args: Args,
  trust: TlogPolicy,
  file: Uint8Array,
): Promise<number> {
  const path = args.one('entry');
  if (path === undefined) throw usage('--entry is missing: what is proven to be in the log?');
  const proof = parseTlogProof(file);
  const judgement = verifyTlogProof(proof, await io.readFile(path), trust);
  const facts = { index: exactCount(proof.index), ...logFacts(judgement) };
  if (args.has('json')) printJson(io, { verdict: 'accept', ...facts });
  else {
    io.out(`✓ leaf ${proof.index} of ${visible(judgement.checkpoint.origin)}\n`);
    printLog(io, judgement);
  }
  return 0;
}

async function verifyExport(
  io: Io,
  args: Args,
  trust: TlogPolicy,
  opened: OpenedExport,
): Promise<number> {
  const { leaf, record, blobOf, entry, index } = opened;
  const proof = parseTlogProof(utf8(opened.proof), 'export.proof');
  const judgement = verifyTlogProof(proof, entry, trust, 'export.proof');
  if (proof.index !== BigInt(index)) {
    throw new Fault('malformed', 'export.index', `is ${index}, and the proof is of ${proof.index}`);
  }
  const replayer = new Replayer({ engine: `postern/${await packageVersion()}` });
  const replay = compare(leaf, record, blobOf, replayer);
  const { verdict, codes, policy, id, time, engine } = leaf;
  const exit = { same: 0, different: 1, 'not-replayable': 2 }[replay.outcome];
  if (args.has('json')) {
    printJson(io, {
      // Whoever reads a verdict admits by it: it is the decision’s own, if that holds.
      verdict: exit === 0 ? verdict : exit === 1 ? 'reject' : 'indeterminate',
      holds: exit === 0 ? true : exit === 1 ? false : null,
      decision: {
        id,
        time: formatInstant(time),
        at: formatInstant(leaf.at),
        engine,
        verdict,
        codes,
        policy,
      },
      subject: record.subject,
      replay,
      index,
      ...logFacts(judgement),
    });
    return exit;
  }
  const by = policy
    ? `by ${policy.name} revision ${policy.revision} (${policy.digest})`
    : 'by the baseline';
  io.out(`✓ leaf ${index} of ${visible(judgement.checkpoint.origin)}, decision ${id}\n`);
  printLog(io, judgement);
  io.out(`  decided for ${formatInstant(leaf.at)}, ${visible(engine)}, ${visible(by)}\n`);
  for (const { kind, id: hardware } of record.subject)
    io.out(`  about ${kind} ${visible(hardware)}\n`);
  if (codes.length > 0) io.out(`  ${codes.join(', ')}\n`);
  const paint = painter(io.colours);
  const because = replay.because === undefined ? '' : `: ${visible(replay.because)}`;
  const words = {
    same: paint('green', `✓ made again, and the same${because}`),
    different: paint('red', `✗ made again, and different${because}`),
    'not-replayable': paint('yellow', `? not replayable${because}`),
  };
  const says = exit === 0 ? 'the decision was' : 'not confirmed; the log says';
  io.out(`${words[replay.outcome]}\n\n${says} ${verdict.toUpperCase()}\n`);
  if (replay.otherTime !== undefined) io.out(paint('yellow', `Note: ${replay.otherTime}.\n`));
  const { anchors = 'vendor' } = replay;
  if (anchors !== 'vendor') {
    io.out(paint('yellow', `Made under a ${anchors} root: no vendor vouches for this.\n`));
  }
  return exit;
}

function logFacts({ checkpoint, witnesses }: Judgement) {
  return {
    log: { origin: checkpoint.origin, size: exactCount(checkpoint.size) },
    witnesses: witnesses.map(({ witness, time }) => ({
      name: witness.name,
      at: cosignedText(time) ?? null,
    })),
  };
}

function printLog(io: Io, { checkpoint, witnesses }: Judgement): void {
  const seen = witnesses.map(({ witness: { name }, time }) => {
    const at = cosignedText(time);
    return at === undefined ? name : `${name} at ${at}`;
  });
  io.out(
    `  under a checkpoint of ${countedLeaves(checkpoint.size)}, ${visible(seen.length === 0 ? 'seen by no witness' : `seen by ${seen.join(', ')}`)}\n`,
  );
  if (seen.length === 0)
    warn(io, 'no witness: the log could have shown this checkpoint to you alone');
}
