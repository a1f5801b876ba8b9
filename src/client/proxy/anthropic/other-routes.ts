import type { Turned } from '../guard.ts';

/** Whether a path is one of Anthropic's API alone. */
export function isAnthropic(path: string): boolean {
  return path === '/v1/messages' || path.startsWith('/v1/messages/');
}

/** Why a path of Anthropic's other than `/v1/messages` is not answered. */
export function untranslatedRoute(path: string): Turned {
  const message =
    path === '/v1/messages/count_tokens'
      ? 'tokens are counted by the model’s server as it answers, and by nobody before: count_tokens is not translated'
      : 'of Anthropic’s API POST /v1/messages is translated, and this is not';
  return { status: 404, code: 'untranslated', message };
}
