import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Fault } from '../../core/fault.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import type { LeasePurpose } from '../../ledger/store.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import type { KnownCheckpoint } from '../../ledger/writer/known-checkpoint.ts';
import { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import type { GatewayStore } from '../../store/gateway-store.ts';
import { openStore, type StoreThread } from '../../store/open.ts';
import { CHECKPOINT, Projection } from '../../store/published/projection.ts';
import { type Io, usage } from '../io.ts';
import { askWitnesses } from './cosign.ts';
import {
  createLedgerFolder,
  LAYOUT,
  type LedgerFolder,
  readArchiveKey,
  readIdentity,
  readLedgerFolder,
} from './ledger-folder.ts';
import { wantNotRestored } from './restored.ts';
import { isThere } from './secret-files.ts';

/** A ledger that can be read. */
export interface OpenLedger {
  readonly folder: LedgerFolder;
  readonly identity: LogIdentity;
  readonly store: GatewayStore;
  readonly projection: Projection;
  close(): Promise<void>;
}

/**
 * @param thread of the store: `own` for who has more to do than to wait for it.
 * @throws Fault at the folder, a key or the database.
 */
export async function openLedger(io: Io, dir: string, thread: StoreThread): Promise<OpenLedger> {
  const folder = await readLedgerFolder(dir);
  const identity = await readIdentity(folder);
  return ledgerOf(folder, identity, await openLedgerStore(io, folder, thread));
}

/** The database of a ledger, and of a gateway if it is one's. @throws Fault at a key or the database. */
export async function openLedgerStore(
  io: Io,
  folder: LedgerFolder,
  thread: StoreThread,
): Promise<GatewayStore> {
  const archiveKey = await readArchiveKey(folder);
  // Opening makes a database where there is none, and on an empty one the log would begin anew.
  if (folder.database === 'sqlite' && !(await isThere(join(folder.dir, LAYOUT.database)))) {
    const place = join(folder.dir, LAYOUT.database);
    throw new Fault(
      'unreachable',
      place,
      'is not there; postern audit restore brings a backup back',
    );
  }
  const store = await openStore({ ...placeOf(io, folder), archiveKey, thread });
  try {
    await wantLog(store, folder);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/**
 * Makes a ledger where there is none, and signs its empty log.
 *
 * @throws Fault as {@link createLedgerFolder} does.
 */
export async function createLedger(io: Io, folder: LedgerFolder): Promise<void> {
  await createLedgerFolder(io, folder, async () => {
    const archiveKey = await readArchiveKey(folder);
    const store = await openStore({ ...placeOf(io, folder), archiveKey, thread: 'this' });
    try {
      const ledger = ledgerOf(folder, await readIdentity(folder), store);
      if ((await store.head()) !== undefined) throw usage('its database has a log already');
      await (await writerOf(io, ledger, { ask: 'nobody' })).close();
    } finally {
      await store.close();
    }
  });
}

function ledgerOf(folder: LedgerFolder, identity: LogIdentity, store: GatewayStore): OpenLedger {
  const projection = new Projection(join(folder.dir, LAYOUT.published), store);
  return { folder, identity, store, projection, close: () => store.close() };
}

/** Whoever makes a ledger signs its empty log: a database without one is another, or was emptied. */
async function wantLog(
  store: GatewayStore,
  { dir, origin, database }: LedgerFolder,
): Promise<void> {
  if ((await store.head()) !== undefined) return;
  const place = database === 'sqlite' ? join(dir, LAYOUT.database) : 'DATABASE_URL';
  throw new Fault(
    'malformed',
    place,
    `has no log, and ${origin} has one: it was emptied, or is another`,
  );
}

function placeOf(io: Io, { dir, database }: LedgerFolder) {
  if (database === 'sqlite') return { file: join(dir, LAYOUT.database) };
  const url = io.env('DATABASE_URL');
  if (url === undefined) throw usage(`${dir}: its ledger is in PostgreSQL: set DATABASE_URL`);
  return { url };
}

/**
 * The ledger's writer, which holds the lease until it is closed: after what is stored was
 * recomputed and held against what was published, and the witnesses that the folder names were asked.
 *
 * @param ask `nobody` where the caller asks them itself, or must not use the network.
 * @throws Fault `conflict` where they don't go together: then nothing is signed.
 */
export async function openWriter(
  io: Io,
  ledger: OpenLedger,
  ask: 'witnesses' | 'nobody' = 'witnesses',
): Promise<LedgerWriter<FleetChange>> {
  await wantNotRestored(ledger);
  return writerOf(io, ledger, { ask });
}

/**
 * The same of a copy from a backup, whose witnesses the caller asks.
 *
 * @param more what others have seen, besides the ledger's own published files.
 */
export function resumeWriter(
  io: Io,
  ledger: OpenLedger,
  more: readonly KnownCheckpoint[],
): Promise<LedgerWriter<FleetChange>> {
  return writerOf(io, ledger, { ask: 'nobody', purpose: 'resume', more });
}

interface Writing {
  readonly ask: 'witnesses' | 'nobody';
  readonly purpose?: LeasePurpose;
  readonly more?: readonly KnownCheckpoint[];
}

async function writerOf(
  io: Io,
  ledger: OpenLedger,
  { ask, purpose = 'write', more = [] }: Writing,
): Promise<LedgerWriter<FleetChange>> {
  const { store, identity, projection } = ledger;
  return LedgerWriter.open({
    store,
    identity,
    purpose,
    holder: `${hostname()} process ${process.pid} ${randomUUID()}`,
    now: io.now,
    // Not the caller's: leases are about real time. Whoever waits for one must not end before it is
    // there, and whoever has one need not stay for it.
    pause: (ms) => setTimeout(ms),
    rest: (ms) => setTimeout(ms, undefined, { ref: false }),
    known: async () => {
      if (ask === 'witnesses') await askWitnesses(io, ledger);
      return [...(await publishedBefore(projection)), ...more];
    },
  });
}

async function publishedBefore(projection: Projection): Promise<readonly KnownCheckpoint[]> {
  const note = await projection.checkpoint();
  return note === undefined ? [] : [{ source: join(projection.folder, CHECKPOINT), note }];
}
