import { sha256 } from '#crypto';
import { PosternError } from '../../client/errors.ts';
import { openMachines } from '../../client/open-machines.ts';
import { findMachine } from '../../client/ssh/find-machine.ts';
import { knownHostsLines, shownFingerprint } from '../../client/ssh/known-hosts.ts';
import type { VerifiedMachine } from '../../client/verifying.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { FAULTS, Fault } from '../../core/fault.ts';
import { parseSshPublicKey, sshKeyLine } from '../../core/ssh/public-key.ts';
import { exitOf, telling } from '../client/client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS, readClient, stateFolder } from '../client/client-options.ts';
import { EXIT, type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { type AskingProcess, askingProcess, lookAtProcess } from './asking-process.ts';
import { terminalSystem } from './system.ts';
import { type CachedVerdict, cacheKey, REFUSED_FOR, VerdictCache } from './verdict-cache.ts';
import { readWindow, WINDOW_OPTION } from './window.ts';

export function knownHostsVerbOf(asking: () => Promise<AskingProcess | undefined>): Verb {
  return {
    name: 'known-hosts',
    summary: 'Say ssh the host key of a machine that was verified here (KnownHostsCommand).',
    operands: '<%I> <%H> <%t> <%K> <%f>',
    arity: { min: 5, max: 5 },
    options: {
      ...CLIENT_OPTIONS,
      node: { value: '<node>', help: 'whose key: a node’s id or name; by %H unless said' },
      ...WINDOW_OPTION,
      cache: { value: '<dir>', help: 'where verdicts are kept; in your state folder by default' },
    },
    notes: [
      'For ssh_config: KnownHostsCommand postern known-hosts --gateway … %I %H %t %K %f, in OpenSSH 8.5 or newer. postern ssh-config writes all of it, with the options that leave ssh nothing else to ask.',
      'One verification, with a fresh nonce, serves one connection however often ssh asks for it, and, for as long as --window says, the next ones to the same host under the same options. Nothing is taken for longer than the verification itself holds. A refusal is remembered for its connection alone.',
      'A host key that was stolen is not told apart: postern ssh does, by the session itself.',
      ...CLIENT_NOTES,
    ],
    run: (io, args) => telling(io, args, () => knownHosts(io, args, asking)),
  };
}

async function knownHosts(
  io: Io,
  args: Args,
  asking: () => Promise<AskingProcess | undefined>,
): Promise<number> {
  const host = args.operand(1);
  const offered = readOffered(args);
  const window = readWindow(args);
  const { read, under } = remembering(io, args);
  const options = await readClient(read, args);
  const { pool } = options;
  if (pool === undefined) throw usage('of which pool: --pool');
  const terms = under();
  const cache = await openCache(io, args);
  const by = await asking();
  const own = by && cacheKey('connection', String(by.pid), by.start, host, terms);
  const next = cacheKey('window', host, terms);
  const ofThis = own === undefined ? undefined : await cache?.get(own);
  const kept = ofThis ?? (window > 0 ? await cache?.get(next) : undefined);
  const wanted = args.one('node') ?? host;
  const verdict =
    kept ??
    (await verified(io, async () => findMachine(await openMachines(options), { pool, wanted })));
  const keep = async (key: string, what: CachedVerdict) => {
    const why = await cache?.set(key, what);
    if (why !== undefined) warn(io, `the verdict is not kept: ${why}`);
  };
  if (own !== undefined && ofThis === undefined) await keep(own, verdict);
  if (kept === undefined && window > 0 && !('refused' in verdict)) {
    await keep(next, { ...verdict, until: Math.min(verdict.until, verdict.at + window) });
  }
  return answer(io, args, { host, offered, verdict });
}

/** Undefined, and said, where there is no room for one: each question is a verification then. */
async function openCache(io: Io, args: Args): Promise<VerdictCache | undefined> {
  try {
    return await VerdictCache.open(args.one('cache') ?? stateFolder(io, 'ssh'), io.now);
  } catch (error) {
    if (error instanceof Fault) throw error;
    warn(io, `no verdict is kept: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Of one verification, what is kept of it: also that it came to nothing. */
async function verified(io: Io, find: () => Promise<VerifiedMachine>): Promise<CachedVerdict> {
  const at = io.now();
  try {
    const { node, sshHostKeys, until } = await find();
    return { node, keys: sshHostKeys.map(sshKeyLine), at, until };
  } catch (error) {
    const until = at + REFUSED_FOR;
    if (error instanceof PosternError) {
      return { refused: error.message, exit: exitOf(error), at, until };
    }
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { refused: error.message, exit: FAULTS[error.code].exit, at, until };
  }
}

interface Question {
  readonly host: string;
  /** `<algorithm> <base64>` of the key that the server shows; undefined before it has shown one. */
  readonly offered: string | undefined;
  readonly verdict: CachedVerdict;
}

function answer(io: Io, args: Args, { host, offered, verdict }: Question): number {
  if ('refused' in verdict) {
    warn(io, verdict.refused);
    if (args.has('json')) printJson(io, { host, error: { detail: verdict.refused } });
    return verdict.exit;
  }
  const { node, until } = verdict;
  const keys = verdict.keys.map((line) => parseSshPublicKey(line, 'verdict.keys'));
  const wanted = keys.filter((key) => offered === undefined || sshKeyLine(key) === offered);
  if (wanted.length === 0 && offered !== undefined) {
    const shows = shownFingerprint(parseSshPublicKey(offered, 'key'));
    const has = keys.map(shownFingerprint).join(' and ');
    warn(
      io,
      `the machine at ${host} is not ${node}, which was verified: it shows ${shows}, and not ${has}. Somebody redirects this address, or the gateway names a wrong one`,
    );
    return EXIT.reject;
  }
  const lines = knownHostsLines(host, wanted);
  if (args.has('json')) printJson(io, { host, node, until: new Date(until).toISOString(), lines });
  else io.out(lines);
  return 0;
}

/** ssh says `NONE` for what it does not know yet. */
function readOffered(args: Args): string | undefined {
  const [type, key] = [args.operand(2), args.operand(3)];
  if (key === 'NONE' || key === '') return undefined;
  const { algorithm, blob } = parseSshPublicKey(`${type} ${key}`, 'key');
  return sshKeyLine({ algorithm, blob });
}

/** Reads what the options name, and comes to one text of all that decides a verdict. */
function remembering(io: Io, args: Args) {
  const files: string[] = [];
  const read: Io = {
    ...io,
    readFile: async (path) => {
      const bytes = await io.readFile(path);
      files.push(`${path} ${toHex(sha256(bytes))}`);
      return bytes;
    },
  };
  const given = [...Object.keys(CLIENT_OPTIONS), 'node']
    .filter((name) => args.has(name))
    .map((name) => [name, ...args.many(name)]);
  return { read, under: () => JSON.stringify([given, files.toSorted()]) };
}

export const knownHostsVerb = knownHostsVerbOf(() =>
  askingProcess(process.ppid, lookAtProcess(terminalSystem)),
);
