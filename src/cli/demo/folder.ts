import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configDigest } from '../../agent/config.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { createApiKey } from '../../gateway/identity/credentials.ts';
import type { OpenAiUpstream } from '../../simulator/upstream/openai-upstream.ts';
import { agentVerb } from '../agent/agent-run.ts';
import { type ReadAgentConfig, readAgentConfig } from '../agent/read-agent-config.ts';
import type { WrittenAgentConfig } from '../agent/schema.ts';
import { readIdentity, readLedgerFolder } from '../audit/ledger-folder.ts';
import { openLedgerStore } from '../audit/open-ledger.ts';
import { writeSecret } from '../audit/secret-files.ts';
import { GATEWAY_LAYOUT } from '../gateway/folder.ts';
import { gatewayInitVerb } from '../gateway/gateway-init.ts';
import { CONFIG_FILE } from '../gateway/read-config.ts';
import type { WrittenConfig } from '../gateway/schema.ts';
import type { Io } from '../io.ts';
import { signingKeyIn } from '../signing-key-file.ts';
import { Args } from '../verb.ts';
import type { MachineMade } from './machines.ts';
import { signedPolicy } from './policies.ts';
import { writeRoots, writeVendors } from './vendors.ts';

/** What the gateway calls itself: nobody else's name, and resolved by nobody. */
export const ORIGIN = 'https://gate.postern.invalid';

/** Where things lie, from the folder of the whole. */
export const DEMO_LAYOUT = {
  gateway: 'gateway',
  ledger: 'gateway/ledger',
  roots: 'roots',
  policies: 'policies',
  ownerKey: 'policies/owner.pub.pem',
  agents: 'agents',
  keys: 'keys',
  clientKey: 'keys/client.key',
  auditorKey: 'keys/auditor.key',
  /** Of the ledger, for whoever verifies it. */
  ledgerKey: 'ledger.vkey',
  log: 'log.jsonl',
} as const;

/** A machine, and where it and the model server beside it listen. */
export interface Placed extends MachineMade {
  readonly port: number;
  readonly server: OpenAiUpstream;
}

export interface FolderPlan {
  /** Where nothing is yet. */
  readonly dir: string;
  readonly machines: readonly Placed[];
  /** Where the gateway will listen. */
  readonly port: number;
  /** Which models each pool serves. */
  readonly models: Readonly<Record<string, readonly string[]>>;
  readonly now: number;
  /** More of the gateway's configuration, and of every agent's. */
  readonly gateway?: Partial<WrittenConfig>;
  readonly agent?: Partial<WrittenAgentConfig>;
  /** How often agents make evidence for a checkpoint: a duration. */
  readonly epochEvery?: string;
}

/** A gateway and agents that are ready to be run, as their own verbs would. */
export interface FolderMade {
  readonly dir: string;
  /** By machine, in their order. */
  readonly agents: readonly AgentMade[];
}

/** An agent's configuration: the file, and what it comes to. */
export interface AgentMade {
  readonly file: string;
  readonly read: ReadAgentConfig;
  readonly placed: Placed;
}

/**
 * Makes the folder of a gateway by `postern gateway init`, keys for those who ask it, policies that
 * are signed, and a configuration for each machine's agent.
 */
export async function makeFolder(io: Io, plan: FolderPlan): Promise<FolderMade> {
  const { dir, machines, now } = plan;
  const at = (path: string) => join(dir, path);
  for (const path of [DEMO_LAYOUT.policies, DEMO_LAYOUT.agents, DEMO_LAYOUT.keys]) {
    await mkdir(at(path), { recursive: true, mode: 0o700 });
  }
  await init(io, at(DEMO_LAYOUT.gateway), plan.port);
  const pools = [...new Set(machines.map(({ pool }) => pool))];
  await makeKeys(io, dir, pools);
  const agents: AgentMade[] = [];
  for (const machine of machines) agents.push(await makeAgent(io, plan, machine));
  await makePolicies(plan, pools, agents);
  const [first] = machines;
  if (first) await writeRoots(at(DEMO_LAYOUT.roots), first.machine.roots);
  const made = machines.map(({ machine }) => machine);
  await writeVendors(at(`${DEMO_LAYOUT.gateway}/endorsements`), { machines: made, at: now });
  await writeFile(at(`${DEMO_LAYOUT.gateway}/${CONFIG_FILE}`), gatewayText(plan, pools));
  return { dir, agents };
}

