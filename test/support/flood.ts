import { randomBytes } from 'node:crypto';
import { JSON_TYPE } from '../../src/protocol/media-types.ts';
import type { Member } from './fleet-bed.ts';
import {
  attestAt,
  bearer,
  type Call,
  call,
  enrolmentBody,
  enrolmentChallenge,
  keyOnly,
} from './gateway-caller.ts';
import type { WholeGateway } from './whole-gateway.ts';

export interface FloodCounts {
  /** Answers to what was made up, by status. */
  readonly bogus: Readonly<Record<number, number>>;
  /** Of each request of an honest node, in order. */
  readonly honest: readonly number[];
}

const AT_ONCE = 16;
/** From so many addresses, none of them an honest node's. */
const ADDRESSES = 24;

/** Enrolments that are made up, so many, while honest nodes attest all the while. */
export async function flood(
  gateway: WholeGateway,
  count: number,
  nodes: readonly { readonly id: string; readonly member: Member }[],
): Promise<FloodCounts> {
  const bogus: Record<number, number> = {};
  const honest: number[] = [];
  let sent = 0;
  const attackers = Array.from({ length: AT_ONCE }, async () => {
    while (sent < count) {
      const nth = sent++;
      const from = `127.0.1.${1 + (nth % ADDRESSES)}`;
      const { status } = await call(gateway, { ...(await madeUp(gateway, nth)), from });
      bogus[status] = (bogus[status] ?? 0) + 1;
    }
  });
  const over = Promise.all(attackers).then(() => true);
  const isOver = () => Promise.race([over, new Promise((then) => setTimeout(then, 200, false))]);
  do {
    for (const { id, member } of nodes) honest.push((await attestAt(gateway, member, id)).status);
  } while (!(await isOver()));
  return { bogus, honest };
}

/** Each kind of enrolment that must come to nothing, in turn. */
async function madeUp(gateway: WholeGateway, nth: number): Promise<Call> {
  const one = keyOnly();
  const { origin, keys } = gateway;
  const name = `bogus-${nth}`;
  const nonce = new Uint8Array(randomBytes(32));
  const post = (key: string | undefined, body: string): Call => ({
    method: 'POST',
    path: '/v1/nodes',
    headers: { 'content-type': JSON_TYPE, ...(key !== undefined && bearer(key)) },
    body,
  });
  const invented = enrolmentBody(one, { origin, nonce, name });
  switch (nth % 6) {
    case 0:
      return post(undefined, invented);
    case 1:
      return post(`${keys.node.slice(0, -4)}${randomBytes(2).toString('hex')}`, invented);
    case 2:
      return post(keys.client, invented);
    case 3:
      // Who brings machines in was robbed of the key, and has no challenge.
      return post(keys.node, invented);
    case 4:
      return {
        method: 'POST',
        path: '/v1/challenges',
        body: JSON.stringify({ key: one.key }),
        headers: { 'content-type': JSON_TYPE },
      };
    default: {
      // A challenge that is good, and the signature of another key.
      const challenge = await enrolmentChallenge(gateway, one).catch(() => ({ nonce }));
      const forged = { ...keyOnly(), key: one.key };
      return post(keys.node, enrolmentBody(forged, { origin, nonce: challenge.nonce, name }));
    }
  }
}
