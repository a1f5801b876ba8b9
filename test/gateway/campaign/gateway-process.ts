import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Ending, startChild } from '../../support/store-children.ts';
import type { GatewayTask } from './gateway-child.ts';

const CHILD = new URL('gateway-child.ts', import.meta.url);
/** Whoever was started, and has not ended. */
const running = new Map<ChildProcess, Promise<Ending>>();

/** For the end of a test that may not have come to its own. */
export async function killGateways(): Promise<void> {
  for (const child of running.keys()) child.kill('SIGKILL');
  await Promise.all(running.values());
}

/** A gateway in a process of its own. */
export interface GatewayProcess {
  readonly name: string;
  readonly dir: string;
  readonly url: string;
  /** As a power cut would end it. */
  kill(): Promise<Ending>;
  /** As its operator would: what is under way comes to its end. */
  stop(): Promise<Ending>;
  /** Whether it was told to end, or killed: then it owes nobody an answer. */
  isEnding(): boolean;
  /** Bytes: resident now, and at its highest; undefined once it is gone. */
  memory(): { readonly now: number; readonly most: number } | undefined;
}

/** @returns once it listens. */
export async function startGateway(name: string, task: GatewayTask): Promise<GatewayProcess> {
  const listening = Promise.withResolvers<string>();
  const { child, ended } = startChild(CHILD, task, listening.resolve);
  running.set(child, ended);
  const failed = ended.then(({ code, errors }) => {
    running.delete(child);
    throw new Error(`gateway ${name} ended before it listened (${code}): ${errors}`);
  });
  failed.catch(() => undefined);
  let isEnding = false;
  const end = (signal: NodeJS.Signals) => {
    isEnding = true;
    child.kill(signal);
    return ended;
  };
  return {
    name,
    dir: task.dir,
    url: await Promise.race([listening.promise, failed]),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    isEnding: () => isEnding,
    memory: () => memoryOf(child.pid),
  };
}

function memoryOf(pid: number | undefined) {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const [now, most] = ['VmRSS', 'VmHWM'].map(
    (name) => new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1],
  );
  // One that nobody has waited for yet has a state, and no memory.
  if (now === undefined || most === undefined) return undefined;
  return { now: Number(now) * 1024, most: Number(most) * 1024 };
}
