import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, runAgent } from '../../agent/agent.ts';
import { configDigest } from '../../agent/config.ts';
import { machineEvidence } from '../../agent/evidence/machine.ts';
import type { EvidenceSource } from '../../agent/evidence/source.ts';
import { parseUpstreamAddress } from '../../agent/upstream/address.ts';
import { HttpUpstream } from '../../agent/upstream/http-upstream.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { untilTold } from '../audit/serving.ts';
import type { Io } from '../io.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { AGENT_SET_OPTION, type ReadAgentConfig, readAgentConfig } from './read-agent-config.ts';

export const agentVerb: Verb = {
  name: 'agent',
  summary:
    'Run in a confidential VM beside a model server: open sealed prompts, answer challenges.',
  operands: '<config>',
  arity: { min: 1, max: 1 },
  options: AGENT_SET_OPTION,
  notes: [
    '<config> is YAML (docs/agent says what may stand in it). Everything in it is hashed into the keyset that clients verify; postern agent digest prints that hash, for a policy to pin.',
    'Keys are made in memory and are gone with the process. Evidence is that of the machine it runs on: configfs-tsm, the CCEL event log, NVIDIA’s nvattest.',
    'A value is taken from --set before the environment (POSTERN_AGENT_ and the path: POSTERN_AGENT_KEYS_LIFE), from the environment before the file.',
    'It listens until SIGINT or SIGTERM, and lets answers that are under way come to their end then. On standard output stands where it listens; the log is on standard error, lines of JSON without a byte of any prompt.',
  ],
  run: async (io, args) => {
    const read = await readAgentConfig(io, args, args.operand(0));
    await untilTold((signal) =>
      serveAgent(io, read, machineOf(io, read), signal, ({ url }) => {
        const agentConfigSha256 = toHex(configDigest(read.config));
        if (args.has('json')) printJson(io, { url, agentConfigSha256 });
        else io.out(`listens at ${url}\nconfiguration ${agentConfigSha256}\n`);
      }),
    );
    return 0;
  },
};

/** The machine that this process runs on, as its configuration has it. */
function machineOf(io: Io, { config: { evidence, machine } }: ReadAgentConfig): EvidenceSource {
  const { tsm: root, acpi, collector: command, collectWithin: within } = evidence;
  const { gpus, switches } = machine;
  return machineEvidence({
    tsm: { root, randomBytes: io.randomBytes },
    acpi,
    collector: { command, gpus, switches, within },
  });
}

/**
 * Runs an agent until it is told to end; what is under way comes to its end then.
 *
 * @param evidence whose keys they are: of this machine, unless somebody composes another.
 * @param onListening is told once it listens.
 */
export async function serveAgent(
  io: Io,
  { config, secrets, signer }: ReadAgentConfig,
  evidence: EvidenceSource,
  signal: AbortSignal,
  onListening: (agent: Agent) => void,
): Promise<void> {
  const { address, answerWithin, idle, wholeWithin } = config.upstream;
  const agent = await runAgent(config, secrets, {
    evidence,
    upstream: new HttpUpstream({
      address: parseUpstreamAddress(address),
      authorization: secrets.upstreamAuthorization,
      answerWithin,
      idle,
      wholeWithin,
    }),
    signer,
    fetch: io.fetch,
    now: io.now,
    elapsed: () => performance.now(),
    randomBytes: io.randomBytes,
    random: Math.random,
    pause,
    write: io.err,
  });
  onListening(agent);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await agent.close();
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
