import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  findSshd,
  makeSshUser,
  type Sshd,
  type SshUser,
  startSshd,
} from '../../../src/cli/demo/ssh/sshd.ts';
import { sshKeyLine } from '../../../src/core/ssh/public-key.ts';
import { type HostKey, hostKeyAgent } from './host-key.ts';

/** OpenSSH's server; tests that need it are skipped where it is not installed. */
export const SSHD = findSshd();
if (SSHD === undefined) {
  process.stderr.write(
    '\n*** WARNING: no sshd here (openssh-server). All tests with it are SKIPPED. ***\n\n',
  );
}

/** Somebody who logs in as the user of these tests. */
export interface TestUser extends SshUser {
  readonly dir: string;
  readonly remove: () => void;
}

export async function makeTestUser(): Promise<TestUser> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-sshd-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  return { ...(await makeSshUser(dir)), dir, remove };
}

/** An sshd whose host key is with an agent. */
export async function startKeySshd(
  user: TestUser,
  key: HostKey,
  onSigned?: (data: Uint8Array) => void,
  lines: readonly string[] = [],
): Promise<Sshd> {
  const dir = mkdtempSync(join(user.dir, 'key-'));
  const [pub, socket] = [join(dir, 'host.pub'), join(dir, 'agent')];
  writeFileSync(pub, `${sshKeyLine(key.key)}\n`, { mode: 0o600 });
  const agent = await hostKeyAgent(socket, key, onSigned);
  const sshd = await startSshd({
    program: SSHD ?? '',
    dir: join(dir, 'sshd'),
    user,
    lines: [`HostKey ${pub}`, `HostKeyAgent ${socket}`, ...lines],
  });
  const close = async () => {
    await sshd.close();
    await agent.close();
  };
  return { ...sshd, close };
}

export interface TestSshd extends Sshd {
  readonly user: TestUser;
}

/** An sshd with a user of its own, gone with its test. @param lines that say where its host keys are. */
export async function startTestSshd(lines: readonly string[]): Promise<TestSshd> {
  const user = await makeTestUser();
  onTestFinished(user.remove);
  const sshd = await startSshd({ program: SSHD ?? '', dir: join(user.dir, 'sshd'), user, lines });
  onTestFinished(sshd.close);
  return { ...sshd, user };
}
