import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientFlags, writeLedgerKey } from '../../../src/cli/demo/client-flags.ts';
import {
  makeKey,
  makeSshUser,
  type Sshd,
  type SshUser,
  startSshd,
} from '../../../src/cli/demo/ssh/sshd.ts';
import { startTcpRelay, type TcpRelay } from '../../../src/cli/demo/ssh/tcp-relay.ts';
import { sshVerbOf } from '../../../src/cli/ssh/ssh-verb.ts';
import { sshSystem } from '../../../src/cli/ssh/system.ts';
import { Args, type Verb } from '../../../src/cli/verb.ts';
import { POOL, realIo, type SessionsWorld, sessionsWorld } from '../sessions-world.ts';
import type { SshRan } from './verb-bed.ts';

/** A gateway, an agent and sshd, all of them real, and what says how a client asks them. */
export interface WholeSshBed {
  /** Gone with the bed. */
  readonly dir: string;
  /** Where the agent puts what sshd includes. */
  readonly hostKeys: string;
  readonly whole: SessionsWorld;
  /** Where the machine is reached, as its gateway says. */
  readonly relay: TcpRelay;
  readonly user: SshUser;
  /** The machine's own, whose host keys are its agent's. */
  readonly sshd: Sshd;
  /** Of another box, with a key of its own. */
  readonly other: Sshd;
  /** Of a client; its gateway is the relay of the whole. */
  readonly flags: readonly string[];
  /** Runs `postern ssh`. @param argv behind the flags; @param theirs ssh's own, behind the node. */
  readonly ssh: (argv: readonly string[], theirs: readonly string[]) => Promise<SshRan>;
  readonly close: () => Promise<void>;
}

export const BOX = 'one';

/** @param program sshd's path. */
export async function wholeSshBed(program: string): Promise<WholeSshBed> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-whole-ssh-'));
  const relay = await startTcpRelay(0);
  const folder = join(dir, 'host-keys');
  const whole = await sessionsWorld({
    machines: [{ name: BOX, pool: POOL, cpu: 'tdx', gpus: 0 }],
    agent: { ssh: { folder, address: relay.address } },
  });
  await writeLedgerKey(whole.world);
  const user = await makeSshUser(dir);
  const sshdOf = (box: string, ...lines: readonly string[]) =>
    startSshd({ program, dir: join(dir, box), user, lines });
  const sshd = await sshdOf(BOX, `Include ${folder}/sshd.conf`);
  await makeKey(join(dir, 'other_key'));
  const other = await sshdOf('other', `HostKey ${join(dir, 'other_key')}`);
  relay.target = sshd.port;
  const flags = clientFlags({ dir: whole.world.dir, url: whole.relay.url }, POOL);
  return {
    ...{ dir, hostKeys: folder, whole, relay, user, sshd, other, flags },
    ssh: (argv, theirs) => ran([...flags, ...argv, '-F', user.config, ...theirs]),
    close: async () => {
      await relay.close();
      await sshd.close();
      await other.close();
      await whole.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ran(argv: readonly string[]): Promise<SshRan> {
  let [out, err] = ['', ''];
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
  const system = sshSystem({
    input: 'ignore',
    out: (bytes) => {
      out += text(bytes);
    },
    err: (bytes) => {
      err += text(bytes);
    },
  });
  const io = realIo((more) => {
    err += more;
  });
  const verb: Verb = sshVerbOf(system);
  const exit = await verb.run(io, new Args(verb, argv));
  return { exit, out, err };
}
