import { toBase64 } from '../../core/encoding/base64.ts';
import { IssuedCertificateSchema } from '../../protocol/certificate.ts';
import type { ServedKey } from '../certificates/taken.ts';
import { type GatewayClient, jsonBody } from './gateway-client.ts';

/**
 * Asks for a certificate of a key that the evidence of the node's admission shows.
 *
 * @returns a line of OpenSSH or PEM, as it came.
 * @throws Fault that the gateway's problem stands for.
 */
export async function askForCertificate(
  gateway: GatewayClient,
  node: string,
  { use, key }: ServedKey,
): Promise<string> {
  const { certificate } = await gateway.json(IssuedCertificateSchema, {
    method: 'POST',
    path: `/v1/nodes/${node}/certificates`,
    body: jsonBody({ use, key: toBase64(key) }),
  });
  return certificate;
}
