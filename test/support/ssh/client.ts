import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TestSshd, TestUser } from './sshd.ts';

/** The real client, with nothing but what is named here. @param options that go before the usual ones. */
export function ssh(
  { port, user }: TestSshd,
  options: readonly string[],
  command: string,
): ChildProcess {
  const told = [
    ...options,
    'IdentityAgent=none',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'GlobalKnownHostsFile=/dev/null',
  ];
  const args = ['-F', user.config, '-p', `${port}`, ...told.flatMap((o) => ['-o', o])];
  const child = spawn('ssh', [...args, '127.0.0.1', command]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** @returns how it ended, and all that it wrote. */
export async function outcomeOf(
  child: ChildProcess,
): Promise<{ exit: number | null; out: string }> {
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Uint8Array) => {
      out += bytes;
    });
  }
  const exit = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exit, out };
}

/**
 * An ssh that, like newer ones, asks no agent before it authenticates by key, and whom its
 * user's password can be had from.
 *
 * @returns its path, and whether a password was asked for.
 */
export function lateSsh({ dir }: TestUser): {
  readonly path: string;
  readonly asked: () => boolean;
} {
  const [path, askpass, asked] = [join(dir, 'late-ssh'), join(dir, 'askpass'), join(dir, 'asked')];
  const script = (lines: readonly string[]) => ['#!/bin/sh', ...lines, ''].join('\n');
  writeFileSync(askpass, script([`: > ${asked}`, 'echo a-secret']), { mode: 0o755 });
  const late = [
    'case "$1" in -V|-G) exec ssh "$@";; esac',
    `export SSH_ASKPASS=${askpass} SSH_ASKPASS_REQUIRE=force`,
    'exec ssh -o IdentityAgent=none "$@"',
  ];
  writeFileSync(path, script(late), { mode: 0o755 });
  return { path, asked: () => existsSync(asked) };
}
