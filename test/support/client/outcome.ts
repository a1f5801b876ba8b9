import { PosternError } from '../../../src/client/errors.ts';

/** How a request ended for the one who read it: all that was handed on, and the error's code. */
export interface ReadOutcome {
  readonly status: number | undefined;
  readonly text: string;
  readonly code: string | undefined;
  readonly error: unknown;
}

/** Reads to the end, whatever that is. */
export async function readOutcome(asked: Promise<Response>): Promise<ReadOutcome> {
  let [text, status]: [string, number | undefined] = ['', undefined];
  try {
    const response = await asked;
    status = response.status;
    const decoder = new TextDecoder();
    const reader = response.body?.getReader();
    while (reader) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    return { status, text, code: undefined, error: undefined };
  } catch (error) {
    return { status, text, code: codeOf(error), error };
  }
}

/** @returns the code of a PosternError, else what stands for any other error. */
function codeOf(error: unknown): string {
  return error instanceof PosternError ? error.code : `not a PosternError: ${String(error)}`;
}

export async function codeOfRejection(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}
