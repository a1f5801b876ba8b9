import type { IncomingMessage } from 'node:http';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { Turned } from './guard.ts';

/**
 * All of a request's content: it is sealed from memory, maybe more than once.
 *
 * @param most bytes.
 * @returns why not, where it is more.
 * @throws Error where the connection ends before the content does.
 */
export async function readBody(
  request: IncomingMessage,
  most: number,
): Promise<Uint8Array | Turned> {
  const tooLarge = { status: 413, code: 'too_large', message: `want at most ${most} bytes` };
  if (Number(request.headers['content-length'] ?? 0) > most) return tooLarge;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > most) return tooLarge;
    parts.push(part);
  }
  return concatBytes(...parts);
}
