import { inputOf, isJson, type Json, textIn, UnfitAnswer } from './outcome.ts';

export type BlockEvent =
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: Json }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: Json }
  | { readonly type: 'content_block_stop'; readonly index: number };

interface TextBlock {
  readonly kind: 'text';
  waiting: string;
}

interface CallBlock {
  readonly kind: 'call';
  id: string;
  name: string;
  /** All of it, to see that it is the text of an object. */
  input: string;
  waiting: string;
}

/** What may wait for its turn, in characters. */
const MOST_HELD = 16 * 1024 * 1024;

/** Blocks of an answer in the order they began; the first that is not over goes out as it comes. */
export class BlockQueue {
  readonly #queue: (TextBlock | CallBlock)[] = [];
  readonly #calls = new Map<number, CallBlock>();
  /** Of the first in the queue. */
  #index = 0;
  #isOpen = false;
  #held = 0;

  /** Whether a tool is called. */
  get hasCalls(): boolean {
    return this.#calls.size > 0;
  }

  text(text: string): readonly BlockEvent[] {
    if (text === '') return [];
    const last = this.#queue.at(-1);
    if (last?.kind === 'text') last.waiting += text;
    else this.#queue.push({ kind: 'text', waiting: text });
    return this.#advance(text.length);
  }

  /** @param delta one of `tool_calls`. @throws UnfitAnswer */
  call(delta: Json): readonly BlockEvent[] {
    const block = this.#callAt(delta['index'] ?? 0);
    const called = isJson(delta['function']) ? delta['function'] : {};
    if (block.id === '') block.id = textIn(delta['id']);
    if (block.name === '') block.name = textIn(called['name']);
    const more = textIn(called['arguments']);
    block.input += more;
    block.waiting += more;
    return this.#advance(more.length);
  }

  /** The rest, and the end of each. @throws UnfitAnswer for calls of nothing, or with half an input. */
  end(): readonly BlockEvent[] {
    const events: BlockEvent[] = [];
    for (const block of this.#queue) {
      if (block.kind === 'call') {
        if (block.id === '' || block.name === '') {
          throw new UnfitAnswer('a tool’s call has no id or no name');
        }
        inputOf(block.input);
      }
      events.push(...this.#go(block), this.#stop());
    }
    this.#queue.length = 0;
    return events;
  }

  #callAt(place: unknown): CallBlock {
    if (typeof place !== 'number') throw new UnfitAnswer('a tool’s call has no index');
    const known = this.#calls.get(place);
    if (known) return known;
    const block: CallBlock = { kind: 'call', id: '', name: '', input: '', waiting: '' };
    this.#calls.set(place, block);
    this.#queue.push(block);
    return block;
  }

  #advance(more: number): readonly BlockEvent[] {
    const events: BlockEvent[] = [];
    // Text is over when something else begins; a call may go on until the answer's end.
    while (this.#queue[0]?.kind === 'text' && this.#queue.length > 1) {
      events.push(...this.#go(this.#queue[0]), this.#stop());
      this.#queue.shift();
    }
    const [first] = this.#queue;
    if (first && (first.kind === 'text' || (first.id !== '' && first.name !== ''))) {
      events.push(...this.#go(first));
    }
    this.#held += more;
    if (this.#held > MOST_HELD) throw new UnfitAnswer('it is longer than can be translated');
    return events;
  }

  #go(block: TextBlock | CallBlock): readonly BlockEvent[] {
    const events: BlockEvent[] = [];
    const index = this.#index;
    if (!this.#isOpen) {
      this.#isOpen = true;
      events.push({ type: 'content_block_start', index, content_block: beginning(block) });
    }
    if (block.waiting !== '') {
      const delta =
        block.kind === 'text'
          ? { type: 'text_delta', text: block.waiting }
          : { type: 'input_json_delta', partial_json: block.waiting };
      block.waiting = '';
      events.push({ type: 'content_block_delta', index, delta });
    }
    return events;
  }

  #stop(): BlockEvent {
    this.#isOpen = false;
    return { type: 'content_block_stop', index: this.#index++ };
  }
}

function beginning(block: TextBlock | CallBlock): Json {
  return block.kind === 'text'
    ? { type: 'text', text: '', citations: null }
    : { type: 'tool_use', id: block.id, name: block.name, input: {} };
}
