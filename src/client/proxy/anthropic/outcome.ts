/** Why an answer ended, in Anthropic's words. */
export interface Ending {
  readonly stop_reason: 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'refusal';
  readonly stop_sequence: string | null;
}

/** What was counted; 0 where the model's server counted nothing. */
export interface Counts {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** An answer of the model's server that is none of a chat completion's. */
export class UnfitAnswer extends Error {
  override readonly name = 'UnfitAnswer';
}

export type Json = Readonly<Record<string, unknown>>;

/**
 * @param choice with OpenAI's `finish_reason`, and beside it, where the server tells, the stop
 *   sequence that it met (vLLM's `stop_reason`).
 */
export function endingOf(choice: Json): Ending {
  const ends = (reason: Ending['stop_reason']) => ({ stop_reason: reason, stop_sequence: null });
  switch (choice['finish_reason']) {
    case 'stop': {
      const met = choice['stop_reason'];
      return typeof met === 'string'
        ? { stop_reason: 'stop_sequence', stop_sequence: met }
        : ends('end_turn');
    }
    case 'length':
      return ends('max_tokens');
    case 'tool_calls':
      return ends('tool_use');
    case 'content_filter':
      return ends('refusal');
    default:
      throw new UnfitAnswer(`finish_reason ${JSON.stringify(choice['finish_reason'])} is unknown`);
  }
}

/**
 * Of an answer that calls a tool. Where the request named the tool, OpenAI's API ends with `stop`: to
 * Anthropic's clients that would mean that there is nothing to call.
 */
export function endingWithCalls(ending: Ending): Ending {
  return ending.stop_reason === 'end_turn' ? { ...ending, stop_reason: 'tool_use' } : ending;
}

export function countsOf(usage: unknown): Counts {
  const counts = isJson(usage) ? usage : {};
  return {
    input_tokens: countOf(counts['prompt_tokens']),
    output_tokens: countOf(counts['completion_tokens']),
  };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** The arguments of a call, which are the text of an object; none are an empty one. */
export function inputOf(text: string): Json {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isJson(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UnfitAnswer('the arguments of a tool’s call are not a JSON object');
}

/** A message's id by that of the completion. */
export function messageId(id: unknown): string {
  return `msg_${typeof id === 'string' ? id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 128) : ''}`;
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The one choice that was asked for. */
export function firstChoice(answer: Json): Json | undefined {
  const choices = answer['choices'];
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isJson(first) ? first : undefined;
}

export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
