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
}

const VERSION = 1;

/** Canonical JSON and a newline. */
export function writeWatchState({ origin, size, root, note, grownAt }: WatchState): Uint8Array {
  const value = { v: VERSION, origin, size, root: toHex(root), note: toBase64(note), grownAt };
  return utf8(`${canonicalJson(value)}\n`);
}

/**
 * Only what {@link writeWatchState} writes: nobody else makes such files.
 *
 * @throws Fault `malformed` at `<at>.<member>`, or at `<at>` for other bytes of the same meaning.
 */
export function parseWatchState(bytes: Uint8Array, at = 'state'): WatchState {
  const shape = new JsonShape(parseJson(fromUtf8(bytes, at), at).value, at);
  if (shape.integer('v', 0xffff) !== VERSION) throw malformed(`${at}.v`, `want ${VERSION}`);
  const state = {
    origin: shape.string('origin'),
    size: shape.integer('size', Number.MAX_SAFE_INTEGER),
    root: fromHex(shape.string('root'), `${at}.root`, 32),
    note: fromBase64(shape.string('note'), `${at}.note`),
    grownAt: shape.integer('grownAt', Number.MAX_SAFE_INTEGER),
  };
  if (equalBytes(writeWatchState(state), bytes)) return state;
  throw malformed(at, 'is not as a watcher writes it');
}
