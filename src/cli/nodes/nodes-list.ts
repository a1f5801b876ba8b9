import { NODE_STATES, type NodeJson } from '../../protocol/node.ts';
import { usage, warn } from '../io.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { eachNode } from './find-node.ts';
import { GATEWAY_OPTIONS, openGateway } from './gateway-options.ts';
import { nodeTable } from './node-lines.ts';

export const nodesListVerb: Verb = {
  name: 'nodes list',
  summary: 'List the machines that a gateway knows: where each stands, and why.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: {
    ...GATEWAY_OPTIONS,
    pool: { value: '<name>', help: 'those of one pool' },
    state: { value: '<state>', help: `those in one state: ${NODE_STATES.join(', ')}` },
  },
  notes: [
    'age is that of the last decision; until is the end of an admission, or of a quarantine. Codes are those that stood in the way, where you may see them.',
  ],
  run: async (io, args) => {
    const state = args.one('state');
    if (state !== undefined && !NODE_STATES.some((known) => known === state)) {
      throw usage(`--state: want ${NODE_STATES.join(', ')}, got ${JSON.stringify(state)}`);
    }
    const gateway = await openGateway(io, args);
    const nodes: NodeJson[] = [];
    for await (const node of eachNode(gateway, { pool: args.one('pool'), state })) nodes.push(node);
    if (args.has('json')) printJson(io, { nodes });
    else if (nodes.length === 0) warn(io, `${gateway.access.base}: no such machine`);
    else for (const line of nodeTable(painter(io.colours), nodes, io.now())) io.out(`${line}\n`);
    return 0;
  },
};
