import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoSshVerbOf } from '../../../src/cli/demo/ssh/demo-ssh.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Args } from '../../../src/cli/verb.ts';
import { realIo } from '../../support/sessions-world.ts';
import { SSHD } from '../../support/ssh/sshd.ts';
import { postern } from '../fake-io.ts';

const REAL: Partial<Io> = {
  fetch: globalThis.fetch,
  now: Date.now,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
};

describe.skipIf(SSHD === undefined)('a demonstration of ssh shows', () => {
  let root: string;
  let dir: string;
  /** What each step told, by its name. */
  const steps = new Map<string, Record<string, unknown>>();
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'postern-demo-ssh-'));
    dir = join(root, 'demo');
    const ran = await postern(['demo', 'ssh', '--once', '--json', '--dir', dir], {}, REAL);
    expect(ran.exit, ran.err).toBe(0);
    for (const line of ran.out.trimEnd().split('\n')) {
      const step = JSON.parse(line) as Record<string, unknown>;
      steps.set(String(step['name']), step);
    }
  }, 240_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('its steps in their order', () => {
    expect([...steps.keys()]).toEqual(['reached', 'redirected', 'next']);
  });

  it('a command on the machine, which answers for the connection', () => {
    expect(steps.get('reached')).toMatchObject({ code: 0, out: 'a shell on box-one\n' });
  });

  it('and another box at its address that is refused, and why', () => {
    const { address } = steps.get('reached') ?? {};
    const { because, ...redirected } = steps.get('redirected') ?? {};
    expect(redirected).toMatchObject({ address, code: 255, out: '' });
    expect(because).toContain(`the machine at ${address} is not `);
  });

  it('the host keys of the machine in no file', () => {
    const folder = join(dir, 'host-keys');
    expect(readdirSync(folder).sort()).toEqual(['ssh_host_ed25519_key.pub', 'sshd.conf']);
    expect(readFileSync(join(folder, 'sshd.conf'), 'utf8')).toContain('HostKeyAgent');
  });
});

it('says what to install where there is no sshd', async () => {
  const verb = demoSshVerbOf(() => undefined);
  const ran = verb.run(
    realIo(() => undefined),
    new Args(verb, ['--once']),
  );
  await expect(ran).rejects.toMatchObject({
    code: 'unreachable',
    detail: expect.stringContaining('apt install openssh-server'),
  });
});
