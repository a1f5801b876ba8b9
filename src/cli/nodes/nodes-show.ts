import type { Claims } from '../../evidence/verification.ts';
import type { NodeJson } from '../../protocol/node.ts';
import type { Io } from '../io.ts';
import { printClaims, printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { getNode, nodeId } from './find-node.ts';
import { GATEWAY_OPTIONS, openGateway } from './gateway-options.ts';

export const NODE_OPERAND = '<id|name>';

export const nodesShowVerb: Verb = {
  name: 'nodes show',
  summary: 'Say all that a gateway tells of one machine.',
  operands: NODE_OPERAND,
  arity: { min: 1, max: 1 },
  options: GATEWAY_OPTIONS,
  notes: [],
  run: async (io, args) => {
    const gateway = await openGateway(io, args);
    printNode(io, args, await getNode(gateway, await nodeId(gateway, args.operand(0))));
    return 0;
  },
};

/** As it stands after whatever was asked. */
export function printNode(io: Io, args: Args, node: NodeJson): void {
  if (args.has('json')) printJson(io, node);
  else printClaims(io, node as Claims);
}
