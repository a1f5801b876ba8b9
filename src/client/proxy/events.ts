import { concatBytes } from '../../core/bytes/writer.ts';
import { malformed } from '../../core/fault.ts';

/** An event that never ends would be held forever. */
const LONGEST_EVENT = 8 * 1024 * 1024;

const [LF, CR] = [0x0a, 0x0d];

/** Cuts a stream of server-sent events into whole ones, so that half of one is never handed on. */
export class WholeEvents {
  #rest: Uint8Array = new Uint8Array();
  /** How much of the rest is known to hold no end. */
  #seen = 0;

  /** @returns what is whole by now, maybe nothing. @throws Fault `malformed` for one without an end. */
  push(bytes: Uint8Array): Uint8Array {
    const all = this.#rest.length === 0 ? bytes : concatBytes(this.#rest, bytes);
    const end = lastEnd(all, this.#seen);
    this.#rest = all.subarray(end);
    this.#seen = Math.max(0, this.#rest.length - 4);
    if (this.#rest.length > LONGEST_EVENT) {
      throw malformed('answer', `an event is longer than ${LONGEST_EVENT} bytes`);
    }
    return all.subarray(0, end);
  }

  /** What stands behind the last whole one, at the end of the stream. */
  end(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return rest;
  }
}

/** Behind the last empty line; 0 where there is none at or after `from`. */
function lastEnd(bytes: Uint8Array, from: number): number {
  // A CR at the very end may be the half of a CR LF.
  const last = bytes.at(-1) === CR ? bytes.length - 2 : bytes.length - 1;
  for (let i = last; i > from; i--) {
    if (isLineEnd(bytes, i) && isLineEnd(bytes, beforeLineEnd(bytes, i))) return i + 1;
  }
  return 0;
}

function isLineEnd(bytes: Uint8Array, i: number): boolean {
  return bytes[i] === LF || bytes[i] === CR;
}

/** The last byte before the line end that stops at `i`; CR LF is one. */
function beforeLineEnd(bytes: Uint8Array, i: number): number {
  return bytes[i] === LF && bytes[i - 1] === CR ? i - 2 : i - 1;
}

/** What one event says: its data; undefined for one that only keeps the connection awake. */
export type EventData = string | undefined;

const decoder = new TextDecoder();

/** @param whole events, as {@link WholeEvents} gives them. */
export function* eventsIn(whole: Uint8Array): Generator<EventData> {
  const lines = decoder.decode(whole).split(/\r\n|\n|\r/);
  let data: string[] = [];
  let any = false;
  for (const line of lines) {
    if (line !== '') {
      any = true;
      const said = /^data(?:: ?(.*))?$/s.exec(line);
      if (said) data.push(said[1] ?? '');
      continue;
    }
    if (any) yield data.length === 0 ? undefined : data.join('\n');
    [data, any] = [[], false];
  }
}

/** @param name of the event; the data alone says it all where there is none. */
export function eventText(data: unknown, name?: string): string {
  const head = name === undefined ? '' : `event: ${name}\n`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}
