import { jsonBody } from '../../../agent/gateway/gateway-client.ts';
import type { Postern } from '../../../client/postern.ts';
import { NodeSchema } from '../../../protocol/node.ts';
import { clientOf, nameOf, type Scene, SHOWN, wantShown } from '../scene.ts';
import { askIt } from './answered.ts';

/** The machine that answered is put out; who asks next is answered by another. */
export async function showRevoked(scene: Scene, postern: Postern): Promise<void> {
  const { world, teller } = scene;
  teller.begin('The operator revokes that machine');
  const id = postern.verification().nodes[0]?.node ?? '';
  const body = jsonBody({ reason: 'shown in a demonstration' });
  const path = `/v1/nodes/${id}/revoke`;
  const node = await world.admin.json(NodeSchema, { method: 'POST', path, body });
  wantShown(!node.admittedNow && node.standing.state === 'revoked', 'its admission ended');
  teller.bad(
    `${node.name} is ${node.standing.state}: its admission ended, and so does every stream`,
  );
  const next = await clientOf(scene, world.url);
  await askIt(next);
  const other = next.verification().nodes[0]?.node ?? '';
  wantShown(other !== id, 'another machine answers');
  const answeredBy = await nameOf(scene, other);
  teller.good(
    `the next prompt to pool ${SHOWN.pool} is verified for, and answered by, ${answeredBy}`,
  );
  teller.facts('revoked', {
    machine: node.name,
    node: id,
    state: node.standing.state,
    admittedNow: node.admittedNow,
    answeredBy,
  });
}
