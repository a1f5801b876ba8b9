import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parseSignerKey } from '../../ledger/note/signer-key.ts';
import type { KeyType } from '../../ledger/note/verifier-key.ts';
import { syncFolder } from '../../store/sqlite-file.ts';
import { type NoteKey, noteKeyOf } from './note-keys.ts';

/** Readable by its owner alone. */
const SECRET = 0o600;

/** @throws Fault `unreachable` for a missing file, `malformed` for one that is no such key. */
export async function readNoteKey(path: string, type: KeyType): Promise<NoteKey> {
  const key = parseSignerKey(fromUtf8(await readSecret(path), path).trim(), path);
  if (key.type !== type) throw malformed(path, `want a key of type ${type}, got ${key.type}`);
  return noteKeyOf(key, path);
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export async function readSecret(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw diskFault(path, 'read', cause);
  }
}

/**
 * A file that only its owner reads; never over one that is there. It outlasts a power cut: what is
 * written after it may count on it.
 */
export async function writeSecret(path: string, text: string): Promise<void> {
  await (await reserveSecret(path)).fill(text);
}

/** A place for a secret that is still to be made. */
export interface ReservedSecret {
  /** Once, or {@link drop}. @throws Fault `unreachable`; what is there then is no secret. */
  readonly fill: (text: string) => Promise<void>;
  readonly drop: () => Promise<void>;
}

/** The same in two steps: that it can't be written shows before there is what would be lost. */
export async function reserveSecret(path: string): Promise<ReservedSecret> {
  const file = await open(path, 'wx', SECRET).catch((cause: unknown) => {
    throw diskFault(path, 'written', cause);
  });
  return {
    fill: async (text) => {
      try {
        try {
          await file.writeFile(utf8(text));
          await file.sync();
        } finally {
          await file.close();
        }
        syncFolder(dirname(path));
      } catch (cause) {
        throw diskFault(path, 'written', cause);
      }
    },
    drop: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

/** The same in place of one that may be there: whoever reads meanwhile has the old or the new. */
export async function replaceSecret(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  try {
    // Of somebody who was interrupted.
    await rm(fresh, { force: true });
    await writeSecret(fresh, text);
    await rename(fresh, path);
    syncFolder(dirname(path));
  } catch (cause) {
    throw cause instanceof Fault ? cause : diskFault(path, 'written', cause);
  }
}

/** Whether others than its owner may read it. */
export async function isShared(path: string): Promise<boolean> {
  return stat(path).then(
    ({ mode }) => (mode & 0o077) !== 0,
    () => false,
  );
}

/** Makes a folder and those above it, as lasting as a file of `writeSecret`. @throws Fault `unreachable`. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, ...(mode !== undefined && { mode }) });
    if (first === undefined) return;
    const end = dirname(resolve(first));
    for (let made = resolve(path); made !== end; made = dirname(made)) syncFolder(dirname(made));
  } catch (cause) {
    throw diskFault(path, 'made', cause);
  }
}

export function diskFault(path: string, act: string, cause: unknown): Fault {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new Fault('unreachable', path, `can’t be ${act} (${reason})`, { cause });
}
