import { type BlockEvent, BlockQueue } from './block-queue.ts';
import {
  type Counts,
  countsOf,
  type Ending,
  endingOf,
  endingWithCalls,
  firstChoice,
  isJson,
  type Json,
  messageId,
  textIn,
  UnfitAnswer,
} from './outcome.ts';

/** One event of a streamed message: its name is its `type`. */
export type StreamEvent =
  | BlockEvent
  | { readonly type: 'message_start'; readonly message: Json }
  | { readonly type: 'message_delta'; readonly delta: Ending; readonly usage: Counts }
  | { readonly type: 'message_stop' };

/**
 * A streamed chat completion as a streamed message. Blocks come one after the other there, while
 * calls of several tools may come entwined here: those that wait are held until the end.
 */
export class MessageStream {
  readonly #blocks = new BlockQueue();
  #started = false;
  #ending: Ending | undefined;
  #refused = false;
  #counts: Counts = { input_tokens: 0, output_tokens: 0 };

  /**
   * @param chunk one `chat.completion.chunk`.
   * @throws UnfitAnswer for what is none, also where it tells of an error.
   */
  push(chunk: unknown): readonly StreamEvent[] {
    if (!isJson(chunk)) throw new UnfitAnswer('an event is no object');
    if (isJson(chunk['error']))
      throw new UnfitAnswer(`it says: ${textIn(chunk['error']['message'])}`);
    const events: StreamEvent[] = this.#start(chunk);
    if (isJson(chunk['usage'])) this.#counts = countsOf(chunk['usage']);
    const choice = firstChoice(chunk);
    if (choice === undefined) return events;
    if (isJson(choice['delta'])) events.push(...this.#delta(choice['delta']));
    if (typeof choice['finish_reason'] === 'string') this.#ending = endingOf(choice);
    return events;
  }

  /**
   * Once the answer has come to its authenticated end, and not before.
   *
   * @throws UnfitAnswer where it never said why it ended.
   */
  end(): readonly StreamEvent[] {
    if (this.#ending === undefined) throw new UnfitAnswer('it ended without a finish_reason');
    const refused = { stop_reason: 'refusal', stop_sequence: null } as const;
    const ended = this.#blocks.hasCalls ? endingWithCalls(this.#ending) : this.#ending;
    return [
      ...this.#blocks.end(),
      {
        type: 'message_delta',
        delta: this.#refused ? refused : ended,
        usage: this.#counts,
      },
      { type: 'message_stop' },
    ];
  }

  #start(chunk: Json): StreamEvent[] {
    if (this.#started) return [];
    this.#started = true;
    const message = {
      id: messageId(chunk['id']),
      type: 'message',
      role: 'assistant',
      model: textIn(chunk['model']),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: countsOf(chunk['usage']),
    };
    return [{ type: 'message_start', message }];
  }

  #delta(delta: Json): readonly StreamEvent[] {
    const refusal = textIn(delta['refusal']);
    if (refusal !== '') this.#refused = true;
    const events = [...this.#blocks.text(textIn(delta['content']) + refusal)];
    const calls: unknown = delta['tool_calls'] ?? [];
    if (!Array.isArray(calls)) throw new UnfitAnswer('tool_calls is no list');
    for (const call of calls as unknown[]) {
      if (!isJson(call)) throw new UnfitAnswer('a tool’s call is no object');
      events.push(...this.#blocks.call(call));
    }
    return events;
  }
}
