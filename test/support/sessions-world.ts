import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MachinePlan } from '../../src/cli/demo/machines.ts';
import { type Relay, startRelay } from '../../src/cli/demo/relay.ts';
import type { Runners } from '../../src/cli/demo/runners.ts';
import { startWorld, type World, type WorldPlan } from '../../src/cli/demo/world.ts';
import type { Io } from '../../src/cli/io.ts';
import { createPostern } from '../../src/client/create-postern.ts';
import type { PosternOptions } from '../../src/client/options.ts';
import type { Postern } from '../../src/client/postern.ts';
import { startGateway } from '../gateway/campaign/gateway-process.ts';
import type { AgentTask } from './agent-child.ts';
import { startChild } from './store-children.ts';

export const POOL = 'tdx';
export const MODEL = 'm1';

/** Two machines of one pool, so that one can take another's place. */
const MACHINES: readonly MachinePlan[] = ['one', 'two'].map((name) => ({
  name,
  pool: POOL,
  cpu: 'tdx',
  gpus: 0,
}));

export interface SessionsOptions extends Partial<Pick<WorldPlan, 'agent' | 'pace' | 'runners'>> {
  readonly machines?: readonly MachinePlan[];
  /** How often witnesses are asked and evidence by epoch is made and asked for: a duration. */
  readonly epochEvery?: string;
}

/** A whole of gateway, enclaves and clients over the loopback, with a relay between. */
export interface SessionsWorld {
  readonly world: World;
  /** What clients ask; honest until a test changes it. */
  readonly relay: Relay;
  /** All that gateway and agents said on standard error. */
  readonly said: string[];
  readonly options: PosternOptions;
  /** A client of the relay, with a memory of its own. */
  readonly client: (more?: Partial<PosternOptions>) => Promise<Postern>;
  readonly close: () => Promise<void>;
}

/** Nobody is told to come later because a test asks much. */
const MANY = 100_000;

export async function sessionsWorld(options: SessionsOptions = {}): Promise<SessionsWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-sessions-'));
  const said: string[] = [];
  const world = await startWorld(
    realIo((text) => said.push(text)),
    {
      dir,
      machines: options.machines ?? MACHINES,
      models: { [POOL]: [MODEL] },
      pace: options.pace ?? 0,
      ...(options.runners && { runners: options.runners }),
      ...(options.epochEvery && { epochEvery: options.epochEvery }),
      gateway: {
        limits: { rates: { address: MANY, node: MANY, credential: MANY } },
        broker: {
          quotas: { requests: MANY, streams: 1000, evidence: MANY },
          limits: { evidence: MANY },
          times: { drain: '1s', ...(options.epochEvery && { epoch: options.epochEvery }) },
        },
        ...(options.epochEvery && { witnesses: { every: options.epochEvery } }),
        logs: { level: 'debug', addresses: 'written' },
      },
      agent: {
        limits: { challengesPerMinute: MANY, challenges: 100, request: '64MiB', closeWithin: '1s' },
        logs: { level: 'debug' },
        ...options.agent,
      },
    },
  ).catch((error: unknown) => {
    rmSync(dir, { recursive: true, force: true });
    throw new Error(`no world: ${said.slice(-20).join('')}`, { cause: error });
  });
  const relay = await startRelay(world.url);
  const posternOptions: PosternOptions = {
    gateway: relay.url,
    apiKey: world.clientKey,
    pool: POOL,
    policy: {
      name: POOL,
      signers: { keys: [world.policyOwner], threshold: 1 },
      leastRevision: 1,
    },
    ledger: { verifierKey: world.verifierKey },
    anchors: world.anchors,
  };
  return {
    world,
    relay,
    said,
    options: posternOptions,
    client: (more = {}) => createPostern({ ...posternOptions, ...more }),
    close: async () => {
      await relay.close();
      await world.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A prompt to be streamed. */
export function chat(
  { fetch, verification }: Postern,
  content: string,
  init: RequestInit & { readonly model?: string } = {},
): Promise<Response> {
  const { model = MODEL, ...more } = init;
  return fetch(`${verification().gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content }] }),
    ...more,
  });
}

/** The events of an answer without what pads them. */
export function saidIn(text: string): string {
  return text.replaceAll(/^: *\n\n/gm, '');
}

/** Gateway and agents in processes of their own, to be killed as a power cut would. */
export const IN_PROCESSES: Runners = {
  gateway: async (_io, dir) => {
    const gateway = await startGateway('gateway', { dir, ahead: 0 });
    return { stop: async () => void (await gateway.kill()) };
  },
  agent: async (_io, { file, placed: { name, pool, cpu, gpus, machine } }) => {
    const task: AgentTask = {
      file,
      machine: { name, pool, cpu, gpus },
      at: machine.at.evidence,
    };
    const listening = Promise.withResolvers<string>();
    const script = new URL('agent-child.ts', import.meta.url);
    const { child, ended } = startChild(script, task, listening.resolve);
    const failed = ended.then(({ code, errors }) => {
      throw new Error(`agent ${name} ended before it listened (${code}): ${errors}`);
    });
    failed.catch(() => undefined);
    await Promise.race([listening.promise, failed]);
    return {
      stop: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  },
};

export function realIo(err: (text: string) => void): Io {
  return {
    out: () => undefined,
    err,
    readFile: async (path) => new Uint8Array(await readFile(path)),
    fetch: globalThis.fetch,
    now: Date.now,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
}
