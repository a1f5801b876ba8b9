import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Fault } from '../../core/fault.ts';
import { sshKeyLine } from '../../core/ssh/public-key.ts';
import type { SshHostKey, SshKeyKind } from '../keys/ssh-host-key.ts';

const SOCKET = 'agent.sock';
const CONFIGURATION = 'sshd.conf';
const NAMES: Readonly<Record<SshKeyKind, string>> = {
  ed25519: 'ssh_host_ed25519_key',
  'ecdsa-p256': 'ssh_host_ecdsa_key',
};
/** Of a path that stands in sshd's configuration as it is: nothing there means anything else. */
const PLAIN_PATH = /^\/[A-Za-z0-9._/-]+$/;
/** Of a socket's path, in bytes: what sun_path holds. */
const LONGEST_SOCKET = 107;

/** What sshd is given, and none of it is secret: a socket, public keys, and where these are. */
export interface SshFolder {
  readonly socket: string;
}

/**
 * Makes the folder, or takes one that is this user's alone: whoever could put another socket there
 * would have sshd use other keys.
 *
 * @throws Fault `usage` for one that others may use, or whose path is of no use to sshd;
 *   `conflict` where another agent serves in it.
 */
export async function openFolder(folder: string): Promise<SshFolder> {
  const socket = `${folder}/${SOCKET}`;
  if (!PLAIN_PATH.test(folder) || socket.length > LONGEST_SOCKET) {
    const most = LONGEST_SOCKET - SOCKET.length - 1;
    throw new Fault(
      'usage',
      'ssh.folder',
      `want at most ${most} of A–Z a–z 0–9 . _ - /: ${folder}`,
    );
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Fault('usage', 'ssh.folder', `${folder} can’t be made`, { cause });
  }
  const { uid, mode } = await stat(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new Fault('usage', 'ssh.folder', `${folder}: others can use it: chown, chmod 700`);
  }
  if (await answers(socket)) throw new Fault('conflict', socket, 'another agent listens there');
  await rm(socket, { force: true });
  return { socket };
}

/** A socket that a process left behind when it was killed answers nobody. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    const end = (is: boolean) => {
      probe.destroy();
      resolve(is);
    };
    probe.on('connect', () => end(true));
    probe.on('error', () => end(false));
  });
}

/**
 * Writes the public keys, their certificates, and what sshd is to include; each file is there whole
 * or not at all, and no certificate of an earlier time stays.
 *
 * @param certificates a line each, of keys that have one.
 * @throws Fault `unreachable` where the folder can't be written to.
 */
export async function installForSshd(
  folder: string,
  { socket }: SshFolder,
  keys: readonly SshHostKey[],
  certificates: ReadonlyMap<SshHostKey, string> = new Map(),
): Promise<void> {
  const lines: string[] = [];
  const over: string[] = [];
  try {
    for (const key of keys) {
      const path = `${folder}/${NAMES[key.kind]}`;
      const certificate = certificates.get(key);
      await put(`${path}.pub`, `${sshKeyLine(key)} postern\n`);
      lines.push(`HostKey ${path}.pub\n`);
      if (certificate === undefined) {
        over.push(`${path}-cert.pub`);
      } else {
        await put(`${path}-cert.pub`, certificate);
        lines.push(`HostCertificate ${path}-cert.pub\n`);
      }
    }
    await put(`${folder}/${CONFIGURATION}`, [...lines, `HostKeyAgent ${socket}\n`].join(''));
    for (const path of over) await rm(path, { force: true });
  } catch (cause) {
    throw new Fault('unreachable', 'ssh.folder', `${folder} can’t be written to`, { cause });
  }
}

async function put(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
