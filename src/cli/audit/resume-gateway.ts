import { forgetAdmissions } from '../../gateway/fleet/after-restore.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import { WriterLedger } from '../../gateway/fleet/writer-ledger.ts';
import { isInForce } from '../../gateway/identity/credential.ts';
import { revokeCredential } from '../../gateway/identity/credentials.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import type { Io } from '../io.ts';
import { packageVersion } from '../package-version.ts';
import type { OpenLedger } from './open-ledger.ts';
import { overrideOf } from './override.ts';

/** What was taken back of what a copy from a backup would have let in. */
export interface TakenBack {
  readonly nodes: number;
  readonly keys: number;
}

/**
 * What a gateway's copy from a backup may not know any more. That a machine was put out is in the
 * log, of which nobody has seen more than the copy has; what it was admitted by may still have ended
 * since: each shows evidence anew. That a key was revoked is in no log: none of them holds, unless
 * somebody gives their word.
 *
 * @param keepKeys their reason, which goes into the ledger; undefined: every key is revoked.
 */
export async function takeBack(
  io: Io,
  open: OpenLedger,
  writer: LedgerWriter<FleetChange>,
  keepKeys: string | undefined,
): Promise<TakenBack> {
  const { store, identity } = open;
  const { now, randomBytes } = io;
  const credentials = (await store.credentials()).filter((one) => isInForce(one, now()));
  if (keepKeys !== undefined) {
    await writer.append(overrideOf(io, open, 'resume_keys', keepKeys));
  } else {
    for (const { id } of credentials) await revokeCredential(id, { store, now });
  }
  const engine = `postern/${await packageVersion()}`;
  const ledger = new WriterLedger(writer, { origin: identity.origin, engine });
  const nodes = await forgetAdmissions({ store, ledger, now, randomBytes });
  return { nodes, keys: keepKeys === undefined ? credentials.length : 0 };
}
