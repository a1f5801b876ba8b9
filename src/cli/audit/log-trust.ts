import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { parseVerifierKey, type VerifierKey } from '../../ledger/note/verifier-key.ts';
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
      const key = text.includes('+') ? text : await keyIn(io, text);
      return { key: keyOf(key), url: undefined };
    }),
  );
  return { logs, witnesses: [], quorum: undefined };
}

/** @throws Fault `unreachable` that says what else could stand there. */
async function keyIn(io: Io, path: string): Promise<string> {
  try {
    const file = await io.readFile(path);
    return asConfiguration('--log-key', () => fromUtf8(file, path).trim());
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'unreachable') throw error;
    const detail = `${error.detail}; --log-key wants a file or a key itself, ${LOOKS_LIKE}`;
    throw new Fault(error.code, error.at, detail, { cause: error });
  }
}

function keyOf(text: string): VerifierKey {
  try {
    return parseVerifierKey(text, 'vkey');
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw usage(`--log-key: ${error.message}; a verifier key is ${LOOKS_LIKE}`);
  }
}

const LOOKS_LIKE = '<name>+<8 hex digits>+<base64>, e.g. example.org/log+c0ffee42+AXd0…';

/** The same where there must be one. */
export async function needTrust(io: Io, args: Args): Promise<TlogPolicy> {
  const trust = await readTrust(io, args);
  if (trust === undefined)
    throw usage('whose log it is must come from elsewhere: --log-key or --tlog-policy');
  return trust;
}
