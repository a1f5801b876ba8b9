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

/** A member that no policy has: what is meant to be an envelope is not read as YAML. */
export function looksLikeEnvelope(file: Uint8Array): boolean {
  const head = new TextDecoder('latin1').decode(file.subarray(0, 64 * 1024));
  return /^\s*\{/.test(head) && /"payloadType"\s*:/.test(head.concat(tail(file)));
}

/** Members have no order: behind a large payload as well. */
function tail(file: Uint8Array): string {
  return new TextDecoder('latin1').decode(file.subarray(-64 * 1024));
}
