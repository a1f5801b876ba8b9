import { readdir, readFile, stat } from 'node:fs/promises';
import { Fault, malformed } from '../core/fault.ts';
import { writeAtomically } from './atomic-write.ts';

/**
 * @returns undefined when there is no such file.
 * @throws Fault `malformed` for one above `largest` bytes, `unreachable` when it can't be read.
 */
export async function readSmallFile(
  path: string,
  largest: number,
): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    if (size > largest) throw malformed(path, `${size} bytes, want at most ${largest}`);
    // Not a Buffer, whose slice() is a view.
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (isMissing(error)) return undefined;
    throw unreachable(path, 'can’t be read', error);
  }
}

/** @throws Fault `unreachable` when nobody can tell. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unreachable(path, 'can’t be read', error);
  }
}

/**
 * What differs once a file was written anew, or came, or went.
 *
 * @returns undefined when nobody can tell.
 */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return isMissing(error) ? 'missing' : undefined;
  }
}

/**
 * Names in a folder, sorted; none when there is no such folder.
 *
 * @throws Fault `unreachable` when it can't be read.
 */
export async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreachable(path, 'can’t be read', error);
  }
}

/** Resolves once the file survives a power cut. @throws Fault `unreachable`. */
export async function writeSafely(path: string, content: string | Uint8Array): Promise<void> {
  await writeAtomically(path, content).catch((cause: unknown) => {
    throw unreachable(path, 'can’t be written', cause);
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function unreachable(path: string, problem: string, cause: unknown): Fault {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new Fault('unreachable', path, `${problem}${code}`, { cause });
}
