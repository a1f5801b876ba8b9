import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findSshd } from '../../../src/cli/demo/ssh/sshd.ts';
import { sshConfigVerbOf } from '../../../src/cli/ssh/ssh-config-verb.ts';
import { sshSystem } from '../../../src/cli/ssh/system.ts';
import { Args } from '../../../src/cli/verb.ts';
import { POOL, realIo } from '../../../test/support/sessions-world.ts';
import { BOX, type WholeSshBed, wholeSshBed } from '../../../test/support/ssh/whole-bed.ts';
import type { Scratch } from '../ledger/scratch.ts';
import { median, type Result } from '../measure.ts';
import type { Trial } from '../trial.ts';

const ROUNDS = 5;
const WARM_UP = 1;
const NAME = 'ssh.connect';
/** As it is installed: types are taken out of no module while ssh waits. */
const POSTERN = [process.execPath, resolve('dist/cli/main.js')];
const WAYS = ['plain', 'window', 'first', 'prove'] as const;
type Way = (typeof WAYS)[number];

/** Connections of ssh to a machine on the loopback, by turns; none where sshd is not installed. */
export function sshTrials(
  scratch: Scratch,
  warn: (text: string) => void,
  find = findSshd,
): readonly Trial[] {
  const program = find();
  if (program !== undefined) return [{ name: NAME, run: () => connections(program, scratch) }];
  warn(`${NAME} is left out: there is no sshd here`);
  return [];
}

async function connections(program: string, scratch: Scratch): Promise<Result> {
  await promisify(execFile)('npm', ['run', '-s', 'build']);
  const bed = await wholeSshBed(program);
  scratch.onEnd(bed.close);
  const ways = await waysOf(bed);
  const times: Record<Way, number[]> = { plain: [], window: [], first: [], prove: [] };
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    // What one round verified is nothing to the next: the first of it pays, and the others do not.
    const state = join(bed.dir, `state-${round}`);
    await mkdir(state);
    for (const way of ['plain', 'first', 'window', 'prove'] as const) {
      const took = await timeOf(ways[way], state);
      if (round >= WARM_UP) times[way].push(took);
    }
  }
  const ms = (way: Way) => median(times[way]);
  return {
    name: NAME,
    perSecond: 1000 / ms('window'),
    against: 'limit.ssh.plain',
    ratio: ms('plain') / ms('window'),
    also: Object.fromEntries(WAYS.map((way) => [`${way}Ms`, ms(way)])),
  };
}

/** Command lines, each of which connects, has `true` run there, and ends. */
async function waysOf(bed: WholeSshBed): Promise<Readonly<Record<Way, readonly string[]>>> {
  const { dir, flags, user, relay } = bed;
  const config = join(dir, 'pool.config');
  const verb = sshConfigVerbOf(sshSystem({ input: 'ignore', err: () => undefined }), POSTERN);
  const argv = [...flags, '--window', '5m', '--out', config];
  const io = realIo(() => undefined);
  if ((await verb.run(io, new Args(verb, argv))) !== 0) throw new Error('no ssh-config');
  const own = await readFile(user.config, 'utf8');
  const whole = join(dir, 'whole.config');
  await writeFile(whole, `Include ${config}\n${own}`);
  const key = await readFile(join(bed.hostKeys, 'ssh_host_ed25519_key.pub'), 'utf8');
  const known = join(dir, 'plain_known_hosts');
  await writeFile(known, `${BOX} ${key}`);
  const [host = '', port = ''] = relay.address.split(':');
  const told = [`HostName=${host}`, `Port=${port}`, `UserKnownHostsFile=${known}`];
  const options = [...told, `HostKeyAlias=${BOX}`, 'StrictHostKeyChecking=yes'];
  const verified = ['ssh', '-F', whole, `${POOL}.${BOX}`, 'true'];
  return {
    plain: ['ssh', '-F', user.config, ...options.flatMap((one) => ['-o', one]), BOX, 'true'],
    first: verified,
    window: verified,
    prove: [...POSTERN, 'ssh', ...flags, '--prove-session', BOX, '-F', user.config, 'true'],
  };
}

/** @param state where verdicts are kept. */
function timeOf([program = '', ...argv]: readonly string[], state: string): Promise<number> {
  const env = { ...process.env, XDG_STATE_HOME: state };
  const start = performance.now();
  return new Promise((done, reject) => {
    execFile(program, argv, { env }, (error) => {
      if (error) reject(error);
      else done(performance.now() - start);
    });
  });
}
