import { concatBytes } from '../core/bytes/writer.ts';
import { CHUNK_SIZE } from './chunk-reader.ts';

/** Whatever seals the chunks of one message. */
interface Sealer {
  readonly sealChunk: (plain: Uint8Array) => Uint8Array;
  readonly sealFinal: (plain: Uint8Array) => Uint8Array;
}

/** A message that is all there, in one piece. */
export function sealAll(sealer: Sealer, message: Uint8Array): Uint8Array {
  return concatBytes(...sealChunks(sealer, message));
}

/** The same, in chunks as large as they may be, the final one the last. */
export function sealChunks(sealer: Sealer, message: Uint8Array): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (; message.length - at > CHUNK_SIZE; at += CHUNK_SIZE) {
    chunks.push(sealer.sealChunk(message.subarray(at, at + CHUNK_SIZE)));
  }
  chunks.push(sealer.sealFinal(message.subarray(at)));
  return chunks;
}
