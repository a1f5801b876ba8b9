import type { IncomingMessage } from 'node:http';
import { Fault } from '../core/fault.ts';

/** All of what a node answers, which chooses how long that is. @throws Fault `malformed` where it is longer. */
export async function answerBytes(answer: IncomingMessage, largest: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > largest) {
      answer.destroy();
      throw new Fault('malformed', 'endpoint', `the answer is longer than ${largest} bytes`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
