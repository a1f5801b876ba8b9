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
const BOUND_MS = 30_000;

/** A verb in a process of its own, once stderr or stdout has what `ready` looks for. */
export async function started(argv: readonly string[], ready = SAYS_WHERE): Promise<Service> {
  const main = resolve('src/cli/main.ts');
  const child = spawn(process.execPath, ['-C', 'postern-src', main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const match = await until(child, () => ready.exec(err) ?? ready.exec(out));
  if (match === undefined) throw new Error(`did not start: ${err}`);
  return {
    url: match[1] ?? '',
    out: () => out,
    err: () => err,
    end: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), BOUND_MS);
      return ended.finally(() => clearTimeout(late));
    },
  };
}

async function until<T>(child: ChildProcess, look: () => T | null): Promise<T | undefined> {
  for (let waited = 0; waited < BOUND_MS && child.exitCode === null; waited += 50) {
    const found = look();
    if (found !== null) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  child.kill('SIGKILL');
  return look() ?? undefined;
}
