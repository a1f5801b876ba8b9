import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { parseLeaf } from '../leaf/entry.ts';
import { parseSignatureLines } from '../note/signed-note.ts';
import type { FullTile, LedgerStore, LogHead, StoredLeaf, StoreFault } from '../store.ts';
import { leafHash } from '../tree/hash.ts';
import { readOwnCheckpoint } from '../writer/identity.ts';
import { TileEdge } from '../writer/tile-edge.ts';
import { AT_ONCE, type FsckSource, faultOf, findingOf, leavesOf } from './findings.ts';

/** Leaves against their hashes and form, tiles and every signed state against the leaves. */
export async function* fsckTree({
  store,
  identity,
  onProgress,
  onRemark,
}: FsckSource): AsyncGenerator<StoreFault> {
  const times = new LeafTimes();
  const head = await store.head();
  if (head === undefined) {
    yield { at: 'checkpoints', problem: 'nothing was ever signed' };
    return;
  }
  const edge = TileEdge.empty();
  const unread: StoreFault[] = [];
  const states = statesBelow(store, head.size, unread);
  let due = (await states.next()).value;
  let isWhole = true;
  const higher = new Map<number, { from: number; tiles: readonly Uint8Array[] }>();
  for (let from = 0; from < head.size; from += AT_ONCE) {
    const leaves = await leavesOf(store, from, Math.min(head.size, from + AT_ONCE));
    if ('problem' in leaves) {
      // What comes behind is still read, and no longer held against tiles and roots.
      isWhole = false;
      yield leaves;
      continue;
    }
    for (const [i, leaf] of leaves.entries()) {
      const time = yield* fsckLeaf(leaf, from + i);
      yield* times.next(from + i, time);
      if (!isWhole) continue;
      for (; due?.size === edge.size; due = (await states.next()).value) {
        yield* fsckState(store, identity, due, edge.root());
      }
      for (const tile of edge.append(leafHash(leaf.entry))) yield* fsckTile(store, higher, tile);
    }
    onProgress?.({ what: 'leaves', done: from + leaves.length, of: head.size });
  }
  for (const remark of times.remarks()) onRemark?.(remark);
  for (; due; due = (await states.next()).value) yield* fsckState(store, identity, due, undefined);
  yield* unread;
  if (isWhole && !equalBytes(edge.root(), head.root)) {
    const got = toHex(edge.root());
    yield {
      at: 'checkpoints',
      problem: `${toHex(head.root)} was signed, the leaves come to ${got}`,
    };
  }
  const [beyond] = await store.leaves(head.size, head.size + 1);
  // Of a log that goes on meanwhile there is a later head by now.
  if (beyond && (await store.head())?.size === head.size) {
    yield { at: `leaves[${head.size}]`, problem: 'is beyond what was signed' };
  }
  yield* fsckState(store, identity, head, undefined);
}

/**
 * Signed states in order.
 *
 * @param unread gets a finding where they can't be read on: the leaves are, all the same.
 */
async function* statesBelow(
  store: LedgerStore,
  size: number,
  unread: StoreFault[],
): AsyncGenerator<LogHead, undefined> {
  for (let from = 0; from < size; ) {
    let page: readonly LogHead[];
    try {
      page = await store.checkpoints(from, AT_ONCE);
    } catch (error) {
      unread.push(findingOf(error, 'states from there on were not compared'));
      return;
    }
    for (const state of page) if (state.size < size) yield state;
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.size + 1;
  }
}

/** @param root that the leaves come to, where it is known and not compared elsewhere. */
async function* fsckState(
  store: LedgerStore,
  identity: FsckSource['identity'],
  { size, root: signed, checkpoint }: LogHead,
  root: Uint8Array | undefined,
): AsyncGenerator<StoreFault> {
  if (root && !equalBytes(root, signed)) {
    yield {
      at: `checkpoints[${size}].root`,
      problem: `${toHex(signed)} was signed, the leaves come to ${toHex(root)}`,
    };
  }
  yield* faultOf(`checkpoints[${size}].note`, () => {
    const said = readOwnCheckpoint(identity, checkpoint, 'note');
    if (said.size !== size || !equalBytes(said.root, signed)) {
      throw new Fault('conflict', 'note', 'is of another state than its row');
    }
  });
  let lines: readonly string[];
  try {
    lines = await store.cosignatures(size);
  } catch (error) {
    yield findingOf(error, 'its lines were not read');
    return;
  }
  for (const [i, line] of lines.entries()) {
    yield* faultOf(`cosignatures[${size}][${i}]`, () => {
      const { length } = parseSignatureLines(utf8(line), 'line');
      if (length !== 1) throw new Fault('malformed', 'line', `is ${length} lines`);
    });
  }
}

/** @returns the time that the leaf says; undefined where it can't be read. */
function* fsckLeaf(
  { index, id, entry, hash }: StoredLeaf,
  want: number,
): Generator<StoreFault, number | undefined> {
  const at = `leaves[${want}]`;
  if (index !== want) yield { at, problem: `is missing; ${index} comes next` };
  if (!equalBytes(hash, leafHash(entry))) {
    yield { at: `${at}.hash`, problem: 'is not that of the entry' };
  }
  let time: number | undefined;
  yield* faultOf(`${at}.entry`, () => {
    const said = parseLeaf(entry);
    ({ time } = said);
    if (said.id !== id)
      throw new Fault('malformed', 'id', `the row says ${id}, the leaf ${said.id}`);
  });
  return time;
}

/**
 * In milliseconds. Several processes write, each by its own clock, and what one put down first may
 * stand later, the more so if it waited for a writer that was killed; more than that is a clock that was wrong, or a leaf that was dated back.
 */
const TOLERANCE = 600_000;

/** Whether the times of leaves go on. */
class LeafTimes {
  #last: number | undefined;
  #back = { count: 0, most: 0, first: 0 };

  *next(index: number, time: number | undefined): Generator<StoreFault> {
    if (time === undefined) return;
    const back = (this.#last ?? time) - time;
    this.#last = time;
    if (back <= 0) return;
    if (back > TOLERANCE) {
      yield {
        at: `leaves[${index}].time`,
        problem: `is ${seconds(back)} before that of the leaf before, more than ${seconds(TOLERANCE)}`,
      };
      return;
    }
    const { count, most, first } = this.#back;
    this.#back = {
      count: count + 1,
      most: Math.max(most, back),
      first: count === 0 ? index : first,
    };
  }

  *remarks(): Generator<StoreFault> {
    const { count, most, first } = this.#back;
    if (count === 0) return;
    const often = count === 1 ? 'once' : `${count} times`;
    yield {
      at: `leaves[${first}].time`,
      problem: `times go back ${often} from here on, by at most ${seconds(most)}: clocks of several writers differ, or entries waited to be written`,
    };
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

async function* fsckTile(
  store: LedgerStore,
  ahead: Map<number, { from: number; tiles: readonly Uint8Array[] }>,
  { level, index, hashes }: FullTile,
): AsyncGenerator<StoreFault> {
  let known = ahead.get(level);
  if (known === undefined || index >= known.from + known.tiles.length) {
    known = { from: index, tiles: await store.tiles(level, index, 64) };
    ahead.set(level, known);
  }
  const stored = known.tiles[index - known.from];
  const at = `tiles[${level}][${index}]`;
  if (stored === undefined) yield { at, problem: 'is not there' };
  else if (!equalBytes(stored, hashes)) yield { at, problem: 'is not what lies below it' };
}
