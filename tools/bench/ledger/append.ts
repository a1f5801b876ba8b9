import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { verifierKey } from '../../../src/ledger/note/verifier-key.ts';
import type { NewBlob } from '../../../src/ledger/store.ts';
import { TILE_WIDTH } from '../../../src/ledger/tiles/tile.ts';
import { HASH_SIZE } from '../../../src/ledger/tree/hash.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import { type LogIdentity, signHead } from '../../../src/ledger/writer/identity.ts';
import { LedgerWriter } from '../../../src/ledger/writer/ledger-writer.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Workload } from '../measure.ts';
import type { Scratch } from './scratch.ts';

/** In bytes, as recorded decisions about a TDX machine by itself have them. */
const SIZES = { entry: 480, manifest: 3000, bundle: 24_000 };
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
  readonly grouped: Workload;
  readonly recorded: Workload;
}> {
  const store = await openStore({
    file: scratch.path('append.sqlite'),
    archiveKey: randomBytes(32),
  });
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
      prepare: () => async () => void (await writer.append(newLeaf())),
    },
    grouped: together(`ledger.append.${GROUP}`, newLeaf),
    recorded: together(`ledger.record.${GROUP}`, newDecision),
  };
}

const ENTRY = new Uint8Array(randomBytes(SIZES.entry));

function newLeaf(): NewEntry {
  return { id: newId(), entry: ENTRY };
}

let ids = 0;

/** As random as ids are, and made in no time: what it takes to make one is not the log's to answer for. */
function newId(): string {
  ids++;
  return (
    Math.imul(ids, 0x9e3779b1).toString(16).replace('-', 'f').padStart(16, '0') +
    ids.toString(16).padStart(16, '0')
  );
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

/**
 * What no log on this disk can beat: the same rows in the same tables, ready made, one
 * transaction for each group, by bare SQLite and as durable.
 */
export async function insertLimit(
  scratch: Scratch,
  group: number,
  of: 'leaves' | 'decisions' = 'leaves',
): Promise<Workload> {
  const file = scratch.path(`limit-${of}-${group}.sqlite`);
  await (await openStore({ file })).close();
  const db = new DatabaseSync(file);
  db.exec(
    'PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON',
  );
  scratch.onEnd(async () => db.close());
  const insert = (table: string, columns: string) =>
    db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replace(/\w+/g, '?')})`);
  const leaf = insert('leaves', 'idx, id, entry, hash, sum');
  const blob = insert('blobs', 'id, digest, sealed, sum');
  const record = insert('records', 'idx, moment, manifest, uses_sum, sum');
  const use = insert('uses', 'record, blob');
  const tile = insert('tiles', 'level, idx, hashes, sum');
  const checkpoint = insert('checkpoints', 'size, root, note, sum');
  const sealed = [SIZES.manifest, SIZES.bundle].map((size) => randomBytes(size + SEALED));
  const hashes = randomBytes(TILE_WIDTH * HASH_SIZE);
  const [hash, root] = [randomBytes(HASH_SIZE), randomBytes(HASH_SIZE)];
  const note = signHead(benchIdentity(), { size: 100_000, root }, 0);
  const sum = '0'.repeat(64);
  const digest = `sha256:${sum}`;
  let size = 0;
  let blobs = 0;
  return {
    name:
      of === 'decisions' ? `limit.rows.${group}` : `limit.insert${group === 1 ? '' : `.${group}`}`,
    prepare: () => () => {
      db.exec('BEGIN IMMEDIATE');
      for (let i = 0; i < group; i++) {
        leaf.run(size, newId(), ENTRY, hash, sum);
        if (of === 'decisions') {
          record.run(size, 0, digest, sum, sum);
          for (const bytes of sealed) {
            blob.run(++blobs, `${digest.slice(0, -32)}${newId()}`, bytes, sum);
            use.run(size, blobs);
          }
        }
        size++;
        // Those of the levels above come to one in 256 of these.
        if (size % TILE_WIDTH === 0) tile.run(0, size / TILE_WIDTH - 1, hashes, sum);
      }
      checkpoint.run(size, root, note, sum);
      db.exec('COMMIT');
    },
  };
}
