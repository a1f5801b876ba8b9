import { toHex } from '../../core/bytes/hex.ts';
import type { LoggedEvent } from '../../evidence/tdx/event-log/event.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';
import type { Check } from '../../evidence/verdict.ts';
import type { Claim, Claims } from '../../evidence/verification.ts';
import type { Binding } from '../binding/recipe.ts';
import type { BundleParts } from './parts.ts';

/** A client must be able to tell what nobody has shown; it is no claim of the evidence. */
const NOT_PROVEN = 'not-proven';

/**
 * The RTMR3 event by which measured software says what weights it serves: SHA-256 of the
 * manifest of the weights' files. It is as good as that software, which a policy has to know.
 */
export const WEIGHTS_EVENT = 'postern/weights/v1';
const RTMR3 = 3;
const SHA256_SIZE = 32;

/** What the bundle binds, and what it leaves open. */
export function bundleClaims(
  checks: readonly Check[],
  binding: Binding | undefined,
  parts: BundleParts,
): Claims {
  const { node } = parts;
  const passed = (id: string) =>
    checks.some((check) => check.id === id && check.outcome === 'pass');
  return {
    ...(binding && bindingClaims(binding)),
    ...(node && { gpus: node.claims['gpus'] ?? 0, switches: node.claims['switches'] ?? 0 }),
    freshness: passed('bundle.nonce') ? 'challenged' : NOT_PROVEN,
    model: modelClaim(parts),
    // Evidence of devices can be relayed: nothing shows that they share a chassis with the CPU.
    ...(node && { locality: NOT_PROVEN }),
  };
}

function bindingClaims({
  recipe,
  purpose,
  nonce,
  deviceNonce,
  binds,
  notProven,
  claims,
}: Binding): Claims {
  return {
    recipe,
    ...(purpose !== undefined && { purpose }),
    ...(nonce && { nonce: toHex(nonce) }),
    ...(deviceNonce && { deviceNonce: toHex(deviceNonce) }),
    binds,
    notProven,
    ...claims,
  };
}

function modelClaim({ cpu }: BundleParts): Claim {
  const digest = cpu?.authentic && 'quote' in cpu ? weightsOf(cpu) : undefined;
  return digest === undefined ? NOT_PROVEN : { weightsSha256: digest, source: 'rtmr3' };
}

/** Only of a log that replays to the quoted register; two such events would say nothing. */
function weightsOf({ eventLog }: TdxVerification): string | undefined {
  const replays = eventLog?.comparisons.some(
    ({ register, outcome }) => register === RTMR3 && outcome === 'equal',
  );
  const events = (eventLog?.log.events ?? []).filter(isWeightsEvent);
  const [only, ...more] = events;
  return replays && only && more.length === 0 ? toHex(only.data) : undefined;
}

function isWeightsEvent({ register, name, data, coverage }: LoggedEvent): boolean {
  return (
    register === RTMR3 &&
    name === WEIGHTS_EVENT &&
    data.length === SHA256_SIZE &&
    coverage.of === 'name-and-data'
  );
}
