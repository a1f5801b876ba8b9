import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { writeSignerKey } from '../../ledger/note/signer-key.ts';
import type { KeyType } from '../../ledger/note/verifier-key.ts';
import type { LogIdentity } from '../../ledger/writer/identity.ts';
import { type Io, usage } from '../io.ts';
import { noteKey } from './note-keys.ts';
import {
  diskFault,
  isThere,
  makeFolder,
  readNoteKey,
  readSecret,
  writeSecret,
} from './secret-files.ts';

/** Where things lie in the folder of a ledger. */
export const LAYOUT = {
  config: 'ledger.json',
  database: 'ledger.sqlite',
  keys: 'keys',
  logKey: 'keys/log.key',
  secondKey: 'keys/log-ml-dsa-44.key',
  archiveKey: 'keys/archive.key',
  /** A C2SP tlog-policy that its owner may put there: whom to ask at each start. */
  witnesses: 'witnesses.tlog-policy',
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
  if (!(await isLedger(dir))) throw noLedger(dir, await isThere(dir));
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
 * @param sign makes the database and signs the empty log in it: a folder that says it is a ledger
 *   has signed, so that a database without a log is never its own.
 * @throws Fault `usage` where there is something already, or for a name that no key can have;
 *   `unreachable`, and from `sign`: then what was made is gone again.
 */
export async function createLedgerFolder(
  io: Io,
  { dir, origin, database }: LedgerFolder,
  sign: (folder: LedgerFolder) => Promise<void>,
): Promise<LedgerFolder> {
  if (await isLedger(dir)) throw usage(`${dir}: there is a ledger already`);
  const made = (type: KeyType) => {
    const seed = io.randomBytes(SEED_SIZE);
    const { verifier } = noteKey({ name: origin, type, seed });
    return writeSignerKey({ name: origin, type, seed }, verifier.publicKey);
  };
  const secrets = {
    [LAYOUT.logKey]: made('note'),
    [LAYOUT.secondKey]: made('cosignature-ml-dsa-44'),
    [LAYOUT.archiveKey]: toBase64(io.randomBytes(ARCHIVE_KEY_SIZE)),
  };
  await makeFolder(dir);
  if ((await namesIn(dir)).length > 0)
    throw usage(`${dir}: there is something, and it is no ledger`);
  await claim(join(dir, LAYOUT.keys));
  const folder = { dir, origin, database };
  try {
    for (const [name, text] of Object.entries(secrets)) {
      await writeSecret(join(dir, name), `${text}\n`);
    }
    await sign(folder);
    const config = { v: VERSION, origin, database };
    // Last: a folder with this file has all that belongs to it.
    await writeSecret(join(dir, LAYOUT.config), `${JSON.stringify(config, undefined, 2)}\n`);
  } catch (error) {
    const names = [LAYOUT.keys, ...['', '-wal', '-shm'].map((end) => `${LAYOUT.database}${end}`)];
    for (const name of names) await rm(join(dir, name), { recursive: true, force: true });
    throw error;
  }
  return folder;
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
    signers: keys.slice(0, 1).map(({ signer }) => signer),
    second: keys[1]?.signer,
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

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    throw diskFault(dir, 'read', cause);
  }
}

/** Its owner's alone; of two who make a ledger in one folder, one gets it. */
async function claim(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    throw diskFault(path, 'made', cause);
  }
}

function noLedger(dir: string, isSomething: boolean): Fault {
  const detail = isSomething ? `is no ledger: it has no ${LAYOUT.config}` : 'is not there';
  return new Fault('unreachable', dir, `${detail}; postern audit init makes a ledger`);
}
