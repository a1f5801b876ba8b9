import { spawn } from 'node:child_process';
import { BUNDLE_LIMITS } from '../../appraisal/bundle/format.ts';
import { Fault } from '../../core/fault.ts';

/** What evidence is made for. */
export interface Challenge {
  /** 64 lower-case hex digits. */
  readonly nonce: string;
  readonly purpose: string;
}

/**
 * Runs the command that makes a bundle, in a shell: the challenge is in its environment, the
 * bundle on its standard output, and what it says on ours.
 *
 * @param within milliseconds: after them the challenge is over.
 * @throws Fault `unreachable` where it fails, takes too long or writes too much.
 */
export async function bundleFrom(
  command: string,
  { nonce, purpose }: Challenge,
  within: number,
): Promise<Uint8Array> {
  const child = spawn('/bin/sh', ['-c', command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, POSTERN_NONCE: nonce, POSTERN_PURPOSE: purpose },
  });
  const failed = (detail: string, cause?: unknown) =>
    new Fault('unreachable', '--command', detail, { cause });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => reject(failed(`can’t be run (${cause.message})`, cause)));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), within);
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > BUNDLE_LIMITS.bundle) {
        throw failed(`writes more than ${BUNDLE_LIMITS.bundle} bytes: no bundle is larger`);
      }
      chunks.push(chunk);
    }
    const how = await ended;
    if (how !== 'exit code 0') throw failed(`ended with ${how}`);
    return new Uint8Array(Buffer.concat(chunks));
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}
