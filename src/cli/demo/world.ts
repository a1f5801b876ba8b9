import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { GatewayClient } from '../../agent/gateway/gateway-client.ts';
import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { Fault } from '../../core/fault.ts';
import type { NodeJson } from '../../protocol/node.ts';
import { bundleAnchors } from '../../simulator/bundle/anchors.ts';
import {
  type OpenAiUpstream,
  startOpenAiUpstream,
} from '../../simulator/upstream/openai-upstream.ts';
import { serveAgent } from '../agent/agent-run.ts';
import { readIdentity, readLedgerFolder } from '../audit/ledger-folder.ts';
import { vkeysOf } from '../audit/verifier-keys.ts';
import { GATEWAY_LAYOUT } from '../gateway/folder.ts';
import { gatewayVerb, runGateway } from '../gateway/gateway-run.ts';
import { readParts } from '../gateway/parts.ts';
import { readConfig } from '../gateway/read-config.ts';
import type { Io } from '../io.ts';
import { eachNode } from '../nodes/find-node.ts';
import { readApiKey } from '../nodes/proof.ts';
import { Args } from '../verb.ts';
import {
  type AgentMade,
  DEMO_LAYOUT,
  type FolderPlan,
  makeFolder,
  ORIGIN,
  type Placed,
} from './folder.ts';
import { type MachineMade, type MachinePlan, makeMachine } from './machines.ts';

/** Something that runs until it is stopped, or killed as a power cut would. */
export interface Running {
  readonly stop: () => Promise<void>;
}

/** How the two kinds of process are run; in this one, unless somebody has processes of their own. */
export interface Runners {
  /** @param dir a gateway's folder. @returns once it listens. */
  readonly gateway: (io: Io, dir: string) => Promise<Running>;
  readonly agent: (io: Io, made: AgentMade, placed: Placed) => Promise<Running>;
}

export interface WorldPlan extends Pick<FolderPlan, 'gateway' | 'agent' | 'models'> {
  /** Where nothing is yet. */
  readonly dir: string;
  readonly machines: readonly MachinePlan[];
  /** Milliseconds between the words of the model. */
  readonly pace: number;
  readonly runners?: Partial<Runners>;
  /** Told what is being done. */
  readonly onProgress?: (doing: string) => void;
}

/** A machine that runs, and what is beside it. */
export interface WorldMachine extends Placed {
  readonly server: OpenAiUpstream;
  /** Changes when it is started again. */
  agent: Running;
}

