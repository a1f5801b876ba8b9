import { configDigest, configText } from '../../agent/config.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { AGENT_SET_OPTION, readAgentConfig } from './read-agent-config.ts';

export const agentDigestVerb: Verb = {
  name: 'agent digest',
  summary:
    'Print the hash of an agent’s configuration, as its keysets have it and policies pin it.',
  operands: '<config>',
  arity: { min: 1, max: 1 },
  options: AGENT_SET_OPTION,
  notes: [
    'SHA-256 of the canonical JSON (RFC 8785) of the configuration with everything said: defaults too, secrets by their SHA-256, the machine’s key by its public half. With --json that JSON is printed beside it, as a text.',
    'It goes into agentConfigSha256 of a policy.',
  ],
  run: async (io, args) => {
    const { config } = await readAgentConfig(io, args, args.operand(0));
    const agentConfigSha256 = toHex(configDigest(config));
    if (args.has('json')) printJson(io, { agentConfigSha256, canonical: configText(config) });
    else io.out(`${agentConfigSha256}\n`);
    return 0;
  },
};
