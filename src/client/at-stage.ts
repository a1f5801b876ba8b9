import { Fault } from '../core/fault.ts';
import { PosternError, type PosternErrorDetails, type Stage } from './errors.ts';
import { Refusal } from './gateway.ts';

/**
 * Runs one step. What the step says of others' input becomes an error of its stage, so that the
 * reader learns where it went wrong; a PosternError stays what it is. Whether the caller gave up,
 * only the caller's own signal says: an error that calls itself an abort ends streams in silence.
 *
 * @param what is being done, for the message: `the candidates`.
 */
export async function atStage<T>(
  stage: Stage,
  what: string,
  details: PosternErrorDetails,
  act: () => T | Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asPosternError(stage, what, details, error);
  }
}

export function asPosternError(
  stage: Stage,
  what: string,
  details: PosternErrorDetails,
  error: unknown,
): unknown {
  if (error instanceof PosternError) return error;
  const more = { ...details, cause: error };
  if (error instanceof Refusal) {
    return new PosternError(`${stage}.refused`, `${what}: ${error.message}`, more);
  }
  if (error instanceof Fault) {
    return error.code === 'internal'
      ? error
      : new PosternError(`${stage}.${error.code}`, `${what}: ${error.message}`, more);
  }
  return new PosternError(`${stage}.unreachable`, `${what}: ${saidBy(error)}`, more);
}

/** What the platform's fetch throws where there is no answer is a TypeError; Node's says why in its cause. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error)) return message;
  const why = 'code' in cause ? String(cause.code) : cause.message;
  return why === '' ? message : `${message} (${why})`;
}
