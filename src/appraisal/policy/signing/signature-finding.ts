import type { SignedEnvelope } from '../../../core/encoding/dsse-signatures.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { Keyring } from './keyring.ts';

/** Undefined when enough keys signed; else how many did, and why the other signatures don't count. */
export function tooFewSigners(signed: SignedEnvelope, keyring: Keyring): Mismatch | undefined {
  if (signed.content !== undefined) return undefined;
  const names = signed.signers.map(({ keyId }) => ownerOf(keyring, keyId));
  const others = signed.signatures.flatMap((finding, i) =>
    finding.signer ? [] : [`signature ${i} is ${finding.because}`],
  );
  const count = names.length === 0 ? 'none' : `${names.length} (${names.join(', ')})`;
  const [first, ...more] = others;
  const reasons = first === undefined ? '' : `; ${first}${and(more.length)}`;
  const no = signed.signatures.length === 0 ? '; there is no signature' : reasons;
  return { want: `signed by ${signed.threshold} of ${keyring.keys.length} keys`, got: count + no };
}

function and(more: number): string {
  return more === 0 ? '' : `, and ${more} more`;
}

export function ownerOf({ keys }: Keyring, keyId: string): string {
  const found = keys.find(({ publicKey }) => publicKey.keyId === keyId);
  return found ? found.owner : keyId;
}
