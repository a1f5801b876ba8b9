import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GatewayClient } from '../../agent/gateway/gateway-client.ts';
import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { Fault } from '../../core/fault.ts';
import type { NodeJson } from '../../protocol/node.ts';
import { CandidatesSchema } from '../../protocol/session/candidates.ts';
import { bundleAnchors } from '../../simulator/bundle/anchors.ts';
import {
  type OpenAiUpstream,
  startOpenAiUpstream,
} from '../../simulator/upstream/openai-upstream.ts';
import { readIdentity, readLedgerFolder } from '../audit/ledger-folder.ts';
import { vkeysOf } from '../audit/verifier-keys.ts';
import { GATEWAY_LAYOUT } from '../gateway/folder.ts';
import type { Io } from '../io.ts';
import { eachNode } from '../nodes/find-node.ts';
import { readApiKey } from '../nodes/proof.ts';
import {
  type AgentMade,
  DEMO_LAYOUT,
  type FolderPlan,
  makeFolder,
  ORIGIN,
  type Placed,
} from './folder.ts';
import { freePorts } from './free-ports.ts';
import { type MachinePlan, makeMachine } from './machines.ts';
import { IN_PROCESS, type Runners, type Running } from './runners.ts';

export interface WorldPlan extends Pick<FolderPlan, 'gateway' | 'agent' | 'models' | 'epochEvery'> {
  /** Where nothing is yet. */
  readonly dir: string;
  /** At least one. */
  readonly machines: readonly MachinePlan[];
  /** Milliseconds between the words of the model. */
  readonly pace: number;
  readonly runners?: Partial<Runners>;
  /** Told what is being done. */
  readonly onProgress?: (doing: string) => void;
}

/** A machine that runs. */
export interface WorldMachine extends Placed {
  readonly agent: Running;
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
  /** Ends the gateway, and runs it once more in its folder. */
  readonly restartGateway: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What is to be ended, the last one first. */
type Opened = Array<() => Promise<void>>;

/**
 * Makes and runs a gateway and agents as their own verbs do, on free ports of the loopback, with
 * simulated hardware in the place of the kernel's; comes back once all machines are admitted.
 *
 * @param io for all that runs: its `err` takes the logs.
 */
export async function startWorld(io: Io, plan: WorldPlan): Promise<World> {
  const opened: Opened = [];
  try {
    return await open(io, plan, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function closeAll(opened: Opened): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

async function open(io: Io, plan: WorldPlan, opened: Opened): Promise<World> {
  const { dir, onProgress: say = () => undefined } = plan;
  const runners: Runners = { ...IN_PROCESS, ...plan.runners };
  const [port = 0, ...ports] = await freePorts(plan.machines.length + 1);
  const placed: Placed[] = [];
  for (const machine of plan.machines) {
    say(`making ${machine.name}`);
    placed.push(await place(io, plan, machine, ports[placed.length] ?? 0, opened));
  }
  say('making keys, policies and a ledger');
  const { agents } = await makeFolder(io, { ...plan, machines: placed, port, now: io.now() });
  say('starting the gateway');
  const gatewayDir = join(dir, DEMO_LAYOUT.gateway);
  let gateway = await runners.gateway(io, gatewayDir);
  opened.push(() => gateway.stop());
  say('starting the agents');
  const machines = await startAgents(io, runners, agents, opened);
  say('waiting until the gateway has admitted them');
  const known = await knowledgeOf(io, dir, port, placed);
  await untilServing(io, known, machines);
  return {
    ...known,
    machines,
    restartGateway: async () => {
      await gateway.stop();
      gateway = await runners.gateway(io, gatewayDir);
    },
    close: () => closeAll(opened),
  };
}

/** With a model server beside it. */
async function place(
  io: Io,
  { models, pace }: WorldPlan,
  plan: MachinePlan,
  port: number,
  opened: Opened,
): Promise<Placed> {
  const made = await makeMachine(plan, io.now());
  const server: OpenAiUpstream = await startOpenAiUpstream({
    models: models[plan.pool] ?? [],
    pace,
  });
  opened.push(server.close);
  return { ...made, port, server };
}

async function startAgents(
  io: Io,
  runners: Runners,
  agents: readonly AgentMade[],
  opened: Opened,
): Promise<readonly WorldMachine[]> {
  return Promise.all(
    agents.map(async (made): Promise<WorldMachine> => {
      const agent = await runners.agent(io, made);
      opened.push(() => agent.stop());
      return { ...made.placed, agent };
    }),
  );
}

type Known = Omit<World, 'machines' | 'restartGateway' | 'close'>;

async function knowledgeOf(
  io: Io,
  dir: string,
  port: number,
  [first]: readonly Placed[],
): Promise<Known> {
  if (first === undefined) throw new Fault('usage', 'demo', 'no machine');
  const at = (path: string) => join(dir, path);
  const url = `http://127.0.0.1:${port}`;
  const proof = await readApiKey(io, at(`${DEMO_LAYOUT.gateway}/${GATEWAY_LAYOUT.adminKey}`));
  const admin = new GatewayClient(io, { base: url, origin: ORIGIN, proof });
  const identity = await readIdentity(await readLedgerFolder(at(DEMO_LAYOUT.ledger)));
  const [verifierKey = ''] = vkeysOf(identity);
  return {
    dir,
    url,
    anchors: bundleAnchors(first.machine.roots),
    verifierKey,
    policyOwner: await readFile(at(DEMO_LAYOUT.ownerKey), 'utf8'),
    clientKey: (await readFile(at(DEMO_LAYOUT.clientKey), 'utf8')).trim(),
    admin,
    nodes: () => Array.fromAsync(eachNode(admin, {})),
  };
}

const PATIENCE = 60_000;
const PAUSE = 50;

/** Admitted, and known as such to those who ask where to send something: that follows a moment later. */
async function untilServing(io: Io, known: Known, machines: readonly MachinePlan[]): Promise<void> {
  const { url: base, clientKey: text, nodes } = known;
  const proof = { kind: 'api-key', text } as const;
  const client = new GatewayClient(io, { base, origin: ORIGIN, proof });
  const serving = async (pool: string) => {
    const path = `/v1/candidates?pool=${pool}&count=${machines.length}`;
    return (await client.json(CandidatesSchema, { method: 'GET', path })).candidates.length;
  };
  const end = Date.now() + PATIENCE;
  for (;;) {
    const now = await nodes();
    if (now.filter(({ admittedNow }) => admittedNow).length >= machines.length) {
      const counts = await Promise.all([...new Set(machines.map(({ pool }) => pool))].map(serving));
      if (counts.reduce((sum, count) => sum + count, 0) >= machines.length) return;
    }
    if (Date.now() > end) {
      const stands = now.map(({ name, standing }) => `${name} ${standing.state}`).join(', ');
      throw new Fault('unreachable', 'demo', `not all machines were admitted: ${stands}`);
    }
    await setTimeout(PAUSE);
  }
}
