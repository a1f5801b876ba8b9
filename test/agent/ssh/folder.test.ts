import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeSshHostKey } from '../../../src/agent/keys/ssh-host-key.ts';
import { installForSshd, openFolder } from '../../../src/agent/ssh/folder.ts';
import { reload } from '../../../src/agent/ssh/reload.ts';
import { parseSshPublicKey } from '../../../src/core/ssh/public-key.ts';
import { testFolder } from '../../support/test-folder.ts';

it('is made where it is not there, and says to sshd where the keys are', async () => {
  const folder = join(testFolder(), 'run', 'ssh');
  const opened = await openFolder(folder);
  const key = makeSshHostKey('ed25519');
  await installForSshd(folder, opened, [key]);
  expect(readFileSync(join(folder, 'sshd.conf'), 'utf8')).toBe(
    `HostKey ${folder}/ssh_host_ed25519_key.pub\nHostKeyAgent ${folder}/agent.sock\n`,
  );
  const line = readFileSync(join(folder, 'ssh_host_ed25519_key.pub'), 'utf8').trim();
  expect(parseSshPublicKey(line, 'pub').blob).toEqual(key.blob);
  expect(readdirSync(folder).sort()).toEqual(['ssh_host_ed25519_key.pub', 'sshd.conf']);
});

it('has certificates beside the keys that have one, and none of an earlier time', async () => {
  const folder = join(testFolder(), 'ssh');
  const opened = await openFolder(folder);
  const [one, two] = [makeSshHostKey('ed25519'), makeSshHostKey('ecdsa-p256')];
  await installForSshd(folder, opened, [one, two], new Map([[two, 'a line\n']]));
  expect(readFileSync(join(folder, 'sshd.conf'), 'utf8')).toBe(
    [
      `HostKey ${folder}/ssh_host_ed25519_key.pub`,
      `HostKey ${folder}/ssh_host_ecdsa_key.pub`,
      `HostCertificate ${folder}/ssh_host_ecdsa_key-cert.pub`,
      `HostKeyAgent ${folder}/agent.sock`,
      '',
    ].join('\n'),
  );
  expect(readFileSync(join(folder, 'ssh_host_ecdsa_key-cert.pub'), 'utf8')).toBe('a line\n');
  await installForSshd(folder, opened, [one, two]);
  expect(readFileSync(join(folder, 'sshd.conf'), 'utf8')).not.toContain('HostCertificate');
  expect(readdirSync(folder).filter((name) => name.includes('cert'))).toEqual([]);
});

it('is refused where others can use it', async () => {
  const folder = join(testFolder(), 'ssh');
  mkdirSync(folder);
  chmodSync(folder, 0o750);
  await expect(openFolder(folder)).rejects.toMatchObject({ code: 'usage', at: 'ssh.folder' });
});

it.each(['a b', 'a"b', 'a%h', 'a#b', 'a$b', 'ü', 'a'.repeat(100)])(
  'is refused where sshd would read its path otherwise: %s',
  async (name) => {
    const refused = openFolder(join('/nowhere', name));
    await expect(refused).rejects.toMatchObject({ code: 'usage', at: 'ssh.folder' });
  },
);

it('is taken over from an agent that is gone, and from none that is there', async () => {
  const folder = testFolder();
  writeFileSync(join(folder, 'agent.sock'), '');
  const { socket } = await openFolder(folder);
  const other = createServer().listen(socket);
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  await expect(openFolder(folder)).rejects.toMatchObject({ code: 'conflict' });
});

it('sshd is told by a program, which no shell reads', async () => {
  const file = join(testFolder(), 'a b; c');
  await reload(['/bin/touch', file]);
  expect(readFileSync(file, 'utf8')).toBe('');
  for (const command of [['/bin/false'], ['/nowhere/program']]) {
    await expect(reload(command)).rejects.toMatchObject({ code: 'unreachable' });
  }
});
