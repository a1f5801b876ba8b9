import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Starts a script of this folder, with its task as JSON, in a process of its own.
 *
 * @param onLine is given each line that it prints, at once.
 */
export function startChild(
  script: URL,
  task: unknown,
  onLine: (line: string) => void,
): { readonly child: ChildProcess; readonly ended: Promise<Ending> } {
  const child = spawn(
    process.execPath,
    ['-C', 'postern-src', fileURLToPath(script), JSON.stringify(task)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    errors,
  }));
  return { child, ended };
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it printed on stderr. */
  readonly errors: string;
}
