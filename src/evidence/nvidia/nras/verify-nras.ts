import { formatTime } from '../../../core/encoding/time.ts';
import { CheckList } from '../../check-list.ts';
import type { Verification } from '../../verification.ts';
import { weigh } from '../../weigh.ts';
import { NRAS_CHECKS, NRAS_EXPECTED } from './checks.ts';
import { coverClaim, eatClaims } from './claims.ts';
import { parseNrasEat } from './eat.ts';
import type { NrasInput } from './input.ts';
import { checkSignatures } from './signature-checks.ts';
import { checkStatement } from './statement-checks.ts';

/** A {@link Verification} of what somebody else says of devices, under keys that the caller trusts. */
export interface NrasVerification extends Verification {
  readonly evidence: 'nras';
  readonly anchors: 'custom';
  readonly revocation: 'unchecked';
}

/**
 * Verifies a detached EAT of NVIDIA's remote attestation service, offline: that the service said
 * so, about these devices, in answer to this nonce, at this time, and that what it said is good.
 *
 * It is a second opinion. It never stands in for the devices' own evidence, of which it holds
 * nothing: whoever has the service's key may say anything.
 *
 * @returns `authentic` when the keys of the given set signed it and its tokens belong together.
 */
export function verifyNras(input: NrasInput): NrasVerification {
  const checks = new CheckList(NRAS_CHECKS);
  const real = Number.isFinite(input.at);
  const clock = { want: 'a time to verify at', got: `${input.at}` };
  checks.answer('nras.clock', real ? undefined : clock);
  const eat = checks.read('nras.eat.format', () => parseNrasEat(input.eat));
  if (eat) {
    checkSignatures(checks, eat, input);
    checkStatement(checks, eat, input);
  }
  return {
    ...weigh(checks.all, NRAS_EXPECTED),
    evidence: 'nras',
    anchors: 'custom',
    revocation: 'unchecked',
    at: formatTime(input.at),
    checks: checks.all,
    claims: {
      ...(eat && eatClaims(eat)),
      ...(eat && input.devices && coverClaim(eat, input.devices)),
      jwks: input.jwks ? 'given' : 'missing',
      freshness: input.nonce ? 'checked' : 'unchecked',
    },
  };
}
