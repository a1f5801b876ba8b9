import { fromUtf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { TopMember } from './top-member.ts';

/** Tokens, as the server counted them. */
export interface TokenCounts {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Whether it told them; else there was no prompt, and of a stream as many tokens as pieces came. */
  readonly counted: boolean;
}

const NOT_COUNTED: TokenCounts = { promptTokens: 0, completionTokens: 0, counted: false };

/** Looks for the counts in an answer on its way. Nothing else of it is kept. */
export interface UsageMeter {
  /** An event of a stream, or any part of another answer. */
  see(bytes: Uint8Array): void;
  /** Of what was seen so far. */
  counts(): TokenCounts;
}

/** Longer events are not read. */
const LONGEST_EVENT = 4 * 1024 * 1024;
const MOST_TOKENS = 2 ** 40;

/**
 * Of the events of a stream: the last that tells them counts. Chat and completions tell in `usage`,
 * responses in `response.usage`, at their end: of one that breaks off before, the pieces of its
 * answer are counted, each of which is a token or more.
 */
export class EventMeter implements UsageMeter {
  #counts: TokenCounts | undefined;
  #pieces = 0;
  /** Of an event that comes in parts; undefined once it is too long. */
  #parts: Uint8Array[] | undefined = [];
  #length = 0;

  /** What the end of its event comes after. */
  part(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > LONGEST_EVENT) this.#parts = undefined;
    this.#parts?.push(bytes);
  }

  see(bytes: Uint8Array): void {
    this.part(bytes);
    const [only, ...more] = this.#parts ?? [];
    const event = only && (more.length > 0 ? concatBytes(only, ...more) : only);
    this.#parts = [];
    this.#length = 0;
    if (event) this.#read(event);
  }

  counts(): TokenCounts {
    return this.#counts ?? { ...NOT_COUNTED, completionTokens: this.#pieces };
  }

  #read(event: Uint8Array): void {
    const text = textIn(event);
    if (text === undefined) return;
    const value = jsonIn(dataIn(text));
    this.#counts = countsIn(value) ?? this.#counts;
    this.#pieces += piecesIn(value);
  }
}

/** Of an answer that is one JSON document, however long, wherever in it they stand. */
export class DocumentMeter implements UsageMeter {
  readonly #usage = new TopMember('usage');

  see(bytes: Uint8Array): void {
    this.#usage.push(bytes);
  }

  counts(): TokenCounts {
    const { value } = this.#usage;
    return (value && countsIn({ usage: jsonOf(value) })) ?? NOT_COUNTED;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  const text = textIn(bytes);
  return text === undefined ? undefined : jsonIn(text);
}

/** Of one that tells nothing. */
export const NO_METER: UsageMeter = { see: () => undefined, counts: () => NOT_COUNTED };

function dataIn(event: string): string {
  // One line of data, as most events are.
  const [, only] = /^data: ?([^\r\n]*)[\r\n]+$/.exec(event) ?? [];
  if (only !== undefined) return only;
  return event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
}

function textIn(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes, 'answer');
  } catch {
    return undefined;
  }
}

/** What does not read is uncounted: the answer is the client's to judge. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many pieces of answers an event brings: one of each choice that says something. */
function piecesIn(value: unknown): number {
  const type = member(value, 'type');
  if (typeof type === 'string' && type.endsWith('.delta')) return 1;
  const choices = member(value, 'choices');
  if (!Array.isArray(choices)) return 0;
  return choices.filter((choice) => isSomething(member(choice, 'text')) || saysMore(choice)).length;
}

function saysMore(choice: unknown): boolean {
  const delta = member(choice, 'delta');
  if (typeof delta !== 'object' || delta === null) return false;
  return Object.entries(delta).some(([name, value]) => name !== 'role' && isSomething(value));
}

function isSomething(value: unknown): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > 0;
}

function countsIn(value: unknown): TokenCounts | undefined {
  const usage = member(value, 'usage') ?? member(member(value, 'response'), 'usage');
  const prompt = countOf(usage, 'prompt_tokens') ?? countOf(usage, 'input_tokens');
  if (prompt === undefined) return undefined;
  const completion = countOf(usage, 'completion_tokens') ?? countOf(usage, 'output_tokens') ?? 0;
  return { promptTokens: prompt, completionTokens: completion, counted: true };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function countOf(usage: unknown, name: string): number | undefined {
  const count = member(usage, name);
  const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 0;
  return isCount && count <= MOST_TOKENS ? count : undefined;
}
