import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** At once, in bytes; what lies across two pieces is looked at twice. */
const PIECE = 16 * 1024 * 1024;
const OVERLAP = 256;

/**
 * Which of some texts stand anywhere in the writable memory of a process: heaps, stacks, buffers
 * that no snapshot of a heap shows. Linux alone, and of a process that may be traced.
 *
 * @returns undefined where its memory can't be read.
 */
export function textsInMemory(pid: number, texts: readonly string[]): Set<string> | undefined {
  let memory: number;
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    memory = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return undefined;
  }
  const found = new Set<string>();
  try {
    for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += PIECE - OVERLAP) {
        const piece = pieceAt(memory, at, Math.min(PIECE, end - at));
        for (const text of texts) if (piece.includes(text)) found.add(text);
      }
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

/** Empty where it went meanwhile: a process that runs gives memory back. */
function pieceAt(memory: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  try {
    return bytes.subarray(0, readSync(memory, bytes, 0, length, at));
  } catch {
    return bytes.subarray(0, 0);
  }
}
