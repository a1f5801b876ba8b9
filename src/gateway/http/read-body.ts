import type { Readable } from 'node:stream';
import type { BodyShare } from './body-budget.ts';
import { Refusal } from './problem.ts';

/**
 * All of a body, in memory that it shares with nothing else.
 *
 * @param limit in bytes.
 * @throws Refusal `too-large`, or `busy` where all bodies together are; `malformed` where it ends
 *   before its end.
 */
export async function readBody(
  stream: Readable,
  limit: number,
  share: BodyShare,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onData = (chunk: Uint8Array) => {
    length += chunk.length;
    if (length > limit) return reject(new Refusal('too-large', { detail: atMost(limit) }));
    if (share.take(chunk.length) === 'too-many') return reject(new Refusal('busy'));
    chunks.push(chunk);
  };
  const onBroken = () =>
    reject(new Refusal('malformed', { at: 'body', detail: 'did not come whole' }));
  stream.on('data', onData).once('end', resolve).once('error', onBroken).once('close', onBroken);
  try {
    await promise;
  } finally {
    stream.off('data', onData).off('end', resolve).off('close', onBroken);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

export function atMost(bytes: number): string {
  return `want at most ${bytes} bytes`;
}
