import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Fault } from '../../core/fault.ts';
import { usage } from '../io.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface SshEnded {
  /** As a shell tells it: 128 and the signal's number where one ended it. */
  readonly code: number;
  /** The last of what it said on standard error. */
  readonly lastWords: string;
}

/** An ssh that runs before its user. */
export interface RunningSsh {
  readonly ended: Promise<SshEnded>;
  /** By SIGTERM, so that it puts the terminal right; by force where it stays. */
  readonly end: () => void;
}

export interface PrivateFolder {
  readonly path: string;
  /** Another file in it. */
  readonly write: (name: string, text: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** What the ssh verbs need of the machine that they run on. */
export interface SshSystem {
  /** Runs a program to its end, with nothing to read. @throws Fault `unreachable` at its name. */
  readonly capture: (program: string, argv: readonly string[]) => Promise<Said>;
  /** Runs it on the terminal, or whatever is in its place. */
  readonly start: (program: string, argv: readonly string[]) => RunningSsh;
  /** A folder that only its owner may enter, with these files. */
  readonly folder: (files: Readonly<Record<string, string>>) => Promise<PrivateFolder>;
  /** @returns sooner where the signal says so. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds between looks at a machine that somebody is connected to. */
  readonly watchEvery: number;
}

/** Where ssh's own input comes from, and where what it says goes. */
export interface SshStreams {
  readonly input: 'inherit' | 'ignore';
  /** Left out: straight to standard output. */
  readonly out?: (bytes: Uint8Array) => void;
  readonly err: (bytes: Uint8Array) => void;
}

/** What is kept of standard error, in bytes: enough for the sentence that ssh ends with. */
const LAST_WORDS = 8192;
const LARGEST_SAID = 1024 * 1024;
/** How soon a machine that was put out is noticed, in milliseconds. */
const WATCH_EVERY = 30_000;
/** Until a program that was told to end is ended, in milliseconds. */
const GRACE = 5000;

export function sshSystem(streams: SshStreams): SshSystem {
  return {
    capture,
    start: (program, argv) => start(program, argv, streams),
    folder: privateFolder,
    pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
    watchEvery: WATCH_EVERY,
  };
}

export const terminalSystem: SshSystem = sshSystem({
  input: 'inherit',
  err: (bytes) => process.stderr.write(bytes),
});

function capture(program: string, argv: readonly string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out.length < LARGEST_SAID) out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (err.length < LARGEST_SAID) err += text;
    });
    child.on('error', (cause) => reject(notRun(program, cause)));
    child.on('close', (code, signal) => resolve({ code: exitOf(code, signal), out, err }));
  });
}

/** Ours to pass on where they were sent to us alone. */
const PASSED_ON = ['SIGTERM', 'SIGHUP'] as const;

function start(program: string, argv: readonly string[], streams: SshStreams): RunningSsh {
  const { input, out, err } = streams;
  const child = spawn(program, argv, { stdio: [input, out ? 'pipe' : 'inherit', 'pipe'] });
  let lastWords = Buffer.alloc(0);
  child.stdout?.on('data', (bytes: Uint8Array) => out?.(bytes));
  child.stderr?.on('data', (bytes: Uint8Array) => {
    lastWords = Buffer.concat([lastWords, bytes]).subarray(-LAST_WORDS);
    err(bytes);
  });
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  // A terminal sends it to both, and it is ssh's to heed.
  const heedNot = () => undefined;
  for (const name of PASSED_ON) process.on(name, passOn);
  process.on('SIGINT', heedNot);
  const ended = new Promise<SshEnded>((resolve, reject) => {
    child.on('error', (cause) => reject(notRun(program, cause)));
    child.on('close', (code, signal) =>
      resolve({ code: exitOf(code, signal), lastWords: lastWords.toString('utf8') }),
    );
  }).finally(() => {
    for (const name of PASSED_ON) process.off(name, passOn);
    process.off('SIGINT', heedNot);
  });
  return {
    ended,
    end: () => {
      child.kill('SIGTERM');
      const force = globalThis.setTimeout(() => child.kill('SIGKILL'), GRACE);
      child.once('close', () => clearTimeout(force));
    },
  };
}

/** Of paths that ssh neither splits nor expands. */
const PLAIN_PATH = /^[A-Za-z0-9/._+-]+$/;

async function privateFolder(files: Readonly<Record<string, string>>): Promise<PrivateFolder> {
  const path = await mkdtemp(join(tmpdir(), 'postern-ssh-'));
  const remove = () => rm(path, { recursive: true, force: true });
  const write = (name: string, text: string) =>
    writeFile(join(path, name), text, { mode: 0o600, flag: 'wx' });
  try {
    if (!PLAIN_PATH.test(path)) {
      throw usage(`ssh would read ${path} as something else: set TMPDIR to a plain path`);
    }
    await chmod(path, 0o700);
    for (const [name, text] of Object.entries(files)) {
      await write(name, text);
    }
    return { path, write, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0);
}

function notRun(program: string, cause: Error): Fault {
  const reason = 'code' in cause ? String(cause.code) : cause.message;
  return new Fault('unreachable', program, `can’t be run (${reason})`, { cause });
}
