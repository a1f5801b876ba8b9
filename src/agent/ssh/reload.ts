import { execFile } from 'node:child_process';
import { Fault } from '../../core/fault.ts';

const WITHIN = 30_000;
/** In bytes, of what it says, which goes nowhere. */
const MOST_OUTPUT = 64 * 1024;

/**
 * Has sshd read its configuration again, by a program and its arguments; no shell reads them.
 *
 * @throws Fault `unreachable` where it fails or takes longer than 30 seconds.
 */
export function reload([program = '', ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: WITHIN, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT } as const;
    execFile(program, args, options, (cause) => {
      if (cause === null) resolve();
      else reject(new Fault('unreachable', 'ssh.reload', `${program} failed`, { cause }));
    });
  });
}
