import { join } from 'node:path';
import { PosternError } from '../../client/errors.ts';
import { type OpenMachines, openMachines } from '../../client/open-machines.ts';
import { type AgentProxy, startAgentProxy } from '../../client/ssh/agent-proxy.ts';
import { differences, type EffectiveConfig, unfit, unseen } from '../../client/ssh/effective.ts';
import { findMachine } from '../../client/ssh/find-machine.ts';
import {
  asArguments,
  identityOptions,
  type Place,
  parsePlace,
  placeOptions,
  type SshKnows,
  type SshOption,
} from '../../client/ssh/hardening.ts';
import { hostKeyAlgorithms, knownHostsLines } from '../../client/ssh/known-hosts.ts';
import { proveSession } from '../../client/ssh/prove-session.ts';
import type { SessionBind } from '../../client/ssh/session-bind.ts';
import { isSince, releaseText, SSH_FEATURES } from '../../client/ssh/version.ts';
import type { VerifiedMachine } from '../../client/verifying.ts';
import { readClient } from '../client/read-client.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args } from '../verb.ts';
import { guarded } from './guarded.ts';
import { admissionGuard, proofGuard } from './guards.ts';
import { type Proving, prepareProving } from './proving.ts';
import { letInUnproven, machineJson, tellKeysOnly, tellMachine, tellOther } from './say.ts';
import type { PrivateFolder, SshSystem } from './system.ts';
import { effectiveConfig, findSsh, type TheSsh } from './the-ssh.ts';
import { userAgent } from './user-agent.ts';

const KNOWN_HOSTS = 'known_hosts';

/** All that one connection is made of. */
interface Connection {
  readonly ssh: TheSsh;
  readonly open: OpenMachines;
  readonly machine: VerifiedMachine;
  readonly place: Place;
  /** What ssh is told of where to go: who, and all that stands behind it. */
  readonly words: readonly string[];
  readonly proves: boolean;
}

/** @returns ssh's own exit code. @throws Error of whatever kept it from running, or had it ended. */
export async function connectBySsh(io: Io, args: Args, system: SshSystem): Promise<number> {
  const ssh = await findSsh(args, system);
  const proves = readProves(io, args, ssh);
  const options = await readClient(io, args);
  const { pool } = options;
  if (pool === undefined) throw usage('of which pool: --pool');
  const [target = '', ...theirs] = args.operands;
  const { user, wanted } = readTarget(target);
  const open = await openMachines(options);
  const machine = await findMachine(open, { pool, wanted });
  const place = readPlace(args, machine);
  // The name as it was typed, so that the user's configuration of it holds.
  const host = PLAIN_HOST.test(wanted) ? wanted : machine.node;
  const words = [...(user === undefined ? [] : ['-l', user]), host, ...theirs];
  const connection = { ssh, open, machine, place, words, proves };
  const lines = knownHostsLines(machine.node, machine.sshHostKeys);
  if (args.has('json')) {
    printJson(io, { ...machineJson(open, machine), address: place, knownHosts: lines });
    return 0;
  }
  tellMachine(io, open, machine, place);
  const folder = await system.folder({ [KNOWN_HOSTS]: lines });
  try {
    return await run(io, connection, folder, system);
  } finally {
    await folder.remove();
  }
}

async function run(
  io: Io,
  connection: Connection,
  folder: PrivateFolder,
  system: SshSystem,
): Promise<number> {
  const { ssh, open, machine, words, proves } = connection;
  const plain = await effectiveConfig(ssh, words, system);
  const proving = proves ? await prepareProving(io, folder, plain, system) : undefined;
  const wanted = [...wantedOptions(connection, plain, folder.path), ...(proving?.options ?? [])];
  const argv = [...asArguments(wanted), ...words];
  const config = await effectiveConfig(ssh, argv, system);
  const problems = [
    ...differences(config, wanted),
    ...unfit(config),
    ...unseen(ssh.version, words),
  ];
  if (problems.length > 0) {
    throw usage(
      `ssh is not run, since its configuration undoes what keeps it to one machine: ${problems.join('; ')}`,
    );
  }
  let proven: SessionBind | undefined;
  const proveAgain = async (again: VerifiedMachine) => {
    if (proven) await proveSession(open, again, proven);
  };
  const proxy = proving
    ? await startAgentProxy({
        socket: proving.socket,
        upstream: userAgent(io, plain),
        onSession: async (bind) => {
          await proveSession(open, machine, bind);
          proven = bind;
          await proving.prove();
          warn(io, `${machine.node} answers for this very connection`);
        },
      })
    : undefined;
  try {
    return await runGuarded(io, connection, { argv, proxy, proving, proveAgain }, system);
  } finally {
    await proxy?.close();
  }
}

