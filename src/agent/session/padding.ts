import { utf8 } from '../../core/bytes/text.ts';
import { sizeOfVarint } from '../../sealed/varint.ts';

/** `:` and two line ends: the shortest comment with an empty line behind it. */
const SHORTEST_COMMENT = 3;

/**
 * A comment of an event stream that fills a bucket: with the event before it and the length in
 * front of both, a multiple of the bucket goes under the seal. Readers of event streams pass
 * comments over.
 *
 * @param length of the event, in bytes.
 * @param bucket 0: no byte.
 */
export function eventPadding(length: number, bucket: number): Uint8Array {
  if (bucket === 0) return new Uint8Array();
  let size = Math.ceil((length + sizeOfVarint(length)) / bucket) * bucket;
  for (;;) {
    const content = contentOf(size);
    const comment = content === undefined ? undefined : content - length;
    if (comment === 0) return new Uint8Array();
    if (comment !== undefined && comment >= SHORTEST_COMMENT) {
      return utf8(`:${' '.repeat(comment - SHORTEST_COMMENT)}\n\n`);
    }
    size += bucket;
  }
}

/** How many bytes are `size` with their length in front; undefined where no number is. */
function contentOf(size: number): number | undefined {
  return [1, 2, 4, 8].map((own) => size - own).find((n) => n > 0 && sizeOfVarint(n) === size - n);
}

/** How many zeros behind a message of so many bytes fill its last bucket (RFC 9292 section 3.8). */
export function zeroPadding(length: number, bucket: number): number {
  return bucket === 0 ? 0 : (bucket - (length % bucket)) % bucket;
}
