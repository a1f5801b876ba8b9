import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Bound } from '../bound.ts';
import { keysetClaims, LARGEST_KEYSET, parseKeyset } from '../keyset.ts';
import { base64Member, onlyMembers } from '../members.ts';
import { possessionMember, shownKeyClaims } from '../possession.ts';
import { gpuNonceFor, NONCE_SIZE, purposeProblem, reportDataFor } from '../transcript.ts';

/**
 * Our own: `{ "recipe": "postern-v1", "purpose": "client", "nonce": "<hex>", "keyset": "<base64>" }`,
 * and `possession` where keys of which the keyset has only a hash are shown (see `possession.ts`).
 * Bound in both directions: the CPU commits to the devices' evidence, the devices to challenge
 * and keys.
 */
export function posternV1(inputs: JsonShape, deviceEvidence: Uint8Array): Bound {
  onlyMembers(inputs, ['recipe', 'purpose', 'nonce', 'keyset', 'possession']);
  const purpose = inputs.string('purpose');
  const problem = purposeProblem(purpose);
  if (problem !== undefined) throw malformed(`${inputs.path}.purpose`, problem);
  const nonce = inputs.hex('nonce', NONCE_SIZE);
  const bytes = base64Member(inputs, 'keyset', LARGEST_KEYSET);
  const keyset = parseKeyset(bytes);
  const challenge = { purpose, nonce, keyset: bytes };
  const keys = inputs.has('possession') ? possessionMember(inputs) : undefined;
  return {
    reportData: reportDataFor({ ...challenge, deviceEvidence }),
    deviceNonce: gpuNonceFor(challenge),
    nonce,
    purpose,
    keyset,
    ...(keys && { shown: { keys, challenge } }),
    binds: ['purpose', 'keyset', 'device-evidence'],
    notProven: [],
    claims: { ...keysetClaims(keyset), ...(keys && { shownKeys: keys.map(shownKeyClaims) }) },
  };
}
