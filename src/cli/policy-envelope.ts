import type { ReadPolicy } from '../appraisal/policy/read-policy.ts';
import { POLICY_PAYLOAD_TYPE, readPayload } from '../appraisal/policy/signing/signed-policy.ts';
import { parseEnvelope } from '../core/encoding/dsse.ts';
import { usage } from './io.ts';

/**
 * The policy in an envelope, whoever signed it.
 *
 * @throws Fault `malformed`, or `usage` when it is an envelope of something else.
 */
export function readPolicyEnvelope(file: Uint8Array, path: string): ReadPolicy {
  const { payload, payloadType } = parseEnvelope(file, path);
  if (payloadType === POLICY_PAYLOAD_TYPE) return readPayload(payload);
  throw usage(`${path}: want a signed policy, got ${JSON.stringify(payloadType)}`);
}
