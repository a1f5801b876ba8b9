import { Fault } from '../../core/fault.ts';
import { serveAgent } from '../agent/agent-run.ts';
import { gatewayVerb, runGateway } from '../gateway/gateway-run.ts';
import { readParts } from '../gateway/parts.ts';
import { readConfig } from '../gateway/read-config.ts';
import type { Io } from '../io.ts';
import { Args } from '../verb.ts';
import type { AgentMade } from './folder.ts';

/** Something that runs until it is stopped; what is under way comes to its end then. */
export interface Running {
  readonly stop: () => Promise<void>;
}

/** How gateway and agents are run: in this process, unless somebody has processes of their own. */
export interface Runners {
  /** @param dir a gateway's folder. @returns once it listens. */
  readonly gateway: (io: Io, dir: string) => Promise<Running>;
  /** @returns once it listens. */
  readonly agent: (io: Io, made: AgentMade) => Promise<Running>;
}

/** As their verbs run them, but for the hardware, which is the simulator's. */
export const IN_PROCESS: Runners = {
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
  agent: (io, { read, placed }) =>
    running((signal, onListening) =>
      serveAgent(io, read, placed.machine.hardware, signal, () => onListening()),
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
