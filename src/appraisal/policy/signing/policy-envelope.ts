import { fromUtf8 } from '../../../core/bytes/text.ts';
import { parseEnvelope } from '../../../core/encoding/dsse.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { Fault } from '../../../core/fault.ts';
import type { ReadPolicy } from '../read-policy.ts';
import { POLICY_PAYLOAD_TYPE, readPayload } from './signed-policy.ts';

/**
 * The policy in an envelope, whoever signed it.
 *
 * @throws Fault `malformed`, or `usage` when it is an envelope of something else.
 */
export function readPolicyEnvelope(file: Uint8Array, path: string): ReadPolicy {
  const { payload, payloadType } = parseEnvelope(file, path);
  if (payloadType === POLICY_PAYLOAD_TYPE) return readPayload(payload);
  throw new Fault('usage', path, `want a signed policy, got ${JSON.stringify(payloadType)}`);
}

/** No policy has this member, and no envelope lacks it. */
export function isEnvelope(file: Uint8Array): boolean {
  try {
    const { value } = parseJson(fromUtf8(file, 'file'), 'file');
    return new JsonShape(value, 'file').has('payloadType');
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return false; // YAML, or neither
    throw error;
  }
}
