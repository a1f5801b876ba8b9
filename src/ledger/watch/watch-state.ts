import { equalBytes } from '../../core/bytes/equal.ts';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';

/** What a watcher remembers of a log: the last state that it believed, and since when. */
export interface WatchState {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** The signed checkpoint of it. */
  readonly note: Uint8Array;
  /** When the log was last seen to grow, in milliseconds since the epoch. */
  readonly grownAt: number;
  /**
   * Larger states that the log signed, while its tiles could not be read: it is held to them all the
   * same. In order of their size, each once; left out where there is none.
   */
  readonly pending?: readonly SignedState[];
}

export interface SignedState {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly note: Uint8Array;
}

/** The first and the last are worth most: what comes between is left out where there are more. */
export const MOST_PENDING = 8;

/** Version 2 has pending states, version 1 none. Canonical JSON and a newline. */
export function writeWatchState({
  origin,
  grownAt,
  pending = [],
  ...last
}: WatchState): Uint8Array {
  const value = { origin, grownAt, ...stateJson(last) };
  const whole =
    pending.length === 0 ? { v: 1, ...value } : { v: 2, ...value, pending: pending.map(stateJson) };
  return utf8(`${canonicalJson(whole)}\n`);
}

function stateJson({ size, root, note }: SignedState) {
  return { size, root: toHex(root), note: toBase64(note) };
}

function stateIn(shape: JsonShape): SignedState {
  return {
    size: shape.integer('size', Number.MAX_SAFE_INTEGER),
    root: fromHex(shape.string('root'), `${shape.path}.root`, 32),
    note: fromBase64(shape.string('note'), `${shape.path}.note`),
  };
}

/**
 * Only what {@link writeWatchState} writes: nobody else makes such files.
 *
 * @throws Fault `malformed` at `<at>.<member>`, or at `<at>` for other bytes of the same meaning.
 */
export function parseWatchState(bytes: Uint8Array, at = 'state'): WatchState {
  const shape = new JsonShape(parseJson(fromUtf8(bytes, at), at).value, at);
  const version = shape.integer('v', 0xffff);
  if (version !== 1 && version !== 2) throw malformed(`${at}.v`, 'want 1 or 2');
  const state = {
    origin: shape.string('origin'),
    ...stateIn(shape),
    grownAt: shape.integer('grownAt', Number.MAX_SAFE_INTEGER),
    ...(version === 2 && { pending: pendingIn(shape) }),
  };
  if (equalBytes(writeWatchState(state), bytes)) return state;
  throw malformed(at, 'is not as a watcher writes it');
}

function pendingIn(shape: JsonShape): readonly SignedState[] {
  const at = `${shape.path}.pending`;
  const pending = shape.objects('pending').map(stateIn);
  if (pending.length === 0 || pending.length > MOST_PENDING) {
    throw malformed(at, `want 1 to ${MOST_PENDING}, got ${pending.length}`);
  }
  const sizes = [
    shape.integer('size', Number.MAX_SAFE_INTEGER),
    ...pending.map(({ size }) => size),
  ];
  if (sizes.every((size, i) => i === 0 || size > (sizes[i - 1] ?? size))) return pending;
  throw malformed(at, 'want larger states, in order of their size');
}
