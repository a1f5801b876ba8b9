import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { splitSignature } from '../../ledger/note/signed-message.ts';
import { type NoteSignature, signaturesIn } from '../../ledger/note/signed-note.ts';
import type { VerifierKey } from '../../ledger/note/verifier-key.ts';
import type { LedgerStore, LogHead } from '../../ledger/store.ts';
import { StoreTiles } from '../../ledger/store-tiles.ts';
import { parseTlogPolicy, type TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { submitCheckpoint, type WitnessPeer } from '../../ledger/witness/submit.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, warn } from '../io.ts';
import { LAYOUT, type LedgerFolder } from './ledger-folder.ts';
import { markRestored } from './restored.ts';
import { isThere, readSecret } from './secret-files.ts';
import { witnessPeers } from './witness-peers.ts';

interface WitnessedLedger {
  readonly folder: LedgerFolder;
  readonly identity: LogIdentity;
  readonly store: LedgerStore;
}

/** In milliseconds, of all witnesses together: nobody else gets the lease meanwhile. */
const START_MS = 3000;

/** The witnesses that a ledger's folder names. @returns undefined where it names none. */
export async function witnessPolicyOf({ dir }: LedgerFolder): Promise<TlogPolicy | undefined> {
  const path = join(dir, LAYOUT.witnesses);
  if (!(await isThere(path))) return undefined;
  const file = await readSecret(path);
  return asConfiguration(path, () => parseTlogPolicy(file, path));
}

export interface CosignOptions {
  /** For all of them together; each has its own where it is left out. */
  readonly deadline?: AbortSignal;
  /**
   * Whoever signed before this, in milliseconds since the epoch, is asked again: a log that stands
   * still has to be seen to do so. One that signs no time is not.
   */
  readonly renewBefore?: number;
}

/**
 * Has the last state cosigned by all witnesses that have not yet.
 *
 * @returns what went wrong, one of each witness that it did with; each was told.
 */
export async function cosign(
  io: Io,
  { store, identity }: Omit<WitnessedLedger, 'folder'>,
  trust: TlogPolicy,
  { deadline, renewBefore = 0 }: CosignOptions = {},
): Promise<readonly Fault[]> {
  const peers = witnessPeers(io, identity, trust, deadline);
  const head = await store.head();
  if (head === undefined) throw new Fault('malformed', 'head', 'nothing was ever signed');
  const faults: Fault[] = [];
  const signed = signaturesIn(await store.cosignatures(head.size));
  const timesOf = ({ keys }: WitnessPeer) => keys.map((key) => signedAt(signed, key));
  const tiles = new StoreTiles(store);
  await Promise.all(
    peers.map(async (peer) => {
      const times = timesOf(peer);
      if (times.every((time) => time !== undefined && time >= renewBefore)) return;
      const old = times.every((time) => time === undefined) ? 0 : head.size;
      const fault = await askOne(store, peer, head, tiles, old);
      if (fault) faults.push(fault);
    }),
  );
  for (const fault of faults) warn(io, fault.message);
  return faults;
}

/** How often a witness is asked about the state of now, where it has seen more than that of a moment ago. */
const MOST_ASKS = 3;

/**
 * Whoever shares the database may sign, and have it cosigned, while this one asks: only a witness
 * that knows more than the last state there is contradicts it.
 */
async function askOne(
  store: WitnessedLedger['store'],
  peer: WitnessPeer,
  first: LogHead,
  tiles: StoreTiles,
  seen: number,
): Promise<Fault | undefined> {
  let [head, old] = [first, seen];
  for (let ask = 1; ; ask++) {
    try {
      await store.addCosignatures(head.size, await submitCheckpoint(peer, head, tiles, old));
      return undefined;
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      const now = await store.head();
      const isBehind = error.code === 'conflict' && now !== undefined && now.size > head.size;
      if (!isBehind || ask === MOST_ASKS) return error;
      [head, old] = [now, 0];
    }
  }
}

/** When a key signed, in milliseconds; undefined where it did not, beyond all times where it says none. */
function signedAt(
  signed: readonly NoteSignature[],
  { name, id, type }: VerifierKey,
): number | undefined {
  const line = signed.find((one) => one.name === name && one.id === id);
  if (line === undefined) return undefined;
  const { time = 0n } = splitSignature(type, line.signature) ?? {};
  return time === 0n ? Number.POSITIVE_INFINITY : Number(time) * 1000;
}

/**
 * Asks the witnesses that the folder names, before anything is signed and under the lease: what they
 * cosigned beyond the last state, or of another log of this name, means that this is an older copy
 * or a fork. One that does not answer is told and keeps nobody from writing: else whoever can cut it
 * off could stop every decision.
 *
 * @throws Fault `conflict` where one contradicts; the ledger is closed then.
 */
export async function askWitnesses(io: Io, ledger: WitnessedLedger): Promise<void> {
  const trust = await witnessPolicyOf(ledger.folder);
  if (trust === undefined || (await ledger.store.head()) === undefined) return;
  const faults = await cosign(io, ledger, trust, { deadline: AbortSignal.timeout(START_MS) });
  const contradiction = faults.find(({ code }) => code === 'conflict');
  if (contradiction) {
    await markRestored(ledger, io.now());
    throw contradiction;
  }
  if (faults.length === 0) return;
  warn(
    io,
    'of these witnesses nobody knows whether they saw more of this log: it goes on, held against its own published files alone',
  );
}
