import { jsonBody } from '../../../agent/gateway/gateway-client.ts';
import { PosternError } from '../../../client/errors.ts';
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
  const other = await answererAfter(scene, id);
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

const MOST_ATTEMPTS = 20;

/**
 * A revocation holds everywhere within a second. Who was let to the machine just before is cut off,
 * is told so, and asks again.
 */
async function answererAfter(scene: Scene, revoked: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const next = await clientOf(scene, scene.world.url);
    try {
      await askIt(next);
      const node = next.verification().nodes[0]?.node ?? '';
      if (node !== revoked || attempt === MOST_ATTEMPTS) return node;
    } catch (error) {
      if (!(error instanceof PosternError) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}