/** A gateway, enclaves that it admitted, and all that a client of them has to know. */
export interface World {
  readonly dir: string;
  /** Where the gateway listens. */
  readonly url: string;
  readonly machines: readonly WorldMachine[];
  /** The simulator's roots. */
  readonly anchors: BundleAnchors;
  /** Of the ledger, as its owner hands it out. */
  readonly verifierKey: string;
  /** Of who signs policies, PEM. */
  readonly policyOwner: string;
  /** API key of role `client`. */
  readonly clientKey: string;
  /** Asks the gateway as its admin. */
  readonly admin: GatewayClient;
  readonly nodes: () => Promise<readonly NodeJson[]>;
  readonly stopGateway: () => Promise<void>;
  readonly startGateway: () => Promise<void>;
  readonly startAgent: (machine: WorldMachine) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Makes and runs a gateway and agents as their own verbs do, on free ports of the loopback, with
 * simulated hardware in the place of the kernel's; comes back once all machines are admitted.
 *
 * @param io for all that runs: its `err` takes the logs.
 */
export async function startWorld(io: Io, plan: WorldPlan): Promise<World> {
  const opened: Array<() => Promise<void>> = [];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one();
  };
  try {
    return await open(io, plan, opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  io: Io,
  plan: WorldPlan,
  opened: Array<() => Promise<void>>,
  close: () => Promise<void>,
): Promise<World> {
  const { dir, pace, onProgress: say = () => undefined } = plan;
  const runners: Runners = { ...IN_PROCESS, ...plan.runners };
  const made: MachineMade[] = [];
  for (const machine of plan.machines) {
    say(`making ${machine.name}`);
    made.push(await makeMachine(machine, io.now()));
  }
  const ports = await freePorts(made.length + 1);
  const port = ports[0] ?? 0;
  const placed: (Placed & { readonly server: OpenAiUpstream })[] = [];
  for (const [i, one] of made.entries()) {
    const models = plan.models[one.pool] ?? [];
    const server = await startOpenAiUpstream({ models, pace });
    opened.push(server.close);
    placed.push({ ...one, port: ports[i + 1] ?? 0, upstream: server.address, server });
  }
  say('making keys, policies and a ledger');
  const { agents } = await makeFolder(io, { ...plan, machines: placed, port, now: io.now() });
  const gatewayDir = join(dir, DEMO_LAYOUT.gateway);
  say('starting the gateway');
  let gateway = await runners.gateway(io, gatewayDir);
  opened.push(() => gateway.stop());
  const url = `http://127.0.0.1:${port}`;
  const adminKey = await readApiKey(io, join(gatewayDir, GATEWAY_LAYOUT.adminKey));
  const admin = new GatewayClient(io, { base: url, origin: ORIGIN, proof: adminKey });
  say('starting the agents');
  const machines: WorldMachine[] = [];
  const startOf = new Map<WorldMachine, () => Promise<Running>>();
  for (const [i, one] of placed.entries()) {
    const agent = agents[i];
    if (agent === undefined) continue;
    const start = () => runners.agent(io, agent, one);
    const machine: WorldMachine = { ...one, agent: await start() };
    startOf.set(machine, start);
    opened.push(() => machine.agent.stop());
    machines.push(machine);
  }
  const nodes = () => all(eachNode(admin, {}));
  say('waiting until the gateway has admitted them');
  await untilAdmitted(nodes, machines.length);
  const [first] = made;
  if (first === undefined) throw new Fault('usage', 'demo', 'no machine');
  const identity = await readIdentity(await readLedgerFolder(join(dir, DEMO_LAYOUT.ledger)));
  return {
    dir,
    url,
    machines,
    anchors: bundleAnchors(first.machine.roots),
    verifierKey: vkeysOf(identity)[0] ?? '',
    policyOwner: await readFile(join(dir, DEMO_LAYOUT.ownerKey), 'utf8'),
    clientKey: (await readFile(join(dir, DEMO_LAYOUT.clientKey), 'utf8')).trim(),
    admin,
    nodes,
    stopGateway: () => gateway.stop(),
    startGateway: async () => {
      gateway = await runners.gateway(io, gatewayDir);
    },
    startAgent: async (machine) => {
      machine.agent = (await startOf.get(machine)?.()) ?? machine.agent;
    },
    close,
  };
}

const IN_PROCESS: Runners = {
  gateway: async (io, dir) => {
    const { config } = await readConfig(io, new Args(gatewayVerb, [dir]), dir);
    const { parts, problems } = await readParts(io, config);
    if (parts === undefined) {
      const [first] = problems;
      throw new Fault('usage', 'demo', `${first?.path}: ${first?.problem}`);
    }
    return running((signal, onListening) =>
      runGateway(io, config, parts, signal, () => onListening()),
    );
  },
  agent: (io, { read }, { machine }) =>
    running((signal, onListening) =>
      serveAgent(io, read, machine.hardware, signal, () => onListening()),
    ),
};

async function running(
  run: (signal: AbortSignal, onListening: () => void) => Promise<void>,
): Promise<Running> {
  const told = new AbortController();
  const listening = Promise.withResolvers<void>();
  const done = run(told.signal, listening.resolve);
  done.catch(listening.reject);
  await listening.promise;
  return {
    stop: () => {
      told.abort();
      return done;
    },
  };
}

/** Free a moment ago; each another. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : 0);
        });
      }),
  );
  const free = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return free;
}

const PATIENCE = 60_000;
const PAUSE = 50;

async function untilAdmitted(
  nodes: () => Promise<readonly NodeJson[]>,
  count: number,
): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const now = await nodes();
    if (now.filter(({ admittedNow }) => admittedNow).length >= count) return;
    if (Date.now() > end) {
      const stands = now.map(({ name, standing }) => `${name} ${standing.state}`).join(', ');
      throw new Fault('unreachable', 'demo', `not all machines were admitted: ${stands}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
