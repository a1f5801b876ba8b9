import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { ChallengeSchema } from '../../protocol/enrolment.ts';
import { type Enrolled, enrolmentTranscript } from '../../protocol/enrolment-transcript.ts';
import { type NodeJson, NodeSchema } from '../../protocol/node.ts';
import { type GatewayClient, jsonBody } from './gateway-client.ts';
import type { NodeSigner } from './proof.ts';

/**
 * Enrols a machine under its own key, which signs that it is wanted.
 *
 * @param gateway asked by whoever may enrol.
 * @returns the node as the gateway knows it from now on.
 */
export async function enrol(
  gateway: GatewayClient,
  signer: NodeSigner,
  enrolled: Omit<Enrolled, 'key'>,
): Promise<NodeJson> {
  const key = { algorithm: 'ed25519', publicKey: signer.publicKey } as const;
  const challenge = await gateway.json(ChallengeSchema, {
    method: 'POST',
    path: '/v1/challenges',
    body: jsonBody({ key }),
  });
  const facts = { ...enrolled, key };
  const transcript = enrolmentTranscript({
    origin: gateway.access.origin,
    nonce: fromHex(challenge.nonce, 'challenge.nonce', 32),
    enrolled: facts,
  });
  const signature = toHex(signer.sign(transcript));
  const body = jsonBody({ ...facts, nonce: challenge.nonce, signature });
  return gateway.json(NodeSchema, { method: 'POST', path: '/v1/nodes', body });
}
