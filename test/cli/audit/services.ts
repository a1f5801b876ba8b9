import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Service {
  readonly url: string;
  /** What it says on stderr until now. */
  readonly err: () => string;
  readonly out: () => string;
  /** Tells it to end, as a service manager does. @returns its exit code, null where a signal killed it. */
  readonly end: () => Promise<number | null>;
}

const SAYS_WHERE = / at (http:\/\/127\.0\.0\.1:\d+)\n/;
/** For what takes a moment on an idle machine. */
export const PATIENCE = 120_000;

/** A verb in a process of its own, once stderr or stdout has what `ready` looks for. */
export async function started(argv: readonly string[], ready = SAYS_WHERE): Promise<Service> {
  const main = resolve('src/cli/main.ts');
  const child = spawn(process.execPath, ['-C', 'postern-src', main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const match = await startOf(child, () => ready.exec(err) ?? ready.exec(out));
  if (match === undefined) throw new Error(`did not start: ${err}`);
  return {
    url: match[1] ?? '',
    out: () => out,
    err: () => err,
    end: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      return ended.finally(() => clearTimeout(late));
    },
  };
}

async function startOf<T>(child: ChildProcess, look: () => T | null): Promise<T | undefined> {
  await until(() => look() !== null || child.exitCode !== null);
  const found = look() ?? undefined;
  if (found === undefined) child.kill('SIGKILL');
  return found;
}

/** Waits for a condition, and no longer than {@link PATIENCE}. @returns whether it came. */
export async function until(met: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE && !met(); waited += 50) {
    await new Promise((done) => setTimeout(done, 50));
  }
  return met();
}
