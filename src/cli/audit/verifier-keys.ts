import { writeVerifierKey } from '../../ledger/note/verifier-key.ts';
import { type LedgerFolder, readIdentity } from './ledger-folder.ts';

/** A line for each public key of a ledger, as other tools take it. */
export async function verifierKeyLines(folder: LedgerFolder): Promise<readonly string[]> {
  const { keys } = await readIdentity(folder);
  return keys.map(writeVerifierKey);
}
