import { sha256 } from '#crypto';
import { knownHostsLines, shownFingerprint } from '../../client/ssh/known-hosts.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { parseSshPublicKey, sshKeyLine } from '../../core/ssh/public-key.ts';
import { telling } from '../client/client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS, clientFiles } from '../client/client-options.ts';
import { stateFolder } from '../client/state-folder.ts';
import { EXIT, type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { type AskingProcess, askingProcess, lookAtProcess } from './asking-process.ts';
import { terminalSystem } from './system.ts';
import { ASKED_WITHIN, type CachedVerdict, cacheKey, VerdictCache } from './verdict-cache.ts';
import type { HostWanted } from './verdict-on.ts';
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

/** What verifies is loaded only where nothing is known: ssh asks three times for one connection. */
async function knownHosts(
  io: Io,
  args: Args,
  asking: () => Promise<AskingProcess | undefined>,
): Promise<number> {
  const host = args.operand(1);
  const offered = readOffered(args);
  const window = readWindow(args);
  const pool = args.one('pool');
  if (pool === undefined) throw usage('of which pool: --pool');
  const files = await readFiles(io, clientFiles(args));
  const terms = termsOf(args, files);
  const cache = await openCache(io, args);
  const by = await asking();
  const own = by && cacheKey('connection', String(by.pid), by.start, host, terms);
  const next = cacheKey('window', host, terms);
  const ofThis = own === undefined ? undefined : await cache?.get(own);
  const kept = ofThis ?? within(window, io.now(), await cache?.get(next));
  const verdict =
    kept ?? (await verified(io, args, files, { pool, wanted: args.one('node') ?? host }));
  const keep = async (key: string, what: CachedVerdict) => {
    const why = await cache?.set(key, what);
    if (why !== undefined) warn(io, `the verdict is not kept: ${why}`);
  };
  if (own !== undefined && ofThis === undefined) {
    await keep(own, { ...verdict, until: Math.min(verdict.until, io.now() + ASKED_WITHIN) });
  }
  if (kept === undefined && window > 0 && !('refused' in verdict)) {
    await keep(next, { ...verdict, until: Math.min(verdict.until, verdict.at + window) });
  }
  return answer(io, args, { host, offered, verdict });
}

/** Somebody else's window may have been longer. */
function within(
  window: number,
  now: number,
  verdict: CachedVerdict | undefined,
): CachedVerdict | undefined {
  return verdict !== undefined && now < verdict.at + window ? verdict : undefined;
}

type Files = ReadonlyMap<string, Uint8Array>;

async function readFiles(io: Io, paths: readonly string[]): Promise<Files> {
  const read = paths.map(async (path) => [path, await io.readFile(path)] as const);
  return new Map(await Promise.all(read));
}

/** One text of all that decides a verdict. */
function termsOf(args: Args, files: Files): string {
  const given = [...Object.keys(CLIENT_OPTIONS), 'node']
    .filter((name) => args.has(name))
    .map((name) => [name, ...args.many(name)]);
  const said = [...files].map(([path, bytes]) => `${path} ${toHex(sha256(bytes))}`);
  return JSON.stringify([given, said.toSorted()]);
}

/** By the very bytes that it will be remembered under. */
async function verified(
  io: Io,
  args: Args,
  files: Files,
  host: HostWanted,
): Promise<CachedVerdict> {
  const { verdictOn } = await import('./verdict-on.ts');
  const readFile = async (path: string) => {
    const bytes = files.get(path);
    if (bytes === undefined) throw new Fault('internal', path, 'was not read before');
    return bytes;
  };
  return verdictOn({ ...io, readFile }, args, host);
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

export const knownHostsVerb = knownHostsVerbOf(() =>
  askingProcess(process.ppid, lookAtProcess(terminalSystem)),
);
