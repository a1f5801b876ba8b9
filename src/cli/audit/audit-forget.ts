import { durationMs } from '../../appraisal/policy/duration.ts';
import { type Io, usage } from '../io.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { counted } from './counted.ts';
import { countRecordsBefore, forgetRecords } from './forget-records.ts';
import { formatInstant } from './instants.ts';
import { type OpenLedger, openLedger, openWriter } from './open-ledger.ts';
import { publishLedger } from './publish-ledger.ts';
import { wantReason } from './reason.ts';

export const auditForgetVerb: Verb = {
  name: 'audit forget',
  summary: 'Delete what old decisions saw; the tree and all proofs stay as they are.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    'older-than': { value: '<duration>', help: 'decisions from before that: 90d, 12h, 30m or 60s' },
    reason: { value: '<text>', help: 'why, for whoever asks later; 8 to 500 characters' },
    'dry-run': { help: 'only count them; wants no reason' },
  },
  notes: [
    'Deleted are evidence, endorsements that no later decision needs, results and the salts: from then on nobody can tell which machine a leaf was about, and the decision can’t be made again. The leaf stays, and still proves that it was decided, and how; when, by the log’s own clock.',
    'The log says that it was done, up to when and why, in a leaf of its own (operator.override, forget_records). Copies in backups and exports are not reached.',
  ],
  run: async (io, args) => {
    const [age, reason] = [args.one('older-than'), args.one('reason')];
    const dry = args.has('dry-run');
    if (age === undefined) throw usage('--older-than is missing');
    if (!/^[1-9][0-9]{0,5}[smhd]$/.test(age))
      throw usage(`--older-than: want 90d, 12h, 30m or 60s, got ${JSON.stringify(age)}`);
    const why = dry ? undefined : wantReason('reason', reason);
    const ledger = await openLedger(io, args.operand(0), 'this');
    try {
      const now = io.now();
      const before = now - durationMs(age);
      const done =
        why === undefined
          ? {
              records: await countRecordsBefore(ledger.store, before),
              blobs: undefined,
            }
          : await forget(io, ledger, before, why);
      const until = formatInstant(before);
      if (args.has('json')) {
        printJson(io, {
          before: until,
          records: done.records,
          ...(done.blobs !== undefined && { blobs: done.blobs }),
          dryRun: dry,
        });
      } else {
        const decisions = `${counted(done.records, 'decision', 'decisions')} from before ${until}`;
        const blobs = counted(done.blobs ?? 0, 'blob', 'blobs');
        io.out(`${decisions} ${dry ? 'would be forgotten' : `forgotten, ${blobs} deleted`}\n`);
      }
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

async function forget(io: Io, ledger: OpenLedger, before: number, reason: string) {
  const writer = await openWriter(io, ledger);
  try {
    const done = await forgetRecords(io, ledger, writer, { before, reason });
    await publishLedger(io, ledger);
    return done;
  } finally {
    await writer.close();
  }
}
