import { toHex } from '../../core/bytes/hex.ts';
import type { Check } from '../../evidence/verdict.ts';
import type { Claim, Claims } from '../../evidence/verification.ts';
import { NOT_PROVEN_NAMES } from '../binding/bound.ts';
import type { Binding } from '../binding/recipe.ts';
import type { BundleCheckId } from './checks.ts';
import type { BundleParts } from './parts.ts';
import { weightsOf } from './weights.ts';

/** What a claim says of something that nobody has shown; a client must be able to tell. */
const OPEN = 'not-proven';

/** What the bundle binds, and what it leaves open. */
export function bundleClaims(
  checks: readonly Check[],
  binding: Binding | undefined,
  parts: BundleParts,
): Claims {
  const { node, vtpm } = parts;
  const fresh = isChallenged(checks, parts);
  const model = modelClaim(parts);
  return {
    ...(binding && bindingClaims(binding)),
    ...(node && { gpus: node.claims['gpus'] ?? 0, switches: node.claims['switches'] ?? 0 }),
    freshness: fresh ? 'challenged' : OPEN,
    model,
    // Evidence of devices can be relayed: nothing shows that they share a chassis with the CPU.
    ...(node && { locality: OPEN }),
    notProven: NOT_PROVEN_NAMES.filter((name) => {
      if (name === 'freshness') return !fresh;
      if (name === 'model') return model === OPEN;
      if (name === 'locality') return node !== undefined;
      // What the CPU has measured below a vTPM is the paravisor alone.
      if (name === 'workload' && vtpm) return true;
      return binding?.notProven.includes(name) ?? false;
    }),
  };
}

/** The challenge was answered by a real CPU that commits to it, and by every device. */
function isChallenged(checks: readonly Check[], { node }: BundleParts): boolean {
  const passed = (id: BundleCheckId) =>
    checks.some((check) => check.id === id && check.outcome === 'pass');
  return (
    passed('bundle.nonce') &&
    passed('bundle.cpu') &&
    (passed('bundle.binding.report_data') || passed('bundle.binding.vtpm_nonce')) &&
    (node === undefined || node.parts.length === 0 || passed('bundle.binding.device_nonce'))
  );
}

function bindingClaims({ recipe, purpose, nonce, deviceNonce, binds, claims }: Binding): Claims {
  return {
    recipe,
    ...(purpose !== undefined && { purpose }),
    ...(nonce && { nonce: toHex(nonce) }),
    ...(deviceNonce && { deviceNonce: toHex(deviceNonce) }),
    binds,
    ...claims,
  };
}

function modelClaim({ cpu }: BundleParts): Claim {
  const digest = cpu?.authentic && 'quote' in cpu ? weightsOf(cpu) : undefined;
  return digest === undefined ? OPEN : { weightsSha256: digest, source: 'rtmr3' };
}
