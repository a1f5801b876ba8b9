import type { Sshd } from '../../../src/cli/demo/ssh/sshd.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { type HostKey, hostKey } from './host-key.ts';
import { makeTestUser, startKeySshd, type TestUser } from './sshd.ts';
import { type VerbBed, verbBed } from './verb-bed.ts';

/** A verified machine with a real sshd before it whose host key is in its keyset. */
export interface SshBed extends VerbBed {
  readonly user: TestUser;
  readonly sshd: Sshd;
  /** Another sshd of the same user, whose key is as it is said. */
  readonly another: (key: HostKey, lines?: readonly string[]) => Promise<Sshd>;
  readonly close: () => Promise<void>;
}

export async function sshBed(): Promise<SshBed> {
  const verbs = await verbBed(hostKey());
  const { machine } = verbs.bed;
  const user = await makeTestUser();
  const opened: Sshd[] = [];
  const open = async (...what: [HostKey, ((data: Uint8Array) => void)?, (readonly string[])?]) => {
    const one = await startKeySshd(user, ...what);
    opened.push(one);
    return one;
  };
  const sshd = await open(verbs.key, (data) => {
    machine.begun.add(`ssh-session ${toHex(data)}`);
  });
  return {
    ...verbs,
    user,
    sshd,
    another: (key, lines) => open(key, undefined, lines),
    close: async () => {
      for (const one of opened) await one.close();
      user.remove();
    },
  };
}
