import { mkdir } from 'node:fs/promises';
import { writeVerifierKey } from '../../ledger/note/verifier-key.ts';
import { asConfiguration } from '../configuration.ts';
import { usage } from '../io.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { createLedgerFolder, readIdentity } from './ledger-folder.ts';
import { openLedger, openWriter } from './open-ledger.ts';

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
    'Hand out the two lines that are printed: whoever has one of them can verify the log, and needs to trust nobody who serves it.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const origin = args.one('origin');
    if (origin === undefined) throw usage('--origin is missing: a log’s name is for ever');
    const database = io.env('DATABASE_URL') === undefined ? 'sqlite' : 'postgres';
    await mkdir(dir, { recursive: true });
    const folder = await asConfigurationAsync('--origin', () =>
      createLedgerFolder(io, dir, { origin, database }),
    );
    const ledger = await openLedger(io, dir);
    try {
      await (await openWriter(io, ledger)).close();
      await ledger.projection.publish();
      const keys = (await readIdentity(folder)).keys.map(writeVerifierKey);
      if (args.has('json')) printJson(io, { origin, database, keys });
      else io.out(`${keys.join('\n')}\n`);
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

async function asConfigurationAsync<T>(option: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    return asConfiguration(option, () => {
      throw error;
    });
  }
}
