import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { sshKeyLine } from '../../../src/core/ssh/public-key.ts';
import { type HostKey, hostKeyAgent } from './host-key.ts';

/** OpenSSH's server, where it is installed. */
export const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'].find(
  existsSync,
);
export const WITHOUT_SSHD =
  '\n*** WARNING: no sshd here (openssh-server). Attacks on ssh are SKIPPED. ***\n\n';

/** Somebody who logs in as the user of these tests. */
export interface SshUser {
  readonly dir: string;
  /** Path of an ssh_config that knows the user's key, and nothing else. */
  readonly config: string;
  readonly name: string;
  readonly authorized: string;
}

export function sshUser(): SshUser {
  const dir = mkdtempSync(join(tmpdir(), 'postern-sshd-'));
  const key = join(dir, 'id');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const config = join(dir, 'config');
  const { username: name } = userInfo();
  writeFileSync(config, `User ${name}\nIdentityFile ${key}\nIdentitiesOnly yes\n`);
  return { dir, config, name, authorized: readFileSync(`${key}.pub`, 'utf8') };
}

/**
 * An ssh that, like newer ones, asks no agent before it authenticates by key, and whom its
 * user's password can be had from.
 *
 * @returns its path, and whether a password was asked for.
 */
export function lateSsh({ dir }: SshUser): {
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

export interface Sshd {
  readonly port: number;
  readonly address: string;
  /** All that it said. */
  readonly said: () => string;
  readonly close: () => Promise<void>;
}

let count = 0;

/** An sshd on the loopback whose host key is with an agent. */
export async function startSshd(
  user: SshUser,
  key: HostKey,
  onSigned?: (data: Uint8Array) => void,
  settings: readonly string[] = ['PasswordAuthentication no', 'KbdInteractiveAuthentication no'],
): Promise<Sshd> {
  const dir = join(user.dir, `sshd-${++count}`);
  mkdirSync(dir);
  const at = (name: string) => join(dir, name);
  const agent = await hostKeyAgent(at('agent'), key, onSigned);
  const port = await freePort();
  writeFileSync(at('host.pub'), `${sshKeyLine(key.key)}\n`, { mode: 0o600 });
  writeFileSync(at('authorized_keys'), user.authorized);
  writeFileSync(
    at('config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${at('host.pub')}`,
      `HostKeyAgent ${at('agent')}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      ...settings,
      '',
    ].join('\n'),
  );
  const child = spawn(SSHD ?? '', ['-D', '-e', '-f', at('config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (bytes: Uint8Array) => {
    said += Buffer.from(bytes).toString('utf8');
  });
  await listening(child, () => said);
  return {
    port,
    address: `127.0.0.1:${port}`,
    said: () => said,
    close: async () => {
      const gone = once(child, 'exit');
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await gone;
      }
      await agent.close();
    },
  };
}

async function listening(child: ChildProcess, said: () => string): Promise<void> {
  while (!said().includes('Server listening on')) {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export function removeUser({ dir }: SshUser): void {
  rmSync(dir, { recursive: true, force: true });
}
