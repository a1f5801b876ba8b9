import { readAll } from '../../client/gateway.ts';
import type { Postern } from '../../client/postern.ts';
import { eventsIn, WholeEvents } from '../../client/proxy/events.ts';
import { gatewayRefusal } from '../../client/proxy/refusal.ts';
import { Fault } from '../../core/fault.ts';

export interface Said {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface Answered {
  readonly text: string;
  /** OpenAI's `finish_reason`, where one came. */
  readonly finish: string | undefined;
}

const LARGEST_ERROR = 64 * 1024;
const LARGEST_LIST = 4 * 1024 * 1024;

/**
 * The answer of a verified machine, streamed.
 *
 * @param onText is told each piece as it comes.
 * @throws PosternError; Fault for what the machine itself refuses, or answers beside the API.
 */
export async function ask(
  postern: Postern,
  model: string,
  messages: readonly Said[],
  onText: (text: string) => void,
): Promise<Answered> {
  const response = await call(postern, '/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ model, messages, stream: true }),
  });
  let text = '';
  let finish: string | undefined;
  const whole = new WholeEvents();
  const read = (events: Uint8Array) => {
    for (const data of eventsIn(events)) {
      if (data === undefined || data === '[DONE]') continue;
      const piece = pieceOf(data);
      finish = piece.finish ?? finish;
      text += piece.text;
      if (piece.text !== '') onText(piece.text);
    }
  };
  for await (const part of response.body ?? []) read(whole.push(part));
  read(whole.end());
  return { text, finish };
}

/** The models that the pool's machine says it serves. */
export async function modelsOf(postern: Postern): Promise<readonly string[]> {
  const response = await call(postern, '/v1/models', {});
  const list = parsed(new TextDecoder().decode(await readAll(response, LARGEST_LIST, 'models')));
  const data: unknown = isRecord(list) ? list['data'] : undefined;
  if (!Array.isArray(data)) throw new Fault('malformed', 'models', 'want a list');
  return data.map((one: unknown) => (isRecord(one) ? String(one['id']) : '')).filter(Boolean);
}

async function call(postern: Postern, path: string, init: RequestInit): Promise<Response> {
  const response = await postern.fetch(`${postern.verification().gateway}${path}`, init);
  const refusal = await gatewayRefusal(path, response);
  if (refusal) throw refusal;
  if (response.status === 200) return response;
  const text = new TextDecoder().decode(await readAll(response, LARGEST_ERROR, 'answer'));
  const code = response.status < 500 ? 'usage' : 'unreachable';
  throw new Fault(code, 'machine', `answers ${response.status}: ${text}`);
}

function pieceOf(data: string): { readonly text: string; readonly finish: string | undefined } {
  const event = parsed(data);
  if (isRecord(event) && isRecord(event['error'])) {
    throw new Fault('unreachable', 'machine', String(event['error']['message']));
  }
  const choices: unknown = isRecord(event) ? event['choices'] : undefined;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (!isRecord(choice)) return { text: '', finish: undefined };
  const { delta, finish_reason: finish } = choice;
  const content = isRecord(delta) ? delta['content'] : undefined;
  return {
    text: typeof content === 'string' ? content : '',
    finish: typeof finish === 'string' ? finish : undefined,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('malformed', 'answer', 'is no JSON', { cause });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
