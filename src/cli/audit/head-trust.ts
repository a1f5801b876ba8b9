import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { LogHead } from '../../ledger/store.ts';
import { verifyCheckpoint } from '../../ledger/trust/judge.ts';
import { wantOwnHead } from '../../ledger/writer/identity.ts';
import { type Io, warn } from '../io.ts';
import type { Args } from '../verb.ts';
import { readTrust } from './log-trust.ts';
import type { OpenLedger } from './open-ledger.ts';

/** Whose word the last state of a folder was taken on. */
export type HeldAgainst = 'named keys' | 'own keys';

/**
 * Holds the last signed state of a ledger's folder against the keys that the caller names, or by its
 * own: then whoever wrote the folder may have written all of it anew, and that is said.
 *
 * @throws Fault `malformed` at `checkpoint` where the keys don't bear it out, `conflict` where it is
 *   not the state that it was signed as.
 */
export async function holdHead(
  io: Io,
  args: Args,
  { store, identity }: Pick<OpenLedger, 'store' | 'identity'>,
  head: LogHead,
): Promise<HeldAgainst> {
  wantOwnHead(identity, head, 'head.checkpoint');
  const trust = await readTrust(io, args);
  if (trust === undefined) {
    warn(
      io,
      'no --log-key: its last state was held against the keys in the folder itself, which whoever wrote it can have made',
    );
    return 'own keys';
  }
  const lines = await store.cosignatures(head.size);
  verifyCheckpoint(concatBytes(head.checkpoint, utf8(lines.join(''))), trust);
  return 'named keys';
}
