import type { Io } from '../../io.ts';
import { sshVerbOf } from '../../ssh/ssh-verb.ts';
import { sshSystem } from '../../ssh/system.ts';
import { Args } from '../../verb.ts';
import { clientFlags, POSTERN } from '../client-flags.ts';
import { type Scene, SHOWN, wantShown } from '../scene.ts';
import type { Sshd, SshUser } from './sshd.ts';
import type { TcpRelay } from './tcp-relay.ts';

/** The machine's name, and that of a box which is none of the pool. */
export const BOX = 'box-one';
export const OTHER = 'box-two';

export interface SshScene extends Pick<Scene, 'io' | 'world' | 'teller'> {
  /** Where the machine is reached, as its gateway says. */
  readonly relay: TcpRelay;
  readonly user: SshUser;
  readonly sshd: Sshd;
  readonly other: Sshd;
}

const COMMAND = 'echo "a shell on $BOX"';

/** A command that runs on the machine which was verified. */
export async function showReached(scene: SshScene): Promise<void> {
  const { teller, relay, sshd } = scene;
  teller.begin(`postern ssh ${BOX}: the machine is verified, then reached under its own host key`);
  relay.target = sshd.port;
  const { code, out, err } = await postern(scene);
  tell(scene, err);
  wantShown(code === 0 && out.includes(BOX), `a command on ${BOX}: ${err}`);
  teller.good(`${COMMAND}: ${out.trim()}`);
  teller.facts('reached', { address: relay.address, code, out });
}

/** The same once more, after its address was made to lead to another box. */
export async function showRedirected(scene: SshScene): Promise<void> {
  const { teller, relay, other } = scene;
  teller.begin(`An attack: ${relay.address} leads to ${OTHER} now, which lets the same user in`);
  relay.target = other.port;
  const { code, out, err } = await postern(scene);
  tell(scene, err);
  wantShown(code !== 0 && out === '', `${OTHER} is refused`);
  wantShown(!other.said().includes('Accepted'), `nobody was authenticated at ${OTHER}`);
  teller.bad(`refused: nothing was sent, and ${OTHER} authenticated nobody`);
  const because = err.split('\n').find((line) => line.includes('which was verified'));
  wantShown(because !== undefined, 'why it is refused');
  teller.facts('redirected', { address: relay.address, code, out, because });
}

/** Leaves the address honest. */
export function showNextOfSsh(scene: SshScene, isLeft: boolean): void {
  const { teller, relay, sshd, world } = scene;
  relay.target = sshd.port;
  const words = ['ssh', ...clientFlags(world, SHOWN.pool)];
  const theirs = ['-F', scene.user.config];
  const line = (flags: readonly string[]) =>
    [POSTERN, ...words, ...flags, BOX, ...theirs].join(' ');
  const redirected = ['--address', scene.other.address];
  const commands = [
    { says: 'a shell on the machine', command: line([]) },
    { says: `the same, led to ${OTHER}`, command: line(redirected) },
  ];
  if (isLeft) {
    teller.begin('It goes on until Ctrl-C. In another terminal:');
    for (const { says, command } of commands) {
      teller.line(`# ${says}`, 'dim');
      teller.line(command);
    }
  }
  teller.facts('next', { dir: world.dir, gateway: world.url, commands: isLeft ? commands : [] });
}

/** What `postern ssh` and ssh say, in their own words. */
function tell({ teller }: SshScene, text: string): void {
  for (const line of text.trimEnd().split(/\r?\n/)) teller.line(line, 'dim');
}

async function postern(scene: SshScene) {
  const { io, world, user } = scene;
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
  const plain: Io = {
    ...io,
    err: (more) => {
      err += more;
    },
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
  const verb = sshVerbOf(system);
  const argv = [...clientFlags(world, SHOWN.pool), BOX, '-F', user.config, COMMAND];
  const code = await verb.run(plain, new Args(verb, argv));
  return { code, out, err };
}