interface Running {
  readonly argv: readonly string[];
  readonly proxy: AgentProxy | undefined;
  readonly proving: Proving | undefined;
  readonly proveAgain: (machine: VerifiedMachine) => Promise<void>;
}

async function runGuarded(
  io: Io,
  { ssh, open, machine, place }: Connection,
  { argv, proxy, proving, proveAgain }: Running,
  system: SshSystem,
): Promise<number> {
  let isProven = false;
  proxy?.proven.then(
    () => {
      isProven = true;
    },
    () => undefined,
  );
  const { code, lastWords, because } = await guarded(system.start(ssh.program, argv), [
    admissionGuard(io, open, machine, system, proveAgain),
    ...(proxy ? [proofGuard(proxy, machine.node, system)] : []),
  ]);
  if (because !== undefined) throw because;
  if (await proving?.isLetInUnproven()) throw letInUnproven(machine);
  // What is said after the proof may be the words of an ssh that runs over there.
  if (code === 255 && !isProven) tellOther(io, lastWords, machine, place);
  if (code === 255 && !isProven && proving) {
    tellKeysOnly(io, lastWords);
  }
  return code;
}

function wantedOptions(
  { ssh, machine, place }: Connection,
  plain: EffectiveConfig,
  folder: string,
): readonly SshOption[] {
  const knows: SshKnows = {
    knownHostsCommand: isSince(ssh.version, SSH_FEATURES.knownHostsCommand),
    gssapiKeyExchange: plain.has('gssapikeyexchange'),
  };
  const identity = {
    knownHosts: join(folder, KNOWN_HOSTS),
    alias: machine.node,
    algorithms: hostKeyAlgorithms(machine.sshHostKeys),
  };
  return [...identityOptions(identity, knows), ...placeOptions(place)];
}

/** What ssh takes for a name, and nothing else: no option, no user, no address of another form. */
const PLAIN_HOST = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]{0,127}$/;

function readTarget(target: string) {
  const at = target.lastIndexOf('@');
  const wanted = target.slice(at + 1);
  const user = at < 0 ? undefined : target.slice(0, at);
  if (wanted === '') throw usage('which node: its id, its name or its address');
  if (user !== undefined && !USER.test(user)) {
    throw usage(`want a user as ssh takes one, got ${JSON.stringify(user)}`);
  }
  return { user, wanted };
}

function readPlace(args: Args, { node, services }: VerifiedMachine): Place {
  const given = args.one('address');
  const text = given ?? services.ssh;
  if (text === undefined) {
    throw usage(`where is ${node} reached? Its gateway does not say: --address`);
  }
  const place = parsePlace(text);
  if (place === undefined) {
    const from = given === undefined ? 'the gateway’s address of its SSH' : '--address';
    throw usage(`${from}: want host:port, got ${JSON.stringify(text)}`);
  }
  return place;
}

/** @throws Fault `unsupported` where it is insisted on, and ssh can't. */
function readProves(io: Io, args: Args, { version }: TheSsh): boolean {
  if (args.has('no-prove-session')) {
    if (args.has('prove-session')) throw usage('either --prove-session or --no-prove-session');
    return false;
  }
  if (isSince(version, SSH_FEATURES.sessionBind)) return true;
  const problem = `${version.text} shows its session to no agent, which ${releaseText(SSH_FEATURES.sessionBind)} and newer do`;
  if (args.has('prove-session')) throw new PosternError('connect.unsupported', problem);
  warn(io, `${problem}: a machine that has stolen the host key would not be told apart`);
  return false;
}
