import { toHex } from '../../../src/core/bytes/hex.ts';
import { type HostKey, hostKey } from './host-key.ts';
import { removeUser, type Sshd, type SshUser, sshUser, startSshd } from './sshd.ts';
import { type VerbBed, verbBed } from './verb-bed.ts';

/** A verified machine with a real sshd before it whose host key is in its keyset. */
export interface SshBed extends VerbBed {
  readonly user: SshUser;
  readonly sshd: Sshd;
  /** Another sshd of the same user, whose key is as it is said. */
  readonly another: (key: HostKey, settings?: readonly string[]) => Promise<Sshd>;
  readonly close: () => Promise<void>;
}

export async function sshBed(): Promise<SshBed> {
  const verbs = await verbBed(hostKey());
  const { machine } = verbs.bed;
  const user = sshUser();
  const opened: Sshd[] = [];
  const open = async (...what: [HostKey, ((data: Uint8Array) => void)?, (readonly string[])?]) => {
    const one = await startSshd(user, ...what);
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
    another: (key, settings) => open(key, undefined, settings),
    close: async () => {
      for (const one of opened) await one.close();
      removeUser(user);
    },
  };
}
