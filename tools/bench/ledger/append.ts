import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FleetChange } from '../../../src/gateway/fleet/store.ts';
import { verifierKey } from '../../../src/ledger/note/verifier-key.ts';
import type { NewBlob } from '../../../src/ledger/store.ts';
import { HASH_SIZE } from '../../../src/ledger/tree/hash.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import { type LogIdentity, signHead } from '../../../src/ledger/writer/identity.ts';
import { LedgerWriter } from '../../../src/ledger/writer/ledger-writer.ts';
import { openStore, type StoreThread } from '../../../src/store/open.ts';
import type { Workload } from '../measure.ts';
import { type BareRows, bareInserts } from './bare-inserts.ts';
import { newId } from './new-id.ts';
import type { Scratch } from './scratch.ts';

/** In bytes, as recorded decisions about a TDX machine by itself have them; text: of a checkpoint. */
const SIZES = { entry: 480, manifest: 3000, bundle: 24_000, text: 70 };
/** What seals add: a header and a chunk's tag. */
const SEALED = 41;
export const GROUP = 64;

/** A log's keys, as `audit init` makes them. */
export function benchIdentity(origin = 'bench.example/log'): LogIdentity {
  const keys = (['note', 'cosignature-ml-dsa-44'] as const).map((type) => {
    const pair =
      type === 'note' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
    const info = pair.publicKey.export({ format: 'der', type: 'spki' });
    const size = type === 'note' ? 32 : 1312;
    const verifier = verifierKey(origin, type, new Uint8Array(info.subarray(info.length - size)));
    const signer = {
      key: verifier,
      sign: (message: Uint8Array) => new Uint8Array(sign(null, message, pair.privateKey)),
    };
    return { verifier, signer };
  });
  return {
    origin,
    signers: keys.slice(0, 1).map(({ signer }) => signer),
    second: keys[1]?.signer,
    keys: keys.map(({ verifier }) => verifier),
  };
}

/** Leaves that go into a log one at a time and together, and decisions with what they saw. */
export async function appendWorkloads(scratch: Scratch): Promise<{
  readonly one: Workload;
  readonly offLoop: Workload;
  readonly grouped: Workload;
  readonly recorded: Workload;
}> {
  // As a command that records one decision has it, and as a gateway does.
  const alone = await openWriter(scratch, 'this');
  const writer = await openWriter(scratch, 'own');
  const group = (make: () => NewEntry) =>
    Promise.all(Array.from({ length: GROUP }, () => writer.append(make())));
  // Two groups are under way at a time, as under a load that does not wait for the last of them.
  const together = (name: string, make: () => NewEntry): Workload => {
    let under = Promise.resolve<unknown>(undefined);
    return {
      name,
      prepare: async () => {
        await under;
        under = group(make);
        return async () => {
          const before = under;
          under = group(make);
          await before;
        };
      },
    };
  };
  return {
    one: {
      name: 'ledger.append',
      prepare: () => async () => void (await alone.append(newLeaf())),
    },
    offLoop: {
      name: 'ledger.append.off_loop',
      prepare: () => async () => void (await writer.append(newLeaf())),
    },
    grouped: together(`ledger.append.${GROUP}`, newLeaf),
    recorded: together(`ledger.record.${GROUP}`, newDecision),
  };
}

async function openWriter(
  scratch: Scratch,
  thread: StoreThread,
): Promise<LedgerWriter<FleetChange>> {
  const file = scratch.path(`append-${thread}.sqlite`);
  const store = await openStore({ file, archiveKey: randomBytes(32), thread });
  const writer = await LedgerWriter.open({
    store,
    identity: benchIdentity(),
    holder: 'bench',
    now: () => Date.now(),
    pause: (ms) => setTimeout(ms, undefined, { ref: false }),
  });
  scratch.onEnd(async () => {
    await writer.close();
    await store.close();
  });
  return writer;
}

const ENTRY = new Uint8Array(randomBytes(SIZES.entry));

function newLeaf(): NewEntry {
  return { id: newId(), entry: ENTRY };
}

/** Everything in it is new: an id, an entry, a manifest and a bundle. */
function newDecision(): NewEntry {
  const [manifest, bundle] = [newBlob(SIZES.manifest), newBlob(SIZES.bundle)];
  return {
    ...newLeaf(),
    record: { at: Date.now(), manifest: manifest.digest, uses: [manifest.digest, bundle.digest] },
    blobs: [manifest, bundle],
  };
}

function newBlob(size: number): NewBlob {
  const bytes = new Uint8Array(randomBytes(size));
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

/** What each commit waits for: as many pages as an append writes, put on the disk. */
export function syncLimit(scratch: Scratch): Workload {
  const file = openSync(scratch.path('sync'), 'w');
  scratch.onEnd(async () => closeSync(file));
  const pages = randomBytes(4 * 4096);
  return {
    name: 'limit.sync',
    prepare: () => () => {
      writeSync(file, pages, 0, pages.length, 0);
      fdatasyncSync(file);
    },
  };
}

/**
 * What no log on this disk can beat: the same rows in the same tables, ready made, one
 * transaction for each group, by bare SQLite and as durable.
 */
export async function insertLimit(
  scratch: Scratch,
  group: number,
  of: 'leaves' | 'decisions' = 'leaves',
): Promise<Workload> {
  const { insert, close } = bareInserts(await rowsOf(scratch, group, of, 'here'));
  scratch.onEnd(async () => close());
  const name =
    of === 'decisions' ? `limit.rows.${group}` : `limit.insert${group === 1 ? '' : `.${group}`}`;
  return { name, prepare: () => insert };
}

/**
 * The same with one bare signature for each transaction: without a fresh one no state of a log is
 * signed, and none can be made before its leaf is there.
 */
export async function signedInsertLimit(scratch: Scratch): Promise<Workload> {
  const { insert, close } = bareInserts(await rowsOf(scratch, 1, 'leaves', 'signed'));
  scratch.onEnd(async () => close());
  const { privateKey } = generateKeyPairSync('ed25519');
  const text = randomBytes(SIZES.text);
  const operation = () => {
    sign(null, text, privateKey);
    insert();
  };
  return { name: 'limit.insert.signed', prepare: () => operation };
}

/** The same in a thread of its own, which is asked for each transaction and says when it is done. */
export async function insertThreadLimit(scratch: Scratch): Promise<Workload> {
  const workerData = await rowsOf(scratch, 1, 'leaves', 'thread');
  const thread = new Worker(new URL('./insert-thread.ts', import.meta.url), { workerData });
  const ask = async (message: 'insert' | 'close') => {
    thread.postMessage(message);
    await once(thread, 'message');
  };
  await once(thread, 'message');
  scratch.onEnd(() => ask('close'));
  return { name: 'limit.insert.thread', prepare: () => () => ask('insert') };
}

async function rowsOf(
  scratch: Scratch,
  group: number,
  of: 'leaves' | 'decisions',
  where: string,
): Promise<BareRows> {
  const file = scratch.path(`limit-${of}-${group}-${where}.sqlite`);
  await (await openStore({ file })).close();
  const root = new Uint8Array(randomBytes(HASH_SIZE));
  const note = signHead(benchIdentity(), { size: 100_000, root }, 0);
  const sealed = of === 'leaves' ? [] : [SIZES.manifest, SIZES.bundle].map((size) => size + SEALED);
  return { file, group, entry: ENTRY, root, note, sealed };
}
