import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../../../src/cli/io.ts';
import { type SshSystem, sshSystem } from '../../../src/cli/ssh/system.ts';
import { Args, type Verb } from '../../../src/cli/verb.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { FAULTS, Fault } from '../../../src/core/fault.ts';
import { type ClientBed, clientBed } from '../client/bed.ts';
import { GATEWAY, POOL } from '../client/gateway.ts';
import { LOG_KEY } from '../client/ledger.ts';
import { type HostKey, hostKey } from './host-key.ts';
import { removeUser, type Sshd, type SshUser, sshUser, startSshd } from './sshd.ts';

export interface SshRan {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** A verified machine with a real sshd before it whose host key is in its keyset. */
export interface SshBed {
  readonly bed: ClientBed;
  readonly key: HostKey;
  readonly user: SshUser;
  readonly sshd: Sshd;
  readonly flags: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Another sshd of the same user, whose key is as it is said. */
  readonly another: (key: HostKey) => Promise<Sshd>;
  readonly run: (
    make: (system: SshSystem) => Verb,
    argv: readonly string[],
    more?: { readonly watchEvery?: number; readonly onOut?: (text: string) => void },
  ) => Promise<SshRan>;
  readonly close: () => Promise<void>;
}

export async function sshBed(): Promise<SshBed> {
  const key = hostKey();
  const bed = await clientBed({
    serving: [key.serving],
    policy: ({ spec: { bindings } }) => {
      if ('purposes' in bindings) bindings.purposes = ['client', 'ssh-session'];
    },
  });
  const { machine, gateway } = bed;
  const user = sshUser();
  const begin = (data: Uint8Array) => void machine.begun.add(`ssh-session ${toHex(data)}`);
  const sshd = await startSshd(user, key, begin);
  machine.services = { ssh: sshd.address };
  const opened: Sshd[] = [sshd];
  const memory = mkdtempSync(join(user.dir, 'memory-'));
  const { tdx, snp, nvidia } = machine.hardware.roots;
  const files: Record<string, Uint8Array> = {
    'policy.json': bed.policy,
    'tdx.der': tdx,
    'snp.der': snp,
    'nvidia.der': nvidia.device,
    'rim.der': nvidia.rim,
  };
  return {
    ...{ bed, key, user, sshd, files },
    flags: [
      ...['--gateway', GATEWAY, '--pool', POOL, '--memory', memory],
      ...['--policy', 'policy.json', '--ledger-key', LOG_KEY],
      ...['--trust-anchor', 'tdx.der', '--amd-trust-anchor', 'snp.der'],
      ...['--nvidia-trust-anchor', 'nvidia.der', '--rim-trust-anchor', 'rim.der'],
    ],
    another: async (other) => {
      const one = await startSshd(user, other);
      opened.push(one);
      return one;
    },
    run: async (make, argv, { watchEvery = 50, onOut } = {}) => {
      let [out, err] = ['', ''];
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
      const take = (more: string) => {
        out += more;
        onOut?.(more);
      };
      const system = sshSystem({
        input: 'ignore',
        out: (bytes) => take(text(bytes)),
        err: (bytes) => {
          err += text(bytes);
        },
      });
      const io: Io = {
        out: take,
        err: (more) => {
          err += more;
        },
        readFile: async (path) => files[path] ?? new Uint8Array(),
        fetch: gateway.fetch,
        now: () => gateway.now,
        pause: async () => undefined,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        env: () => undefined,
        envNames: () => [],
        colours: false,
      };
      const verb = make({ ...system, watchEvery });
      try {
        return { exit: await verb.run(io, new Args(verb, argv)), out, err };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { exit: FAULTS[error.code].exit, out, err: `${err}${error.message}\n` };
      }
    },
    close: async () => {
      for (const one of opened) await one.close();
      removeUser(user);
      rmSync(memory, { recursive: true, force: true });
    },
  };
}
