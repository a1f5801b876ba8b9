import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseVerifierKey, type VerifierKey } from '../../ledger/note/verifier-key.ts';
import type { Case } from './manifest.ts';
import type { CaseContext } from './runner.ts';

/** A file with the text of one key. @throws Fault as {@link parseVerifierKey}. */
export function readVerifierKey(file: Uint8Array, at: string): VerifierKey {
  return parseVerifierKey(fromUtf8(file, at).replace(/\n$/, ''), at);
}

/** The key that a case says to trust: undefined where it trusts none. */
export async function trustedKeyFile(
  { trust, trustFile }: Case,
  { read }: CaseContext,
): Promise<Uint8Array | undefined> {
  return trust === 'test-root' && trustFile !== undefined ? read(trustFile) : undefined;
}
