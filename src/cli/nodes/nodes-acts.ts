import { jsonBody } from '../../agent/gateway/gateway-client.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { NodeSchema } from '../../protocol/node.ts';
import { type Io, usage } from '../io.ts';
import { momentOption } from '../moment.ts';
import { printJson } from '../render.ts';
import type { Args, Options, Verb } from '../verb.ts';
import { nodeId } from './find-node.ts';
import { GATEWAY_OPTIONS, openGateway } from './gateway-options.ts';
import { NODE_OPERAND, printNode } from './nodes-show.ts';

const REASON: Options = {
  reason: { value: '<text>', help: 'why, for people; it stays in the record' },
};

const UNTIL: Options = {
  until: { value: '<time|duration>', help: 'when it ends, e.g. 2026-01-31T00:00:00Z or 24h' },
};

/** What operators do to a machine, each for a reason that stays. */
function act(
  word: 'quarantine' | 'release' | 'revoke' | 'override',
  summary: string,
  { options, notes }: Pick<Verb, 'options' | 'notes'>,
): Verb {
  return {
    name: `nodes ${word}`,
    summary,
    operands: NODE_OPERAND,
    arity: { min: 1, max: 1 },
    options: { ...GATEWAY_OPTIONS, ...REASON, ...options },
    notes,
    run: async (io, args) => {
      const body = { reason: reasonOf(args), ...untilOf(io, args) };
      if (word === 'override' && !('until' in body)) {
        throw usage('--until is missing: an override is for a while');
      }
      const gateway = await openGateway(io, args);
      const path = `/v1/nodes/${await nodeId(gateway, args.operand(0))}/${word}`;
      const ask = { method: 'POST', path, body: jsonBody(body) } as const;
      printNode(io, args, await gateway.json(NodeSchema, ask));
      return 0;
    },
  };
}

const PLAIN = { options: {}, notes: [] };

export const nodesQuarantineVerb = act(
  'quarantine',
  'Put a machine out, for a while or until it is released.',
  {
    options: UNTIL,
    notes: [
      'Nothing is let to it from now on. Without --until it stays until it is released; then, or when the time is over, it has to be admitted anew.',
    ],
  },
);

export const nodesReleaseVerb = act(
  'release',
  'End a machine’s quarantine; it has to be admitted anew.',
  PLAIN,
);

export const nodesRevokeVerb = act('revoke', 'Put a machine out for good.', {
  options: {},
  notes: ['There is no way back: its name, key and hardware are free again once it is removed.'],
});

export const nodesOverrideVerb = act(
  'override',
  'Admit a machine for a while though its evidence left something open.',
  {
    options: UNTIL,
    notes: [
      'Never over a rejection, and never over evidence that is not authentic. The ledger says who did it, why and until when, for everybody to see.',
    ],
  },
);

export const nodesRemoveVerb: Verb = {
  name: 'nodes remove',
  summary: 'Take a machine off the list: its name, key and hardware are free again.',
  operands: NODE_OPERAND,
  arity: { min: 1, max: 1 },
  options: { ...GATEWAY_OPTIONS, ...REASON },
  notes: ['What was decided about it stays in the ledger.'],
  run: async (io, args) => {
    const reason = reasonOf(args);
    const gateway = await openGateway(io, args);
    const id = await nodeId(gateway, args.operand(0));
    const query = `reason=${encodeURIComponent(reason)}`;
    await gateway.done({ method: 'DELETE', path: `/v1/nodes/${id}?${query}` });
    if (args.has('json')) printJson(io, { removed: id });
    else io.out(`${id} is removed\n`);
    return 0;
  },
};

function reasonOf(args: Args): string {
  const reason = args.one('reason');
  if (reason === undefined) throw usage('--reason is missing: whoever looks later wants to know');
  if (reason.length < 8)
    throw usage('--reason: want 8 characters or more, so that it says something');
  return reason;
}

function untilOf(io: Io, args: Args): { readonly until?: string } {
  const until = momentOption(io, args, 'until');
  return until === undefined ? {} : { until: formatTime(until) };
}
