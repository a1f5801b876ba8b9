import { writeVerifierKey } from '../../ledger/note/verifier-key.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';

/** The public keys of a log as other tools take them, the short one of Ed25519 first. */
export function vkeysOf({ keys }: LogIdentity): readonly string[] {
  return keys.map(writeVerifierKey);
}
