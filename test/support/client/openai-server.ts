import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Field, RequestMessage } from '../../../src/sealed/bhttp/message.ts';
import type { Serve, Served } from './machine.ts';

const JSON_FIELDS: readonly Field[] = [['content-type', 'application/json']];
const EVENT_FIELDS: readonly Field[] = [['content-type', 'text/event-stream; charset=utf-8']];

/** As much of an OpenAI-compatible server as the tests' calls need. */
export const openAiServer: Serve = (request) => {
  const [path = ''] = request.path.split('?');
  switch (`${request.method} ${path}`) {
    case 'POST /v1/chat/completions':
      return chat(request);
    case 'POST /v1/completions':
      return json({ id: 'c1', object: 'text_completion', choices: [{ index: 0, text: 'four' }] });
    case 'POST /v1/embeddings':
      return json({
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      });
    case 'GET /v1/models':
      return json({ object: 'list', data: [{ id: 'm1', object: 'model', owned_by: 'x' }] });
    case 'POST /v1/responses':
      return bodyOf(request)['stream'] === true ? events(RESPONSE_EVENTS) : json(RESPONSE);
    case 'POST /v1/files':
      return json({
        id: 'file-1',
        object: 'file',
        bytes: request.content.length,
        filename: 'a.jsonl',
        purpose: 'batch',
      });
    case 'GET /v1/files/file-1/content':
      return { fields: [['content-type', 'application/octet-stream']], parts: [BLOB, BLOB] };
    case 'DELETE /v1/nothing':
      return { status: 204, parts: [] };
    default:
      return {
        ...json({ error: { message: `no ${request.path}`, code: 'unknown' } }),
        status: 404,
      };
  }
};

const BLOB = new Uint8Array(10_000).fill(0x41);
const WORDS = ['He', 'llo', ' wor', 'ld'];

function chat(request: RequestMessage): Served {
  const { stream, tools } = bodyOf(request);
  if (stream === true) return events(tools === undefined ? wordEvents() : toolEvents());
  return json({
    id: 'c1',
    object: 'chat.completion',
    model: 'm1',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello world' } },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  });
}

function wordEvents(): readonly unknown[] {
  return WORDS.map((content) => chunk({ content }));
}

function toolEvents(): readonly unknown[] {
  const call = (part: object) => chunk({ tool_calls: [{ index: 0, ...part }] });
  return [
    call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
    call({ function: { arguments: '{"city":' } }),
    call({ function: { arguments: '"Ulm"}' } }),
  ];
}

function chunk(delta: object): object {
  return {
    id: 'c1',
    object: 'chat.completion.chunk',
    model: 'm1',
    choices: [{ index: 0, delta, finish_reason: null }],
  };
}

const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hello world', annotations: [] }],
    },
  ],
};
const RESPONSE_EVENTS = [
  { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
  { type: 'response.output_text.delta', delta: 'Hello', item_id: 'msg_1' },
  { type: 'response.completed', response: RESPONSE },
];

function json(value: unknown): Served {
  return { fields: JSON_FIELDS, parts: [utf8(JSON.stringify(value))] };
}

function events(all: readonly unknown[]): Served {
  const parts = all.map((event) => utf8(`data: ${JSON.stringify(event)}\n\n:   \n\n`));
  return { fields: EVENT_FIELDS, parts: [...parts, utf8('data: [DONE]\n\n')] };
}

function bodyOf({ content }: RequestMessage): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(content));
}
