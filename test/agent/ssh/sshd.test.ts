import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bindingOf } from '../../../src/appraisal/binding/recipe.ts';
import { sessionNonce } from '../../../src/appraisal/binding/session-nonce.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { AgentFrames, LARGEST_AGENT_MESSAGE } from '../../../src/core/ssh/agent-messages.ts';
import { parseSshPublicKey } from '../../../src/core/ssh/public-key.ts';
import { readSshStrings } from '../../../src/core/ssh/strings.ts';
import { writeAttestCall } from '../../../src/protocol/attest-call.ts';
import { type AgentBed, keysOf, ready, send, until } from '../../support/agent-bed.ts';
import { outcomeOf, ssh } from '../../support/ssh/client.ts';
import { SSHD, startTestSshd } from '../../support/ssh/sshd.ts';
import { testFolder } from '../../support/test-folder.ts';

const NONCE = new Uint8Array(32).fill(0x5a);
const ask = (bed: AgentBed, session: Uint8Array) =>
  send(bed, writeAttestCall({ nonce: NONCE, purpose: 'ssh-session', session }), {
    address: 'attest',
    headers: { 'content-type': 'application/json' },
  });

/** An agent, sshd behind it, and what a client who verified the keyset would put down as known. */
async function served(algorithms: ('ed25519' | 'ecdsa-p256')[] = ['ed25519']) {
  const folder = join(testFolder(), 'ssh');
  const bed = await ready({
    written: { ssh: { folder, algorithms }, limits: { challengesPerMinute: 100_000 } },
  });
  const sshd = await startTestSshd([`Include ${folder}/sshd.conf`]);
  const lines = readdirSync(folder)
    .filter((name) => name.endsWith('.pub'))
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
  const known = join(testFolder(), 'known_hosts');
  writeFileSync(known, lines.map((line) => `[127.0.0.1]:${sshd.port} ${line}\n`).join(''));
  return { folder, bed, sshd, lines, known };
}

/** The user's agent, which learns the session identifier (OpenSSH's PROTOCOL.agent, section 1). */
async function sessionListener() {
  const socket = join(testFolder(), 'user.sock');
  const sessions: Uint8Array[] = [];
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    const stream = new AgentFrames(LARGEST_AGENT_MESSAGE, 'agent');
    connection.on('data', (bytes: Uint8Array) => {
      for (const request of stream.push(bytes)) {
        if (request[0] === 27) {
          const [, , session] = readSshStrings(request.subarray(1, -1), 4, 'bind');
          if (session) sessions.push(session);
        }
        connection.write(Uint8Array.of(0, 0, 0, 1, 5));
      }
    });
  }).listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return { socket, sessions };
}

/** Connected, and with something to send, until what ssh has said by then is enough. */
async function whileConnected(
  sshd: Awaited<ReturnType<typeof startTestSshd>>,
  options: readonly string[],
  isEnough: (said: string) => boolean,
): Promise<void> {
  const child = ssh(sshd, options, 'head -c 100000 /dev/zero; cat');
  let said = '';
  child.stderr?.on('data', (bytes: Uint8Array) => {
    said += bytes;
  });
  const ended = outcomeOf(child);
  await until(() => isEnough(said));
  child.stdin?.end();
  expect((await ended).exit).toBe(0);
}

describe.skipIf(SSHD === undefined)('the real sshd, whose host keys are the agent’s', () => {
  it.each(['ed25519', 'ecdsa-p256'] as const)('serves by %s', async (algorithm) => {
    const { bed, sshd, lines, known } = await served([algorithm]);
    const options = [`UserKnownHostsFile=${known}`];
    const { exit, out } = await outcomeOf(ssh(sshd, options, 'echo it serves'));
    expect(out).toContain('it serves');
    expect(exit).toBe(0);
    const listed = keysOf(bed.agent.keyset()).keyset.keys.flatMap((key) =>
      key.use === 'ssh-host' ? [toHex(key.blobSha256)] : [],
    );
    const installed = lines.map((line) => toHex(parseSshPublicKey(line, 'pub').fingerprint));
    expect(listed).toEqual(installed);
  });

  it('is refused by a client that verified another machine', async () => {
    const [{ sshd }, other] = [await served(), await served()];
    const [line = ''] = other.lines;
    const known = join(testFolder(), 'known_hosts');
    writeFileSync(known, `[127.0.0.1]:${sshd.port} ${line}\n`);
    const { exit, out } = await outcomeOf(ssh(sshd, [`UserKnownHostsFile=${known}`], 'true'));
    expect(out).toContain('Host key verification failed');
    expect(exit).toBe(255);
  });

  it('exchanges keys again', async () => {
    const { sshd, known } = await served(['ed25519']);
    const options = [`UserKnownHostsFile=${known}`, 'RekeyLimit=16K', 'LogLevel=DEBUG1'];
    await whileConnected(sshd, options, (said) => {
      const exchanges = said.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0;
      return exchanges > 1;
    });
  });

  // Where anybody else logs in, sshd 9.2 can't have an agent do it.
  it.runIf(process.getuid?.() === 0)('proves its other keys to a client that asks', async () => {
    const { sshd, known, lines } = await served(['ed25519', 'ecdsa-p256']);
    const ed25519 = lines.find((line) => line.startsWith('ssh-ed25519'));
    writeFileSync(known, `[127.0.0.1]:${sshd.port} ${ed25519}\n`);
    const options = [
      `UserKnownHostsFile=${known}`,
      'UpdateHostKeys=yes',
      'HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256',
    ];
    await whileConnected(sshd, options, () =>
      readFileSync(known, 'utf8').includes('ecdsa-sha2-nistp256'),
    );
  });

  it('has evidence of a connection while it is open, and of no other', async () => {
    const { bed, sshd, known } = await served();
    const { socket, sessions } = await sessionListener();
    const options = [`UserKnownHostsFile=${known}`, `IdentityAgent=${socket}`];
    const child = ssh(sshd, options, 'cat');
    const ended = outcomeOf(child);
    await until(() => sessions.length > 0);
    const [session = new Uint8Array()] = sessions;
    const { status, body } = await ask(bed, session);
    expect(status).toBe(200);
    const { binding, devices } = parseBundle(body);
    const bound = bindingOf(binding, devices);
    expect(bound.purpose).toBe('ssh-session');
    expect(bound.nonce).toEqual(sessionNonce('ssh-session', session, NONCE));
    const other = await ask(bed, session.with(0, (session[0] ?? 0) ^ 1));
    expect(other.status).toBe(404);
    child.stdin?.end();
    expect(await ended).toMatchObject({ exit: 0 });
    let late = await ask(bed, session);
    while (late.status === 200) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      late = await ask(bed, session);
    }
    expect(late.status).toBe(404);
    expect(JSON.parse(Buffer.from(late.body).toString())).toMatchObject({
      type: 'urn:postern:problem:missing',
      detail: expect.stringContaining('no connection of this session'),
    });
  });

  it('leaves no private key in any file, and no socket behind', async () => {
    const { folder, bed } = await served(['ed25519', 'ecdsa-p256']);
    const names = readdirSync(folder).sort();
    expect(names).toEqual([
      'agent.sock',
      'ssh_host_ecdsa_key.pub',
      'ssh_host_ed25519_key.pub',
      'sshd.conf',
    ]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'agent.sock')).mode & 0o777).toBe(0o600);
    for (const name of names.slice(1)) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text).not.toMatch(/PRIVATE/);
      expect(text).toMatch(/^(?:ssh-|ecdsa-|HostKey )/);
    }
    await bed.agent.close();
    expect(readdirSync(folder)).not.toContain('agent.sock');
  });
});
