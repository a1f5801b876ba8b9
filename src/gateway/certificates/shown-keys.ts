import {
  type Keyset,
  keysetDigest,
  LARGEST_KEYSET,
  parseKeyset,
} from '../../appraisal/binding/keyset.ts';
import { base64Member } from '../../appraisal/binding/members.ts';
import {
  possessionMember,
  possessionProblem,
  type ShownKey,
} from '../../appraisal/binding/possession.ts';
import { parseBundle } from '../../appraisal/bundle/format.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import type { PastEvidence } from '../fleet/deps.ts';

/** Keys that a machine was admitted with, and showed that it holds. */
export interface ShownKeys {
  readonly keyset: Keyset;
  readonly keys: readonly ShownKey[];
}

/**
 * The keys that the evidence of an admission shows: in the keyset that the evidence vouches for,
 * each with its signature over the challenge that the gateway made for this very node. That was
 * looked at when it was decided; here it is looked at again, as a certificate rests on it.
 *
 * @param keyset SHA-384 of the keyset of the admission, lower-case hex.
 * @throws Fault `conflict` for evidence of another keyset.
 */
export function shownKeys(evidence: PastEvidence, keyset: string): ShownKeys {
  const { bundle, nonce, purpose } = evidence;
  const { binding } = parseBundle(bundle);
  const bytes = base64Member(binding, 'keyset', LARGEST_KEYSET);
  if (toHex(keysetDigest(bytes)) !== keyset) {
    throw new Fault('conflict', 'admission.keyset', 'its evidence is about another keyset');
  }
  const parsed = parseKeyset(bytes);
  const shown = binding.has('possession') ? possessionMember(binding) : [];
  const challenge = { purpose, nonce, keyset: bytes };
  const keys = shown.filter((one) => possessionProblem(one, parsed, challenge) === undefined);
  return { keyset: parsed, keys };
}
