// An agent as the command line runs it, on simulated hardware; prints that it listens.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { agentVerb, serveAgent } from '../../src/cli/agent/agent-run.ts';
import { readAgentConfig } from '../../src/cli/agent/read-agent-config.ts';
import { untilTold } from '../../src/cli/audit/serving.ts';
import { type MachinePlan, makeMachine } from '../../src/cli/demo/machines.ts';
import type { Io } from '../../src/cli/io.ts';
import { Args } from '../../src/cli/verb.ts';

export interface AgentTask {
  /** Its configuration. */
  readonly file: string;
  readonly machine: MachinePlan;
  /** When its evidence is in date, in milliseconds since the epoch. */
  readonly at: number;
}

const { file, machine: plan, at } = JSON.parse(process.argv[2] ?? '') as AgentTask;
const io: Io = {
  out: (text) => process.stdout.write(text),
  err: () => undefined,
  readFile: async (path) => new Uint8Array(await readFile(path)),
  fetch: globalThis.fetch,
  now: Date.now,
  pause: (ms) => setTimeout(ms),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  env: () => undefined,
  envNames: () => [],
  colours: false,
};
const read = await readAgentConfig(io, new Args(agentVerb, [file]), file);
const { machine } = await makeMachine(plan, at);
await untilTold((signal) =>
  serveAgent(io, read, machine.hardware, signal, ({ url }) => io.out(`${url}\n`)),
);
