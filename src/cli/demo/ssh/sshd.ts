import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '../../../core/fault.ts';
import { freePorts } from '../free-ports.ts';

/** Of systems that keep it out of everybody's PATH. */
const PLACES = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd', '/sbin/sshd'];
/** Where Debian's wants an empty folder that its service makes, if root runs it. */
const PRIVILEGE_SEPARATION = '/run/sshd';
/** Until it listens, in milliseconds. */
const PATIENCE = 30_000;

/** The path of OpenSSH's server; undefined where none is installed. */
export function findSshd(): string | undefined {
  return PLACES.find(existsSync);
}

/** Somebody with a key of their own, who is let in as whoever runs this. */
export interface SshUser {
  readonly name: string;
  /** Path of an ssh_config that knows the user's key, and nothing else. */
  readonly config: string;
  /** A line of authorized_keys. */
  readonly authorized: string;
}

/** @param dir which is there. */
export async function makeSshUser(dir: string): Promise<SshUser> {
  const key = join(dir, 'id');
  await makeKey(key);
  const { username: name } = userInfo();
  const config = join(dir, 'config');
  await writeFile(config, `User ${name}\nIdentityFile ${key}\nIdentitiesOnly yes\n`);
  return { name, config, authorized: await readFile(`${key}.pub`, 'utf8') };
}

/** A key pair of OpenSSH's in files, at `path` and `path.pub`. @throws Fault `unreachable`. */
export async function makeKey(path: string): Promise<void> {
  try {
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  } catch (cause) {
    throw new Fault('unreachable', 'ssh-keygen', 'makes no key here: is OpenSSH installed?', {
      cause,
    });
  }
}

export interface SshdPlan {
  readonly program: string;
  /** Is made. Commands find its name as BOX, so that it shows who ran them. */
  readonly dir: string;
  readonly user: SshUser;
  /** Of sshd_config: where its host keys are, and more that comes first, since sshd takes the first. */
  readonly lines: readonly string[];
}

export interface Sshd {
  readonly port: number;
  readonly address: string;
  /** All that it said. */
  readonly said: () => string;
  /** Connections that are open end with their clients. */
  readonly close: () => Promise<void>;
}

/** The real OpenSSH server on the loopback, as the current user. @throws Fault `unreachable`. */
export async function startSshd({ program, dir, user, lines }: SshdPlan): Promise<Sshd> {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const at = (name: string) => join(dir, name);
  await mkdir(dir, { mode: 0o700 });
  await writeFile(at('authorized_keys'), user.authorized);
  await writeFile(
    at('sshd_config'),
    [
      ...lines,
      `ListenAddress ${address}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      `SetEnv BOX=${basename(dir)}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
  const child = spawn(program, ['-D', '-e', '-f', at('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const listens = Promise.withResolvers<void>();
  const fail = (why: string) => listens.reject(new Fault('unreachable', program, why));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('Server listening on')) listens.resolve();
  });
  child.on('error', (error) => fail(error.message));
  child.on('exit', () => fail(`ended before it listened: ${said}`));
  const late = setTimeout(() => fail('does not listen'), PATIENCE);
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  try {
    await listens.promise;
    return { port, address, said: () => said, close };
  } catch (error) {
    if (child.pid !== undefined) await close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}
