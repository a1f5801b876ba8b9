import { utf8 } from '../core/bytes/text.ts';
import { Fault } from '../core/fault.ts';
import type { FleetChange } from '../gateway/fleet/store.ts';
import { parseSignatureLines } from '../ledger/note/signed-note.ts';
import type { Batch, NextState } from '../ledger/store.ts';
import { LARGEST_ENTRY } from '../ledger/tiles/entry-bundle.ts';
import { checkChange } from './fleet/change.ts';
import { isStorable } from './storable.ts';

const HASH = 32;
const TILE = 8192;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * What a batch must be in itself, before any of it is compared with what is stored.
 *
 * @throws Fault `usage` at the member: a writer that hands this in is wrong.
 */
export function checkBatch(batch: Batch<FleetChange>): void {
  count(batch.base, 'batch.base');
  const ids = new Set<string>();
  for (const [i, { id, entry, hash }] of batch.leaves.entries()) {
    const at = `batch.leaves[${i}]`;
    checkText(id, `${at}.id`);
    if (ids.has(id)) wrong(`${at}.id`, 'is that of another leaf of the batch');
    ids.add(id);
    if (entry.length > LARGEST_ENTRY) wrong(`${at}.entry`, `is ${entry.length} bytes long`);
    length(hash, HASH, `${at}.hash`);
  }
  for (const [i, { id, at: moment, manifest, uses }] of batch.records.entries()) {
    const at = `batch.records[${i}]`;
    // Deleted as they are met: two records of one leaf are as wrong as one of none.
    if (!ids.delete(id))
      wrong(`${at}.id`, 'is of no leaf of the batch, or of one that has a record');
    count(moment, `${at}.at`);
    if (!uses.includes(manifest)) wrong(`${at}.uses`, 'lacks the manifest');
    for (const [j, digest] of uses.entries()) checkDigest(digest, `${at}.uses[${j}]`);
  }
  for (const [i, { digest }] of batch.blobs.entries()) {
    checkDigest(digest, `batch.blobs[${i}].digest`);
  }
  for (const [i, change] of batch.companions.entries()) {
    checkChange(change, `batch.companions[${i}]`);
  }
}

/**
 * What comes of a batch must be of its leaves.
 *
 * @throws Fault `usage` at the member.
 */
export function checkNext(
  { base, leaves }: Pick<Batch<FleetChange>, 'base' | 'leaves'>,
  { head, tiles }: NextState,
): void {
  if (head.size !== base + leaves.length) {
    wrong('next.head.size', `is ${head.size}, but ${base} and ${leaves.length} leaves are more`);
  }
  length(head.root, HASH, 'next.head.root');
  for (const [i, { level, index, hashes }] of tiles.entries()) {
    count(level, `next.tiles[${i}].level`);
    count(index, `next.tiles[${i}].index`);
    length(hashes, TILE, `next.tiles[${i}].hashes`);
  }
}

export function checkText(text: string, at: string): void {
  if (!isStorable(text)) wrong(at, 'is empty, or holds a character that can not be stored');
}

/** One line below a note, its newline included. */
export function checkSignatureLine(line: string, at: string): void {
  checkText(line, at);
  let lines: number;
  try {
    lines = parseSignatureLines(utf8(line), at).length;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault('usage', error.at, error.detail, { cause: error });
  }
  if (lines !== 1) wrong(at, `is ${lines} lines`);
}

export function count(value: number, at: string): void {
  if (!Number.isSafeInteger(value) || value < 0) wrong(at, `${value} is no whole number from 0 on`);
}

function checkDigest(digest: string, at: string): void {
  if (!DIGEST.test(digest)) wrong(at, 'is not sha256: and 64 lower-case hex digits');
}

function length(bytes: Uint8Array, want: number, at: string): void {
  if (bytes.length !== want) wrong(at, `is ${bytes.length} bytes, not ${want}`);
}

function wrong(at: string, detail: string): never {
  throw new Fault('usage', at, detail);
}

/** An instant that others are held against; it may lie before the epoch. */
export function wantWhole(value: number, at: string): void {
  if (!Number.isSafeInteger(value)) throw new Fault('usage', at, `${value} is no whole number`);
}
