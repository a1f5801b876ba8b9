import type { IncomingMessage } from 'node:http';
import { concatBytes } from '../../core/bytes/writer.ts';

export class TooLarge extends Error {
  override readonly name = 'TooLarge';

  constructor(most: number) {
    super(`want at most ${most} bytes`);
  }
}

/**
 * All of a request's content: it is sealed from memory, maybe more than once.
 *
 * @param most bytes.
 * @throws TooLarge; an Error of the platform where the connection ends before the content does.
 */
export async function readBody(request: IncomingMessage, most: number): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > most) throw new TooLarge(most);
  const parts: Uint8Array[] = [];
  let length = 0;
  // Whoever is refused still has to be told so: leaving the loop must not close the connection.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += part.length;
    if (length > most) throw new TooLarge(most);
    parts.push(part);
  }
  return concatBytes(...parts);
}
