import { chmod } from 'node:fs/promises';
import { resolve } from 'node:path';
import { atStage } from '../../client/at-stage.ts';
import { askCandidates } from '../../client/candidates.ts';
import { openMachines } from '../../client/open-machines.ts';
import { type ConfiguredHost, configBlock } from '../../client/ssh/config-text.ts';
import { MOST_CANDIDATES } from '../../client/ssh/find-machine.ts';
import { parsePlace } from '../../client/ssh/hardening.ts';
import { canPrefix, hostNames } from '../../client/ssh/host-names.ts';
import { isSince, releaseText, SSH_FEATURES } from '../../client/ssh/version.ts';
import { Fault } from '../../core/fault.ts';
import { SSH_ED25519, SSH_P256 } from '../../core/ssh/public-key.ts';
import type { Candidate } from '../../protocol/session/candidates.ts';
import { counted } from '../audit/counted.ts';
import { telling } from '../client/client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS } from '../client/client-options.ts';
import { readClient } from '../client/read-client.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { OUT_OPTION, writeOut } from '../write-file.ts';
import { clientWords } from './client-words.ts';
import { type SshSystem, terminalSystem } from './system.ts';
import { effectiveConfig, findSsh, SSH_OPTION } from './the-ssh.ts';
import { readWindow, WINDOW_OPTION } from './window.ts';

export function sshConfigVerbOf(system: Pick<SshSystem, 'capture'>, self: readonly string[]): Verb {
  return {
    name: 'ssh-config',
    summary: 'Write ssh_config for a whole pool, so that plain ssh verifies each machine.',
    operands: '',
    arity: { min: 0, max: 0 },
    options: {
      ...CLIENT_OPTIONS,
      ...WINDOW_OPTION,
      'short-names': { help: 'take a node’s own name besides <pool>.<name>' },
      ...OUT_OPTION,
      ...SSH_OPTION,
    },
    notes: [
      'Put it into ~/.ssh/config before all else, since ssh takes the first value it meets: Include ~/.ssh/postern.config. Machines that come later need it written anew.',
      'Names and addresses are the gateway’s word: an address that is none of a host is left out, a machine whose name is no single label goes by its id, and both are said. Who answers is verified at each connection, by postern known-hosts. With --short-names the gateway says which of your names are its machines’: without, they begin with the pool’s.',
      ...CLIENT_NOTES,
    ],
    run: (io, args) => telling(io, args, () => sshConfig(io, args, system, self)),
  };
}

/** As this process was begun, without its arguments. */
const SELF = [process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')];

export const sshConfigVerb = sshConfigVerbOf(terminalSystem, SELF);

async function sshConfig(
  io: Io,
  args: Args,
  system: Pick<SshSystem, 'capture'>,
  self: readonly string[],
): Promise<number> {
  const ssh = await findSsh(args, system);
  if (!isSince(ssh.version, SSH_FEATURES.knownHostsCommand)) {
    throw new Fault(
      'unsupported',
      ssh.program,
      `is ${ssh.version.text}, which has no KnownHostsCommand (${releaseText(SSH_FEATURES.knownHostsCommand)} and newer have); postern ssh works with it`,
    );
  }
  readWindow(args);
  const options = await readClient(io, args);
  const { pool } = options;
  if (pool === undefined) throw usage('of which pool: --pool');
  const { deps, credential } = await openMachines(options);
  const { candidates } = await atStage('candidates', 'the candidates', {}, async () =>
    askCandidates(deps.gateway, { pool }, options.region, await credential(), MOST_CANDIDATES),
  );
  if (candidates.length >= MOST_CANDIDATES) {
    warn(
      io,
      `a gateway names ${MOST_CANDIDATES} machines at once, drawn at random: the pool may have more, which are left out; postern ssh finds those by their names`,
    );
  }
  const plain = await effectiveConfig(ssh, ['-F', 'none', 'postern'], system);
  const plan = {
    command: [...self, 'known-hosts', ...clientWords(args, ['window'])],
    algorithms: `${SSH_ED25519},${SSH_P256}`,
    knows: { knownHostsCommand: true, gssapiKeyExchange: plain.has('gssapikeyexchange') },
  };
  const hosts = hostsOf(io, candidates, pool, args.has('short-names'));
  const blocks = hosts.map((host) => configBlock(host, plan));
  const text = [HEAD, ...blocks].join('\n');
  const out = args.one('out');
  if (args.has('json')) printJson(io, { pool, hosts, text });
  if (out !== undefined || !args.has('json')) await writeOut(io, args, text);
  if (out !== undefined) {
    await chmod(out, 0o600);
    warn(
      io,
      `${counted(hosts.length, 'machine', 'machines')}; in ~/.ssh/config, before all else: Include ${resolve(out)}`,
    );
  }
  return 0;
}

const HEAD =
  '# Machines whose host keys are verified at each connection. Include it before all else: ssh takes\n# the first value it meets.\n';

/** Whatever does not fit is left out: a gateway writes no line of it. */
function hostsOf(
  io: Io,
  candidates: readonly Candidate[],
  pool: string,
  short: boolean,
): readonly ConfiguredHost[] {
  if (!canPrefix(pool)) {
    warn(io, `no name of a host begins with ${pool}.: its machines go by their ids alone`);
  }
  const called = hostNames(candidates, pool, short);
  return candidates.flatMap(({ node, name, services }, i) => {
    const { names = [], isNamed } = called[i] ?? {};
    const place = services?.ssh === undefined ? undefined : parsePlace(services.ssh);
    if (place === undefined) {
      warn(io, `${name} (${node}) is left out: its gateway does not say where its SSH is reached`);
      return [];
    }
    if (!isNamed) {
      warn(
        io,
        `${name} (${node}) goes by its id: its name is no label of a host, or not its alone`,
      );
    }
    return [{ node, names, place }];
  });
}
