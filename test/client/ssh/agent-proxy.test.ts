import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { proofGuard } from '../../../src/cli/ssh/guards.ts';
import { PosternError } from '../../../src/client/errors.ts';
import { startAgentProxy } from '../../../src/client/ssh/agent-proxy.ts';
import { framed } from '../../../src/core/ssh/agent-messages.ts';
import { sessionBind } from '../../support/ssh/session-bind.ts';

const dir = mkdtempSync(join(tmpdir(), 'postern-proxy-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function refusing(name: string, onSession: () => Promise<void>) {
  const socket = join(dir, name);
  const proxy = await startAgentProxy({ socket, upstream: undefined, onSession });
  const ssh = connect(socket);
  await once(ssh, 'connect');
  let heard = 0;
  ssh.on('data', ({ length }) => {
    heard += length;
  });
  return { proxy, ssh, heard: () => heard };
}

it('an ssh that was refused is neither answered nor hung up on until all is closed', async () => {
  const { proxy, ssh, heard } = await refusing('a', () => Promise.reject(new Error('not proven')));
  ssh.write(framed(sessionBind()));
  await expect(proxy.proven).rejects.toThrow('not proven');
  ssh.write(framed(Uint8Array.of(11)));
  await setTimeout(50);
  expect({ closed: ssh.closed, ended: ssh.readableEnded, heard: heard() }).toEqual({
    closed: false,
    ended: false,
    heard: 0,
  });
  const closed = once(ssh, 'close');
  await proxy.close();
  await closed;
});

it('who shows no session in time is told what does without; a proof under way is waited for', async () => {
  const proof = Promise.withResolvers<void>();
  const { proxy, ssh } = await refusing('b', () => proof.promise);
  const guard = proofGuard(proxy, 'aa', { pause: async () => undefined });
  const late = await guard(new AbortController().signal);
  expect(late).toBeInstanceOf(PosternError);
  expect(late?.message).toMatch(
    /connect\.session: ssh asked its agent nothing.*--no-prove-session/,
  );
  ssh.write(framed(sessionBind()));
  while (!proxy.isShown()) await setTimeout(1);
  const ends = guard(new AbortController().signal);
  proof.resolve();
  expect(await ends).toBeUndefined();
  ssh.destroy();
  await proxy.close();
});
