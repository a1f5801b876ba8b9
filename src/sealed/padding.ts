import { sizeOfVarint } from './varint.ts';

/** Sizes of plaintext of a sealed chunk; larger ones are multiples of the last, in bytes. */
const EVENT_BUCKETS: readonly number[] = [256, 512, 1024];

/** `:`, as many blanks as it likes, and an empty line: readers of event streams pass over it. */
const SHORTEST_COMMENT = 3;
const [COLON, BLANK, CR, LF] = [0x3a, 0x20, 0x0d, 0x0a];

/**
 * Server-sent events with a comment behind them, so that the chunk of binary HTTP content which
 * they become has a size that many others have.
 *
 * @param events whole ones: they end with an empty line.
 * @returns content of which chunk length and bytes together fill a bucket.
 * @throws RangeError for events that do not end: a comment would get into the last of them.
 */
export function padEvents(
  events: Uint8Array,
  buckets: readonly number[] = EVENT_BUCKETS,
): Uint8Array {
  if (!endsWithEmptyLine(events)) throw new RangeError('events that do not end');
  const size = contentSizeFor(events.length, buckets);
  const padded = new Uint8Array(size).fill(BLANK, events.length);
  padded.set(events);
  if (size > events.length) {
    padded[events.length] = COLON;
    padded.fill(LF, size - 2);
  }
  return padded;
}

/** What events of this length become with {@link padEvents}, the length of the chunk included. */
export function paddedSize(length: number, buckets: readonly number[] = EVENT_BUCKETS): number {
  const size = contentSizeFor(length, buckets);
  return sizeOfVarint(size) + size;
}

/** Whether a comment may follow: behind nothing, or a line that ends with nothing in it. */
export function endsWithEmptyLine(events: Uint8Array): boolean {
  const line = beforeLineEnd(events, events.length);
  return events.length === 0 || beforeLineEnd(events, line) < line;
}

/** Where the CR, LF or CRLF in front of a place begins; that place itself where there is none. */
function beforeLineEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at - 1] === LF) return bytes[at - 2] === CR ? at - 2 : at - 1;
  return bytes[at - 1] === CR ? at - 1 : at;
}

/** Content size of the smallest bucket that is full already, or has room for a comment. */
function contentSizeFor(length: number, buckets: readonly number[]): number {
  const largest = buckets.at(-1);
  if (largest === undefined) throw new RangeError('no buckets');
  for (let i = 0; ; i++) {
    const bucket = buckets[i] ?? largest * (i - buckets.length + 2);
    const size = contentSizeIn(bucket);
    if (size === length || size >= length + SHORTEST_COMMENT) return size;
  }
}

/** What remains of a bucket behind the length of the chunk. */
function contentSizeIn(bucket: number): number {
  for (const prefix of [1, 2, 4]) {
    const size = bucket - prefix;
    if (size > 0 && sizeOfVarint(size) === prefix) return size;
  }
  throw new RangeError(`no chunk fills ${bucket} bytes`);
}

const SMALLEST_REQUEST = 512;

/**
 * A binary HTTP message with zeros behind it (RFC 9292 section 3.8), to 512 bytes times a power
 * of two.
 */
export function padMessage(message: Uint8Array): Uint8Array {
  let size = SMALLEST_REQUEST;
  while (size < message.length) size *= 2;
  const padded = new Uint8Array(size);
  padded.set(message);
  return padded;
}
