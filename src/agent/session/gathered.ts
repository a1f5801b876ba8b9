import { concatBytes } from '../../core/bytes/writer.ts';
import { CHUNK_SIZE } from '../../sealed/chunk-reader.ts';
import { endsWithEmptyLine, paddedSize, padEvents } from '../../sealed/padding.ts';
import type { EventPiece } from './events.ts';

/** Of events side by side, in bytes: room for one more bucket is left. */
const MOST = CHUNK_SIZE - 1024;

/**
 * Pieces that came together, as contents to be sealed. Events share one as far as a chunk goes, and
 * it takes the buckets that they would take one by one: its size says how many, and no more of
 * them. None waits here for another.
 *
 * @param bucket 0: nothing is padded.
 */
export function* gathered(
  pieces: readonly EventPiece[],
  bucket: number,
): Generator<Uint8Array, void> {
  let events: Uint8Array[] = [];
  let size = 0;
  for (const { bytes, ends } of pieces) {
    const more = bucket === 0 ? bytes.length : paddedSize(bytes.length, [bucket]);
    if (events.length > 0 && (!ends || size + more > MOST)) {
      yield together(events, size, bucket);
      events = [];
      size = 0;
    }
    if (ends) {
      events.push(bytes);
      size += more;
    } else {
      yield bytes;
    }
  }
  if (events.length > 0) yield together(events, size, bucket);
}

function together(events: readonly Uint8Array[], size: number, bucket: number): Uint8Array {
  const all = concatBytes(...events);
  const isPadded = bucket > 0 && endsWithEmptyLine(all);
  // Two that are full to the last byte leave no room for a comment: then it is one bucket more.
  return isPadded ? padEvents(all, [size, size + bucket]) : all;
}
