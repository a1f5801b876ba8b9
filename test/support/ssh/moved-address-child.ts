// In a network of its own: an address that is a verified machine's, and then another box's. Prints
// what each way to connect to it came to, before and after, as JSON.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientFlags, writeLedgerKey } from '../../../src/cli/demo/client-flags.ts';
import { makeKey, makeSshUser, startSshd } from '../../../src/cli/demo/ssh/sshd.ts';
import { POOL, sessionsWorld } from '../sessions-world.ts';

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}
export type Way = 'postern ssh' | 'ssh-config' | 'known-hosts';

export interface MovedAddress {
  readonly node: string;
  readonly address: string;
  readonly before: Readonly<Record<Way, Outcome>>;
  readonly after: Readonly<Record<Way, Outcome>>;
  /** Whether the other box let somebody in until then. */
  readonly letIn: boolean;
  /** Of an ssh that takes whoever answers, in the end. */
  readonly credulous: Outcome;
}

/** Path of OpenSSH's. */
const sshd = process.argv[2] ?? '';
const HOST = '10.77.0.2';
const NEIGHBOUR = '10.77.0.1';
const ADDRESS = `${HOST}:22`;
const COMMAND = 'echo "this is $BOX"';
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const POSTERN = [process.execPath, '--conditions=postern-src', MAIN];
/** An ssh ends soon, whatever the network does with what it sends. */
const PATIENCE = 'ConnectTimeout=10';

const dir = mkdtempSync(join(tmpdir(), 'postern-moved-'));
const at = (name: string) => join(dir, name);
const closing = [async () => rmSync(dir, { recursive: true, force: true })];
const seen = await play().finally(async () => {
  for (const close of closing.reverse()) await close();
});
process.stdout.write(JSON.stringify(seen));

async function play(): Promise<MovedAddress> {
  run('ip link set lo up');
  const folder = at('host-keys');
  const { world, close } = await sessionsWorld({
    machines: [{ name: 'one', pool: POOL, cpu: 'tdx', gpus: 0 }],
    agent: { ssh: { folder, address: ADDRESS } },
  });
  closing.push(close);
  await writeLedgerKey(world);
  const [{ id: node } = { id: '' }] = await world.nodes();
  const user = await makeSshUser(dir);
  await makeKey(at('other_key'));
  const one = await startBox('one', `Include ${folder}/sshd.conf`);
  const other = await startBox('other', `HostKey ${at('other_key')}`);

  run('ip link add near type veth peer name far');
  run(`ip addr add ${NEIGHBOUR}/24 dev near`);
  run('ip link set near up');
  run(`ip link set far netns ${one.pid}`);
  answerFrom(one.pid);
  const ways = await waysOf(user.config, clientFlags(world, POOL));
  const before = await outcomes(ways);

  // The very link, so that not even its hardware's address is another.
  within(one.pid, `ip link set far netns ${other.pid}`);
  answerFrom(other.pid);
  const after = await outcomes(ways);
  const letIn = other.said().includes('Accepted');
  const credulous = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
  return {
    ...{ node, address: ADDRESS, before, after, letIn },
    credulous: await outcomeOf(plain(user.config, credulous, HOST)),
  };

  async function startBox(box: string, hostKeys: string) {
    const [program, pid] = [at(`${box}-sshd`), at(`${box}.pid`)];
    // It stays the same process, whose network is the box's.
    const script = `#!/bin/sh\necho $$ > ${pid}\nexec unshare --net ${sshd} "$@"\n`;
    writeFileSync(program, script, { mode: 0o755 });
    const lines = [hostKeys, 'ListenAddress 0.0.0.0:22'];
    const started = await startSshd({ program, dir: at(box), user, lines });
    closing.push(started.close);
    return { pid: readFileSync(pid, 'utf8').trim(), said: started.said };
  }
}

type Commands = Readonly<Record<Way, readonly string[]>>;

async function waysOf(config: string, flags: readonly string[]): Promise<Commands> {
  const pool = at('pool.config');
  const written = await outcomeOf([...POSTERN, 'ssh-config', ...flags, '--out', pool]);
  if (written.exit !== 0) throw new Error(`no ssh-config: ${written.err}`);
  writeFileSync(at('whole.config'), `Include ${pool}\n${readFileSync(config, 'utf8')}`);
  const asks = [...POSTERN, 'known-hosts', ...flags, '%I', '%H', '%t', '%K', '%f'].join(' ');
  const known = [`KnownHostsCommand=${asks}`, 'UserKnownHostsFile=none'];
  return {
    'postern ssh': [
      ...[...POSTERN, 'ssh', ...flags, 'one'],
      ...['-F', config, '-o', PATIENCE, COMMAND],
    ],
    'ssh-config': plain(at('whole.config'), [], `${POOL}.one`),
    'known-hosts': plain(config, [...known, 'StrictHostKeyChecking=yes'], HOST),
  };
}

function plain(config: string, options: readonly string[], host: string): readonly string[] {
  const told = [...options, 'GlobalKnownHostsFile=none', 'BatchMode=yes', PATIENCE];
  return ['ssh', '-F', config, ...told.flatMap((one) => ['-o', one]), host, COMMAND];
}

async function outcomes(ways: Commands) {
  return {
    'postern ssh': await outcomeOf(ways['postern ssh']),
    'ssh-config': await outcomeOf(ways['ssh-config']),
    'known-hosts': await outcomeOf(ways['known-hosts']),
  };
}

function outcomeOf([program = '', ...argv]: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, XDG_STATE_HOME: at('state') };
  return new Promise((resolve) => {
    execFile(program, argv, { env }, (error, out, err) => {
      resolve({ exit: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

/** From now on the address is that of whose network the far end of the link is in. */
function answerFrom(pid: string): void {
  within(pid, `ip addr add ${HOST}/24 dev far`);
  within(pid, 'ip link set far up');
}

function within(pid: string, command: string): void {
  run(`nsenter --net=/proc/${pid}/ns/net ${command}`);
}

/** With the rights over networks that a network of one's own gives. */
function run(command: string): void {
  const [program = '', ...argv] = command.split(' ');
  execFileSync(program, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
}
