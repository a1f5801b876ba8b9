import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseVerifierKey } from '../../ledger/note/verifier-key.ts';
import { parseTlogPolicy, type TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage } from '../io.ts';
import type { Args, Options } from '../verb.ts';

/** Whose word counts about a log. */
export const TRUST_OPTIONS: Options = {
  'log-key': {
    value: '<vkey|file>',
    multiple: true,
    help: 'a public key of the log, <name>+<id>+<base64>; its name is the log’s origin',
  },
  'tlog-policy': {
    value: '<file>',
    help: 'or logs, witnesses and the quorum of them that you want, as a C2SP tlog-policy',
  },
};

/**
 * The policy that the options make: any of the keys without witnesses, or the file’s.
 *
 * @returns undefined where neither is given.
 * @throws Fault `usage` for both, and for what can’t be read.
 */
export async function readTrust(io: Io, args: Args): Promise<TlogPolicy | undefined> {
  const [keys, path] = [args.many('log-key'), args.one('tlog-policy')];
  if (keys.length > 0 && path !== undefined) throw usage('want either --log-key or --tlog-policy');
  if (path !== undefined) {
    const file = await io.readFile(path);
    return asConfiguration(`--tlog-policy ${path}`, () => parseTlogPolicy(file, path));
  }
  if (keys.length === 0) return undefined;
  const logs = await Promise.all(
    keys.map(async (text) => {
      const key = text.includes('+') ? text : fromUtf8(await io.readFile(text), text).trim();
      return asConfiguration('--log-key', () => ({
        key: parseVerifierKey(key, 'vkey'),
        url: undefined,
      }));
    }),
  );
  return { logs, witnesses: [], quorum: undefined };
}

/** The same where there must be one. */
export async function needTrust(io: Io, args: Args): Promise<TlogPolicy> {
  const trust = await readTrust(io, args);
  if (trust === undefined)
    throw usage('whose log it is must come from elsewhere: --log-key or --tlog-policy');
  return trust;
}
