/** One event of a stream (WHATWG HTML, section 9.2), or an id or a waiting time by itself. */
export interface StreamEvent {
  /** The last that was said, with this event or before. */
  readonly id: string | undefined;
  readonly type: string;
  /** Undefined where there is none: then it is no event, and only says the id. */
  readonly data: string | undefined;
  /** Milliseconds to wait before coming again, where the stream has said so. */
  readonly retry: number | undefined;
}

/** A line or the data of one event, in characters. */
const LONGEST = 1024 * 1024;

/**
 * Reads a stream of events as it comes: comments are passed over, ids and waiting times kept.
 *
 * @param chunks UTF-8, cut anywhere.
 * @throws RangeError for a line or an event without an end.
 */
export async function* eventsIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = new EventReader();
  for await (const line of linesOf(chunks)) {
    const event = reader.take(line);
    if (event) yield event;
  }
}

class EventReader {
  #id: string | undefined;
  #retry: number | undefined;
  #type = '';
  #data: string[] = [];
  #length = 0;
  #said = false;

  /** @returns an event that the line ends. */
  take(line: string): StreamEvent | undefined {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#addData(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) [this.#id, this.#said] = [value, true];
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.#retry = Number(value);
    return undefined;
  }

  #addData(value: string): void {
    this.#length += value.length;
    if (this.#length > LONGEST) throw new RangeError(`an event of more than ${LONGEST} characters`);
    this.#data.push(value);
  }

  #end(): StreamEvent | undefined {
    const data = this.#data.length === 0 ? undefined : this.#data.join('\n');
    const event = { id: this.#id, type: this.#type || 'message', data, retry: this.#retry };
    const isWorthIt = data !== undefined || this.#said;
    [this.#type, this.#data, this.#length, this.#said] = ['', [], 0, false];
    return isWorthIt ? event : undefined;
  }
}

/** Lines end in CR LF, LF or CR. What stands behind the last end is no line. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let afterReturn = false;
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    // A line feed that belongs to the carriage return of the chunk before.
    if (afterReturn && text.startsWith('\n')) text = text.slice(1);
    afterReturn = text.endsWith('\r');
    const lines = `${rest}${text}`.split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw new RangeError(`a line of more than ${LONGEST} characters`);
    yield* lines;
  }
}
