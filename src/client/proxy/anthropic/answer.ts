import {
  type Counts,
  countsOf,
  type Ending,
  endingOf,
  endingWithCalls,
  firstChoice,
  inputOf,
  isJson,
  type Json,
  messageId,
  textIn,
  UnfitAnswer,
} from './outcome.ts';

export type Block =
  | { readonly type: 'text'; readonly text: string; readonly citations: null }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: Json };

/** An answer of Anthropic's `POST /v1/messages`. */
export interface Message extends Ending {
  readonly id: string;
  readonly type: 'message';
  readonly role: 'assistant';
  readonly model: string;
  readonly content: readonly Block[];
  readonly usage: Counts;
}

/**
 * A whole chat completion as a message.
 *
 * @throws UnfitAnswer for what is none.
 */
export function messageOf(completion: unknown): Message {
  const answer = isJson(completion) ? completion : {};
  const choice = firstChoice(answer);
  const said = choice?.['message'];
  if (choice === undefined || !isJson(said)) throw new UnfitAnswer('there is no choice in it');
  const refusal = textIn(said['refusal']);
  const text = textIn(said['content']) + refusal;
  const calls = callsOf(said['tool_calls']);
  const ending = endingOf(choice);
  const ended = calls.length > 0 ? endingWithCalls(ending) : ending;
  return {
    id: messageId(answer['id']),
    type: 'message',
    role: 'assistant',
    model: textIn(answer['model']),
    content: [...(text === '' ? [] : [{ type: 'text' as const, text, citations: null }]), ...calls],
    ...(refusal === '' ? ended : { stop_reason: 'refusal', stop_sequence: null }),
    usage: countsOf(answer['usage']),
  };
}

function callsOf(calls: unknown): readonly Block[] {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls)) throw new UnfitAnswer('tool_calls is no list');
  return calls.map((call: unknown) => {
    const called = isJson(call) && isJson(call['function']) ? call['function'] : undefined;
    const id = isJson(call) ? textIn(call['id']) : '';
    const name = textIn(called?.['name']);
    if (id === '' || name === '') throw new UnfitAnswer('a tool’s call has no id or no name');
    return { type: 'tool_use', id, name, input: inputOf(textIn(called?.['arguments'])) };
  });
}
