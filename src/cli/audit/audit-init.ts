import { usage } from '../io.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { isLedger, LAYOUT } from './ledger-folder.ts';
import { wantNameOption } from './note-keys.ts';
import { createLedger, openLedger } from './open-ledger.ts';
import { publishLedger } from './publish-ledger.ts';
import { vkeysOf } from './verifier-keys.ts';

export const auditInitVerb: Verb = {
  name: 'audit init',
  summary: 'Make a ledger: a folder with keys, a database and the published files of a log.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    origin: {
      value: '<name>',
      help: 'the log’s name for ever: unique, a URL without https://, e.g. example.org/postern',
    },
  },
  notes: [
    'The log signs with Ed25519 and, in a second line, ML-DSA-44. The folder’s keys are readable by you alone: who has keys/log.key can write another history, who has keys/archive.key can read what decisions saw. Keep copies of both elsewhere.',
    'With DATABASE_URL set (postgres://…) the database is in PostgreSQL, and DATABASE_URL is needed from then on; it is never written down. Otherwise it is a file of SQLite in the folder.',
    `A C2SP tlog-policy in the folder, named ${LAYOUT.witnesses}, says which witnesses are asked before anything is signed, at each start of what writes: one that saw more of the log than is here, or another log, closes the ledger until audit resume. One that does not answer within 3 seconds is told on stderr and does not hold up the decision.`,
    'Hand out the line that is printed, the log’s Ed25519 key: whoever has it can verify the log, and needs to trust nobody who serves it. postern audit info tells it again, with the longer ML-DSA-44 key, which does as well.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const origin = args.one('origin');
    if (origin === undefined) throw usage('--origin is missing: a log’s name is for ever');
    const database = io.env('DATABASE_URL') === undefined ? 'sqlite' : 'postgres';
    if (await isLedger(dir)) throw usage(`${dir}: there is a ledger already`);
    wantNameOption('--origin', origin);
    await createLedger(io, { dir, origin, database });
    const ledger = await openLedger(io, dir, 'this');
    try {
      await publishLedger(io, ledger);
      const keys = vkeysOf(ledger.identity);
      if (args.has('json')) printJson(io, { origin, database, keys });
      else io.out(`${keys[0]}\n`);
      return 0;
    } finally {
      await ledger.close();
    }
  },
};
