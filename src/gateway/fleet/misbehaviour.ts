import type { FleetDeps } from './deps.ts';
import type { FleetEvent, NewEvent } from './event.ts';
import type { FleetNode } from './node.ts';
import { eventOf } from './step.ts';

/** `typ` of a statement of misbehaviour. */
const MISBEHAVIOUR_TYPE = 'postern-misbehaviour+jwt';

/**
 * What a node's key put its name to and no honest machine does, said so that others can act on it:
 * the key, what it did, and the decision, whose record shows it to whoever may export it. Each is
 * about a request that this key signed; about whoever owns the hardware it says nothing.
 */
export function misbehaviourStatement(
  { signStatement, gateway, ledger }: Pick<FleetDeps, 'signStatement' | 'gateway' | 'ledger'>,
  { seq, at, node, data }: FleetEvent,
): Promise<string> {
  return signStatement(MISBEHAVIOUR_TYPE, {
    iss: gateway,
    iat: Math.floor(at / 1000),
    jti: `${gateway}#${seq}`,
    sub: node,
    key: { algorithm: data['algorithm'], publicKey: data['key'] },
    what: data['what'],
    codes: data['codes'],
    decision: data['decision'],
    statements: data['statements'],
    ledger: ledger.origin,
  });
}

/**
 * Its enclave signed two usage statements that can't both be true. They come along: whoever has
 * the keyset can see for themselves.
 */
export function contradiction(
  node: FleetNode,
  statements: readonly [string, string],
  at: number,
): NewEvent {
  const { key, last } = node;
  return eventOf('node.misbehaved', node, at, {
    what: 'usage.contradicts',
    codes: ['usage.contradicts'],
    ...(last && { decision: last.id }),
    algorithm: key.algorithm,
    key: key.publicKey,
    statements,
  });
}
