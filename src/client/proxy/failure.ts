import { Fault } from '../../core/fault.ts';
import { PosternError, type Stage } from '../errors.ts';
import { Untranslated } from './anthropic/members.ts';
import { UnfitAnswer } from './anthropic/outcome.ts';
import { TooLarge } from './body.ts';
import type { Turned } from './guard.ts';

/** What went wrong with a request, in the one shape that both APIs' errors are made of. */
export interface Failure {
  readonly status: number;
  /** `<stage>.<word>` where a stage of the client failed. */
  readonly code: string;
  readonly message: string;
  readonly stage?: Stage;
  /** How far trust reached. */
  readonly trust?: string;
  /** Whether the same again, unchanged, makes sense. */
  readonly again: boolean;
}

/** Nothing is sealed twice, nor billed, on the proxy's own account. */
const AGAIN: ReadonlySet<Stage> = new Set(['candidates', 'evidence', 'relay']);

export function failureOf(error: unknown): Failure {
  if (error instanceof PosternError) {
    const { stage, code, trust, message } = error;
    const status = stage === 'seal' ? 400 : stage === 'candidates' ? 503 : 502;
    return { status, code, message, stage, trust, again: AGAIN.has(stage) };
  }
  if (error instanceof TooLarge) {
    return { status: 413, code: 'too_large', message: error.message, again: false };
  }
  if (error instanceof Untranslated) {
    return { status: 400, code: 'untranslated', message: error.message, again: false };
  }
  if (error instanceof UnfitAnswer) {
    const message = `the answer is the verified machine’s, but is no chat completion: ${error.message}`;
    return { status: 502, code: 'unfit_answer', message, again: false };
  }
  if (error instanceof Fault && error.code === 'malformed') {
    return { status: 502, code: 'unfit_answer', message: error.message, again: false };
  }
  return {
    status: 500,
    code: 'internal',
    message: 'unexpected error, a bug of ours',
    again: false,
  };
}

export function failureOfTurned({ status, code, message }: Turned): Failure {
  return { status, code, message, again: false };
}

/** As OpenAI's API tells of errors. */
export function openAiError({ code, message, stage, trust }: Failure) {
  const type = stage === undefined ? 'invalid_request_error' : 'postern_error';
  return { error: { message, type, param: null, code, ...(stage && { stage, trust }) } };
}

/** As Anthropic's does. */
export function anthropicError({ status, code, message, stage, trust }: Failure) {
  const type = ANTHROPIC_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message, code, ...(stage && { stage, trust }) } };
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};
