import type { JsonValue } from '../../../core/encoding/json.ts';
import type { ChatMessage, ChatPart, ChatToolCall } from './chat.ts';
import { isList, Members, Untranslated } from './members.ts';

const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
]);

/** @throws Untranslated also where the last message is the assistant's. */
export function chatMessages(request: Members): readonly ChatMessage[] {
  const list = request.maybeList('messages') ?? [];
  if (list.length === 0) throw new Untranslated(request.at('messages'), 'want at least one');
  const turns = list.map((value, i) => turnOf(value, `messages[${i}]`));
  if (turns.at(-1)?.role === 'assistant') {
    throw new Untranslated(
      `messages[${list.length - 1}]`,
      'an answer that is begun in the request is not translated: the last message has to be the user’s',
    );
  }
  return turns.flatMap(({ messages }) => messages);
}

/**
 * Text, or blocks of text and nothing else.
 *
 * @param between what stands between two blocks.
 */
export function textOf(value: JsonValue | undefined, path: string, between: string): string {
  if (typeof value === 'string') return value;
  if (!isList(value)) throw new Untranslated(path, 'want a string or a list of text blocks');
  return value
    .map((one, i) => {
      const block = new Members(one, `${path}[${i}]`);
      const type = block.string('type');
      if (type !== 'text') throw untranslatedBlock(block, type);
      return textBlock(block);
    })
    .join(between);
}

function turnOf(value: JsonValue, path: string) {
  const message = new Members(value, path);
  const role = message.string('role');
  const content = message.take('content');
  message.end();
  const blocks = blocksOf(content, message.at('content'));
  if (role === 'user') return { role, messages: userMessages(blocks, content) } as const;
  if (role === 'assistant') return { role, messages: [assistantMessage(blocks)] } as const;
  throw new Untranslated(message.at('role'), 'want user or assistant');
}

interface Block {
  readonly type: string;
  readonly members: Members;
}

function blocksOf(content: JsonValue | undefined, path: string): readonly Block[] {
  const list = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  if (!isList(list)) throw new Untranslated(path, 'want a string or a list of blocks');
  return list.map((one, i) => {
    const members = new Members(one, `${path}[${i}]`);
    return { type: members.string('type'), members };
  });
}

/** Results of tools are messages of their own there, and stand first here as well. */
function userMessages(
  blocks: readonly Block[],
  content: JsonValue | undefined,
): readonly ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: ChatPart[] = [];
  for (const { type, members } of blocks) {
    if (type === 'tool_result') {
      if (parts.length > 0) {
        throw new Untranslated(members.path, 'results of tools have to stand before all else');
      }
      results.push(toolResult(members));
    } else if (type === 'text') parts.push({ type: 'text', text: textBlock(members) });
    else if (type === 'image') parts.push(image(members));
    else throw untranslatedBlock(members, type);
  }
  if (parts.length === 0 && results.length > 0) return results;
  return [...results, { role: 'user', content: typeof content === 'string' ? content : parts }];
}

function assistantMessage(blocks: readonly Block[]): ChatMessage {
  let text: string | undefined;
  const calls: ChatToolCall[] = [];
  for (const { type, members } of blocks) {
    if (type === 'text') {
      if (calls.length > 0) {
        throw new Untranslated(members.path, 'text behind the use of a tool is not translated');
      }
      text = (text ?? '') + textBlock(members);
    } else if (type === 'tool_use') calls.push(toolUse(members));
    else throw untranslatedBlock(members, type);
  }
  if (calls.length === 0) return { role: 'assistant', content: text ?? '' };
  return { role: 'assistant', content: text ?? null, tool_calls: calls };
}

function textBlock(block: Members): string {
  const text = block.string('text');
  block.leaveCacheControl();
  const citations = block.take('citations');
  if (isList(citations) ? citations.length > 0 : citations !== undefined) {
    throw new Untranslated(block.at('citations'), 'is not translated');
  }
  block.end();
  return text;
}

function image(block: Members): ChatPart {
  const source = new Members(block.take('source'), block.at('source'));
  const type = source.string('type');
  if (type !== 'base64') {
    throw new Untranslated(source.at('type'), `${type} is not translated: nothing is fetched`);
  }
  const mediaType = source.string('media_type');
  if (!IMAGE_TYPES.has(mediaType)) {
    throw new Untranslated(source.at('media_type'), `want one of ${[...IMAGE_TYPES].join(', ')}`);
  }
  const data = source.string('data');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data))
    throw new Untranslated(source.at('data'), 'want base64');
  source.end();
  block.leaveCacheControl();
  block.end();
  return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } };
}

function toolUse(block: Members): ChatToolCall {
  const [id, name] = [block.string('id'), block.string('name')];
  const input = block.take('input');
  // Read once more for its shape alone.
  new Members(input, block.at('input'));
  block.leaveCacheControl();
  block.end();
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

/** That it failed has no member of its own there: it is said in front of the text. */
function toolResult(block: Members): ChatMessage {
  const id = block.string('tool_use_id');
  const content = block.take('content') ?? '';
  const failed = block.maybeBoolean('is_error') === true;
  block.leaveCacheControl();
  block.end();
  const text = textOf(content, block.at('content'), '\n\n');
  return { role: 'tool', tool_call_id: id, content: failed ? `Error: ${text}` : text };
}

function untranslatedBlock(block: Members, type: string): Untranslated {
  return new Untranslated(block.at('type'), `${JSON.stringify(type)} is not translated here`);
}
