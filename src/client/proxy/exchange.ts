import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Failure, failureOf } from './failure.ts';
import { sendFailure, tear } from './reply.ts';

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** One request of a program's, and what it is answered with. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without the query. */
  readonly path: string;
  /** With the question mark, or empty. */
  readonly query: string;
  /** Once the program went away. */
  readonly signal: AbortSignal;
  readonly shape: (failure: Failure) => unknown;
  /** Seals, sends, opens; to paths from `/v1/` on. */
  readonly fetch: Fetch;
  readonly largestRequest: number;
}

/**
 * Ends an exchange that broke, by an error where nothing was answered yet.
 *
 * @param asEvent the failure as the stream tells of it; nothing where it has no words for that.
 * @returns why, or undefined where the program only went away.
 */
export async function breakOff(
  { response, signal, shape }: Exchange,
  error: unknown,
  asEvent: (failure: Failure) => string = () => '',
): Promise<Failure | undefined> {
  if (signal.aborted || response.destroyed) {
    response.destroy();
    return undefined;
  }
  const failure = failureOf(error);
  if (response.headersSent) await tear(response, asEvent(failure));
  else sendFailure(response, failure, shape);
  return failure;
}

/** Each part as it comes; whoever stops early, or gives up, stops the machine too. */
export async function* partsOf(answer: Response): AsyncGenerator<Uint8Array> {
  if (answer.body === null) return;
  const reader = answer.body.getReader();
  let isOver = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        isOver = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!isOver) await reader.cancel().catch(() => undefined);
  }
}

export function isEventStream(answer: Response): boolean {
  return /^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? '');
}
