import { join } from 'node:path';
import { Fault } from '../../../core/fault.ts';
import { type Io, warn } from '../../io.ts';
import type { Args, Verb } from '../../verb.ts';
import { writeLedgerKey } from '../client-flags.ts';
import type { MachinePlan } from '../machines.ts';
import { SHOWN } from '../scene.ts';
import { DEMO_OPTIONS, onStage, type Stage, untilAborted } from '../stage.ts';
import { Teller } from '../teller.ts';
import { startWorld } from '../world.ts';
import { findSshd, makeKey, makeSshUser, startSshd } from './sshd.ts';
import { BOX, OTHER, type SshScene, showNextOfSsh, showReached, showRedirected } from './steps.ts';
import { startTcpRelay } from './tcp-relay.ts';

/** @param find says where sshd is, if it is anywhere. */
export function demoSshVerbOf(find: () => string | undefined): Verb {
  return {
    name: 'demo ssh',
    summary: 'Show ssh that can’t be redirected: a simulated enclave’s host key, and another box.',
    operands: '',
    arity: { min: 0, max: 0 },
    options: DEMO_OPTIONS,
    notes: [
      'Two servers of OpenSSH run on the loopback, as whoever runs this and for a key that is made for it alone: one has its host key from the agent of a simulated enclave, which keeps it in memory; the other has one of its own. It protects nothing.',
      'It wants OpenSSH’s server as well as its client, and ends with 69 where there is none. With --json each step is an object, one a line.',
    ],
    run: async (io, args) => {
      const program = wantSshd(find());
      return onStage(io, args, (stage) => play(io, args, stage, program));
    },
  };
}

export const demoSshVerb = demoSshVerbOf(findSshd);

const MACHINE: MachinePlan = { name: BOX, pool: SHOWN.pool, cpu: 'tdx', gpus: 0 };

async function play(io: Io, args: Args, stage: Stage, program: string): Promise<void> {
  const opened: Array<() => Promise<void>> = [];
  try {
    const scene = await open(io, args, { ...stage, program }, opened);
    for (const step of [showReached, showRedirected]) {
      if (stage.signal.aborted) return;
      await step(scene);
    }
    showNextOfSsh(scene, stage.stays);
    if (stage.stays) await untilAborted(stage.signal);
  } finally {
    for (const close of opened.reverse()) await close();
  }
}

/** @throws Fault `unreachable`, which says what to install. */
function wantSshd(program: string | undefined): string {
  if (program !== undefined) return program;
  const how = 'apt install openssh-server, dnf install openssh-server, apk add openssh';
  throw new Fault('unreachable', 'sshd', `is not installed here: ${how}`);
}

async function open(
  io: Io,
  args: Args,
  { dir, quiet, program }: Stage & { readonly program: string },
  opened: Array<() => Promise<void>>,
): Promise<SshScene> {
  const at = (name: string) => join(dir, name);
  const relay = await startTcpRelay(0);
  opened.push(relay.close);
  const folder = at('host-keys');
  const world = await startWorld(quiet, {
    dir,
    machines: [MACHINE],
    models: { [SHOWN.pool]: [SHOWN.model] },
    pace: 0,
    agent: { ssh: { folder, address: relay.address } },
    onProgress: (doing) => warn(io, doing),
  });
  opened.push(world.close);
  await writeLedgerKey(world);
  warn(io, 'starting two servers of OpenSSH');
  const user = await makeSshUser(dir);
  const start = async (box: string, ...lines: readonly string[]) => {
    const sshd = await startSshd({ program, dir: at(box), user, lines });
    opened.push(sshd.close);
    return sshd;
  };
  const sshd = await start(BOX, `Include ${folder}/sshd.conf`);
  await makeKey(at('other_key'));
  const other = await start(OTHER, `HostKey ${at('other_key')}`);
  const teller = new Teller(io, args.has('json') ? 'json' : 'lines');
  return { io, world, teller, relay, user, sshd, other };
}
