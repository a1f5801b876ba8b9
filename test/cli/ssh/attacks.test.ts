import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshVerbOf } from '../../../src/cli/ssh/ssh-verb.ts';
import { NODE } from '../../support/client/bed.ts';
import { type SshBed, sshBed } from '../../support/ssh/bed.ts';
import { hostKey } from '../../support/ssh/host-key.ts';
import { SSHD, startTcpRelay, WITHOUT_SSHD } from '../../support/ssh/sshd.ts';

if (SSHD === undefined) console.warn(WITHOUT_SSHD);

describe.skipIf(SSHD === undefined)('postern ssh, with OpenSSH at both ends', () => {
  let world: SshBed;
  beforeAll(async () => {
    world = await sshBed();
  }, 180_000);
  afterAll(() => world?.close());

  const ssh = (argv: readonly string[], theirs: readonly string[] = ['echo', 'it is me']) =>
    world.run(sshVerbOf, [
      ...world.flags,
      ...argv,
      '-F',
      world.user.config,
      ...theirs,
    ]);

  it('reaches the machine that it verified, and ends as ssh does', async () => {
    const ran = await ssh([NODE]);
    expect(ran).toMatchObject({ exit: 0, out: 'it is me\n' });
    expect(ran.err).toContain('answers for this very connection');
    expect((await ssh([NODE], ['exit', '7'])).exit).toBe(7);
  }, 60_000);
});