async function init(io: Io, dir: string, port: number): Promise<void> {
  const argv = [
    ...[dir, '--origin', ORIGIN, '--proxy', 'nothing: all of it is on this machine'],
    ...['--listen', `127.0.0.1:${port}`],
    ...['--admin-key-file', join(dir, GATEWAY_LAYOUT.adminKey)],
  ];
  await gatewayInitVerb.run(io, new Args(gatewayInitVerb, argv));
}

/** A client's, an auditor's, and for each pool one that enrols machines into it. */
async function makeKeys(io: Io, dir: string, pools: readonly string[]): Promise<void> {
  const store = await openLedgerStore(
    io,
    await readLedgerFolder(join(dir, DEMO_LAYOUT.ledger)),
    'this',
  );
  try {
    const { now, randomBytes } = io;
    const wishes = [
      { name: 'client', role: 'client' },
      { name: 'auditor', role: 'auditor' },
      ...pools.map((pool) => ({ name: `node-${pool}`, role: 'node', pool }) as const),
    ] as const;
    for (const wish of wishes) {
      const { text } = await createApiKey(wish, { store, now, randomBytes });
      await writeSecret(join(dir, DEMO_LAYOUT.keys, `${wish.name}.key`), `${text}\n`);
    }
  } finally {
    await store.close();
  }
}

async function makeAgent(io: Io, plan: FolderPlan, placed: Placed): Promise<AgentMade> {
  const { name, pool, cpu, gpus, port, server } = placed;
  const written: WrittenAgentConfig = {
    apiVersion: 'postern/v1',
    kind: 'Agent',
    deployment: 'postern-demo',
    listen: `127.0.0.1:${port}`,
    upstream: { address: server.address },
    machine: { cpu, gpus },
    gateway: {
      origin: ORIGIN,
      address: `http://127.0.0.1:${plan.port}`,
      pool,
      name,
      endpoint: `http://127.0.0.1:${port}/v1/attest`,
      enrolmentKey: `../${DEMO_LAYOUT.keys}/node-${pool}.key`,
      ...(plan.epochEvery !== undefined && { epochEvery: plan.epochEvery }),
    },
    ...plan.agent,
  };
  const file = join(plan.dir, DEMO_LAYOUT.agents, `${name}.yaml`);
  await writeFile(file, jsonText(written));
  return { file, read: await readAgentConfig(io, new Args(agentVerb, [file]), file), placed };
}

/** One a pool, all by the same owner, whose key is made for them. */
async function makePolicies(
  { dir, machines }: FolderPlan,
  pools: readonly string[],
  agents: readonly AgentMade[],
): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  await writeSecret(join(dir, DEMO_LAYOUT.policies, 'owner.pem'), pem);
  const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  await writeFile(join(dir, DEMO_LAYOUT.ownerKey), publicPem);
  const signer = signingKeyIn('owner.pem', utf8(pem));
  const ledger = await readIdentity(await readLedgerFolder(join(dir, DEMO_LAYOUT.ledger)));
  const digests = agents.map(({ read }) => toHex(configDigest(read.config)));
  for (const name of pools) {
    const isIn = (i: number) => machines[i]?.pool === name;
    const wish = {
      name,
      machines: machines.filter((_, i) => isIn(i)),
      agentConfigs: digests.filter((_, i) => isIn(i)),
      origin: ORIGIN,
      ledger: ledger.origin,
    };
    await writeFile(join(dir, DEMO_LAYOUT.policies, `${name}.json`), signedPolicy(wish, signer));
  }
}

function gatewayText({ port, models, gateway }: FolderPlan, pools: readonly string[]): string {
  const roots = (name: string) => [`../${DEMO_LAYOUT.roots}/${name}.der`];
  const config: WrittenConfig = {
    apiVersion: 'postern/v1',
    kind: 'Gateway',
    origin: ORIGIN,
    listen: `127.0.0.1:${port}`,
    tls: { proxy: 'nothing: all of it is on this machine' },
    pools: pools.map((name) => ({
      name,
      policy: `../${DEMO_LAYOUT.policies}/${name}.json`,
      signature: { publicKeys: [`../${DEMO_LAYOUT.ownerKey}`], threshold: 1 },
    })),
    anchors: {
      kind: 'simulator',
      intel: roots('intel'),
      amd: roots('amd'),
      nvidia: roots('nvidia'),
      nvidiaManifests: roots('rim'),
    },
    endorsements: { offline: true },
    calls: { endpoints: 'private-too' },
    ...gateway,
    broker: {
      pools: pools.map((pool) => ({ pool, models: [...(models[pool] ?? [])] })),
      ...gateway?.broker,
    },
  };
  return jsonText(config);
}

/** JSON is YAML. */
function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
