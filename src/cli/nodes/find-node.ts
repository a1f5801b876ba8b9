import type { GatewayClient } from '../../agent/gateway/gateway-client.ts';
import { Fault } from '../../core/fault.ts';
import { type NodeJson, NodePageSchema, NodeSchema } from '../../protocol/node.ts';

export interface NodeQuery {
  readonly pool?: string | undefined;
  readonly state?: string | undefined;
}

const PAGE = 500;

/** All of them, by id, page by page. */
export async function* eachNode(
  gateway: GatewayClient,
  { pool, state }: NodeQuery,
): AsyncGenerator<NodeJson> {
  for (let after: string | undefined; ; ) {
    const query = Object.entries({ pool, state, after, limit: `${PAGE}` }).flatMap(
      ([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]),
    );
    const path = `/v1/nodes?${query.join('&')}`;
    const { items, next } = await gateway.json(NodePageSchema, { method: 'GET', path });
    yield* items;
    if (next === undefined) return;
    if (after !== undefined && next <= after) {
      throw new Fault('unreachable', path, 'its pages go in a circle');
    }
    after = next;
  }
}

export async function getNode(gateway: GatewayClient, id: string): Promise<NodeJson> {
  return gateway.json(NodeSchema, { method: 'GET', path: `/v1/nodes/${id}` });
}

const ID = /^[0-9a-f]{32}$/;

/** The id of a node that somebody calls by its id or its name. @throws Fault `missing`. */
export async function nodeId(gateway: GatewayClient, called: string): Promise<string> {
  if (ID.test(called)) return called;
  for await (const { id, name } of eachNode(gateway, {})) if (name === called) return id;
  throw new Fault('missing', 'node', `there is none called ${JSON.stringify(called)}`);
}
