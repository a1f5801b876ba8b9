import { askForDecision } from '../../agent/gateway/attestation.ts';
import type { Verb } from '../verb.ts';
import { printOutcome } from './attestation-outcome.ts';
import { nodeId } from './find-node.ts';
import { GATEWAY_OPTIONS, openGateway } from './gateway-options.ts';
import { NODE_OPERAND } from './nodes-show.ts';

export const nodesCallVerb: Verb = {
  name: 'nodes call',
  summary: 'Let the gateway ask a machine for evidence now, unannounced, and decide on it.',
  operands: NODE_OPERAND,
  arity: { min: 1, max: 1 },
  options: GATEWAY_OPTIONS,
  notes: [
    'It is asked at the endpoint that it was enrolled with; whatever comes of it is recorded.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate.',
  ],
  run: async (io, args) => {
    const gateway = await openGateway(io, args);
    const path = `/v1/nodes/${await nodeId(gateway, args.operand(0))}/call`;
    return printOutcome(io, args, await askForDecision(gateway, { method: 'POST', path }));
  },
};
