import { signaturesIn } from '../../ledger/note/signed-note.ts';
import { secondLine } from '../../ledger/writer/identity.ts';
import type { Io } from '../io.ts';
import type { OpenLedger } from './open-ledger.ts';

/**
 * Has the last state signed by the log's second key, and writes what it has beyond the one that was
 * published before.
 *
 * @throws Fault `unreachable` at the folder or the store.
 */
export async function publishLedger(io: Io, ledger: OpenLedger): Promise<void> {
  await signSecondly(io, ledger);
  await ledger.projection.publish();
}

/** The same, every file held against the database. @returns the paths that were written anew. */
export async function republishLedger(io: Io, ledger: OpenLedger): Promise<readonly string[]> {
  await signSecondly(io, ledger);
  return ledger.projection.restore();
}

async function signSecondly(io: Io, { store, identity }: OpenLedger): Promise<void> {
  const head = await store.head();
  if (head === undefined) return;
  const line = secondLine(identity, head, await store.cosignatures(head.size), io.now());
  if (line !== undefined) await store.addCosignatures(head.size, [line]);
}

/** How many others have signed a state. */
export async function cosignersOf({ store, identity }: OpenLedger, size: number): Promise<number> {
  const own = new Set(identity.keys.map(({ name, id }) => `${name} ${id}`));
  const signed = signaturesIn(await store.cosignatures(size));
  return signed.filter(({ name, id }) => !own.has(`${name} ${id}`)).length;
}
