import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { writeSignerKey } from '../../ledger/note/signer-key.ts';
import type { KeyType } from '../../ledger/note/verifier-key.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import { type Io, usage } from '../io.ts';
import { noteKey } from './note-keys.ts';
import { diskFault, isThere, readNoteKey, readSecret, writeSecret } from './secret-files.ts';

/** Where things lie in the folder of a ledger. */
export const LAYOUT = {
  config: 'ledger.json',
  database: 'ledger.sqlite',
  keys: 'keys',
  logKey: 'keys/log.key',
  secondKey: 'keys/log-ml-dsa-44.key',
  archiveKey: 'keys/archive.key',
  /** What anybody may read: checkpoint, tiles, entries. */
  published: 'published',
} as const;

/** A ledger as its folder describes it; nothing is opened yet. */
export interface LedgerFolder {
  readonly dir: string;
  readonly origin: string;
  /** `postgres`: at DATABASE_URL, which is never written down. */
  readonly database: 'sqlite' | 'postgres';
}

const VERSION = 1;
const ARCHIVE_KEY_SIZE = 32;
const SEED_SIZE = 32;

export async function isLedger(dir: string): Promise<boolean> {
  return stat(join(dir, LAYOUT.config)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** @throws Fault `unreachable` where there is no ledger, `malformed` for a file that is not its. */
export async function readLedgerFolder(dir: string): Promise<LedgerFolder> {
  const path = join(dir, LAYOUT.config);
  const shape = new JsonShape(parseJson(fromUtf8(await readSecret(path), path), path).value, path);
  if (shape.integer('v', 0xffff) !== VERSION) throw malformed(`${path}.v`, `want ${VERSION}`);
  const database = shape.string('database');
  if (database !== 'sqlite' && database !== 'postgres') {
    throw malformed(`${path}.database`, `want sqlite or postgres, got ${database}`);
  }
  return { dir, origin: shape.string('origin'), database };
}

/**
 * Makes the folder of a new ledger with keys of its own: Ed25519, ML-DSA-44, and the one that the
 * archive is sealed under.
 *
 * @param origin unique; the name of the log's keys, too.
 * @throws Fault `usage` where a ledger is already, or for a name that no key can have.
 */
export async function createLedgerFolder(
  io: Io,
  dir: string,
  { origin, database }: Pick<LedgerFolder, 'origin' | 'database'>,
): Promise<LedgerFolder> {
  if (await isLedger(dir)) throw usage(`${dir}: there is a ledger already`);
  const seeds = { log: io.randomBytes(SEED_SIZE), second: io.randomBytes(SEED_SIZE) };
  const made = (type: KeyType, seed: Uint8Array) => {
    const { verifier } = noteKey({ name: origin, type, seed });
    return writeSignerKey({ name: origin, type, seed }, verifier.publicKey);
  };
  await makePrivateFolder(join(dir, LAYOUT.keys));
  await writeSecret(join(dir, LAYOUT.logKey), `${made('note', seeds.log)}\n`);
  await writeSecret(
    join(dir, LAYOUT.secondKey),
    `${made('cosignature-ml-dsa-44', seeds.second)}\n`,
  );
  await writeSecret(
    join(dir, LAYOUT.archiveKey),
    `${toBase64(io.randomBytes(ARCHIVE_KEY_SIZE))}\n`,
  );
  const config = { v: VERSION, origin, database };
  // Last: a folder with this file has all that belongs to it.
  await writeSecret(join(dir, LAYOUT.config), `${JSON.stringify(config, undefined, 2)}\n`);
  return { dir, origin, database };
}

/** @throws Fault `unreachable` for a missing key file, `malformed` for one that is no key of this log. */
export async function readIdentity({ dir, origin }: LedgerFolder): Promise<LogIdentity> {
  const keys = [
    await readNoteKey(join(dir, LAYOUT.logKey), 'note'),
    ...((await isThere(join(dir, LAYOUT.secondKey)))
      ? [await readNoteKey(join(dir, LAYOUT.secondKey), 'cosignature-ml-dsa-44')]
      : []),
  ];
  for (const { verifier } of keys) {
    if (verifier.name !== origin) {
      throw malformed(dir, `its keys are named ${verifier.name}, and the log ${origin}`);
    }
  }
  return {
    origin,
    signers: keys.map(({ signer }) => signer),
    keys: keys.map(({ verifier }) => verifier),
  };
}

/** 32 bytes. */
export async function readArchiveKey({ dir }: LedgerFolder): Promise<Uint8Array> {
  const path = join(dir, LAYOUT.archiveKey);
  const key = fromBase64(fromUtf8(await readSecret(path), path).trim(), path);
  if (key.length !== ARCHIVE_KEY_SIZE) {
    throw malformed(path, `want ${ARCHIVE_KEY_SIZE} bytes, got ${key.length}`);
  }
  return key;
}

async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o700);
  } catch (cause) {
    throw diskFault(path, 'made', cause);
  }
}
