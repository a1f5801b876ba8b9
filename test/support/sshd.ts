import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './agent-bed.ts';

const SSHD = '/usr/sbin/sshd';

/** Tests that need it are skipped where it is not installed, and say so. */
export const hasSshd = existsSync(SSHD);
if (!hasSshd) process.stderr.write(`${SSHD} is not installed: its tests are skipped\n`);

export interface Sshd {
  readonly port: number;
  /** A private key that it lets its own user in with. */
  readonly identity: string;
  /** What it wrote so far. */
  readonly log: () => string;
  /** Ends it; its connections end with their clients. */
  readonly close: () => Promise<void>;
}

/** A folder that is gone with its test. */
export function testFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'postern-ssh-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/**
 * The real OpenSSH server on the loopback, as the current user.
 *
 * @param lines of its configuration that say where its host keys are.
 */
export async function startSshd(lines: readonly string[]): Promise<Sshd> {
  const dir = testFolder();
  const identity = join(dir, 'identity');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identity]);
  const port = await freePort();
  const file = join(dir, 'sshd_config');
  writeFileSync(
    file,
    [
      ...lines,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `AuthorizedKeysFile ${identity}.pub`,
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'PermitRootLogin yes',
      '',
    ].join('\n'),
  );
  // Where root runs it, it wants the folder that its service would have made.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn(SSHD, ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Uint8Array) => {
    said += bytes;
  });
  const close = () => ended(child);
  onTestFinished(close);
  let listens = false;
  await until(() => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${said}`);
    const probe = connect(port, '127.0.0.1', () => {
      listens = true;
      probe.destroy();
    }).on('error', () => undefined);
    return listens;
  });
  return { port, identity, log: () => said, close };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    // Its connections hold what it writes to open, and end with their clients.
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** The real client, with nothing but what is named here. @param options that go before the usual ones. */
export function ssh(
  { port, identity }: Sshd,
  options: readonly string[],
  command: string,
): ChildProcess {
  const told = [
    ...options,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'GlobalKnownHostsFile=/dev/null',
  ];
  const args = ['-F', 'none', '-i', identity, '-p', `${port}`, ...told.flatMap((o) => ['-o', o])];
  const child = spawn('ssh', [...args, `${userInfo().username}@127.0.0.1`, command]);
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

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, (error, out) => (error === null ? resolve(out) : reject(error)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
