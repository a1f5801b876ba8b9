import type { JsonValue } from '../../../core/encoding/json.ts';
import type { ChatMessage, ChatRequest } from './chat.ts';
import { Members, Untranslated } from './members.ts';
import { chatMessages, textOf } from './messages.ts';
import { chatToolChoice, chatTools } from './tools.ts';

/**
 * A request to Anthropic's `POST /v1/messages` as one to OpenAI's `POST /v1/chat/completions`.
 *
 * @throws Untranslated for all that has no equal there.
 */
export function chatRequest(body: JsonValue): ChatRequest {
  const request = new Members(body, 'request');
  const stream = request.maybeBoolean('stream') === true;
  const [temperature, topP] = [request.maybeNumber('temperature'), request.maybeNumber('top_p')];
  const stop = stopSequences(request);
  const tools = chatTools(request);
  const translated: ChatRequest = {
    model: request.string('model'),
    messages: [...systemMessage(request), ...chatMessages(request)],
    max_tokens: maxTokens(request),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stop.length > 0 && { stop }),
    ...(tools.length > 0 && { tools }),
    ...chatToolChoice(request),
    ...(stream && { stream, stream_options: { include_usage: true } }),
  };
  leaveMetadata(request);
  wantNoThinking(request);
  request.leaveCacheControl();
  request.end();
  return translated;
}

function maxTokens(request: Members): number {
  const most = request.maybeNumber('max_tokens');
  if (most === undefined || !Number.isSafeInteger(most) || most < 1) {
    throw new Untranslated(request.at('max_tokens'), 'want a whole number from 1');
  }
  return most;
}

function systemMessage(request: Members): readonly ChatMessage[] {
  const system = request.take('system');
  if (system === undefined) return [];
  const content = textOf(system, request.at('system'), '\n\n');
  return content === '' ? [] : [{ role: 'system', content }];
}

function stopSequences(request: Members): readonly string[] {
  const list = request.maybeList('stop_sequences') ?? [];
  return list.map((one, i) => {
    if (typeof one === 'string') return one;
    throw new Untranslated(`${request.at('stop_sequences')}[${i}]`, 'want a string');
  });
}

/** Who the user is stays here: a machine has no business with it. */
function leaveMetadata(request: Members): void {
  const value = request.take('metadata');
  if (value === undefined) return;
  const metadata = new Members(value, request.at('metadata'));
  metadata.maybeString('user_id');
  metadata.end();
}

function wantNoThinking(request: Members): void {
  const value = request.take('thinking');
  if (value === undefined) return;
  const thinking = new Members(value, request.at('thinking'));
  if (thinking.string('type') !== 'disabled') {
    throw new Untranslated(thinking.path, 'is not translated: leave it out, or disable it');
  }
  thinking.end();
}
