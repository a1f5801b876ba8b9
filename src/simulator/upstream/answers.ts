/** What a simulated model says, always the same to the same question. */

export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly tools: boolean;
  /** All that was said, one text. */
  readonly prompt: string;
}

const CREATED = 1_750_000_000;
const ID = 'chatcmpl-simulated';

/** Reads what matters of a body of chat, completions or responses. */
export function readChat(value: unknown): ChatRequest {
  const body = objectIn(value);
  const options = objectIn(body['stream_options']);
  return {
    model: typeof body['model'] === 'string' ? body['model'] : 'simulated',
    stream: body['stream'] === true,
    includeUsage: options['include_usage'] === true,
    tools: Array.isArray(body['tools']) && body['tools'].length > 0,
    prompt: promptOf(body),
  };
}

function promptOf(body: Readonly<Record<string, unknown>>): string {
  const { messages, prompt, input } = body;
  if (Array.isArray(messages)) {
    return messages.map((one) => String(objectIn(one)['content'] ?? '')).join('\n');
  }
  return String(prompt ?? input ?? '');
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The words of an answer: the question back, so that whoever asked can tell that it was read. */
function wordsFor({ prompt }: ChatRequest): readonly string[] {
  const words = prompt.split(/\s+/).filter((word) => word !== '');
  return ['You ', 'said: ', ...words.map((word) => `${word} `)];
}

function usageFor(request: ChatRequest) {
  const prompt = request.prompt.split(/\s+/).length;
  const completion = wordsFor(request).length;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}

const TOOL_CALL = {
  id: 'call_simulated',
  type: 'function',
  function: { name: 'look_up', arguments: '{"place":"Paris"}' },
} as const;

export function chatCompletion(request: ChatRequest) {
  const content = wordsFor(request).join('');
  const message = request.tools
    ? { role: 'assistant', content: null, tool_calls: [TOOL_CALL] }
    : { role: 'assistant', content };
  return {
    id: ID,
    object: 'chat.completion',
    created: CREATED,
    model: request.model,
    choices: [{ index: 0, message, finish_reason: request.tools ? 'tool_calls' : 'stop' }],
    ...(request.model !== 'fault:no-usage' && { usage: usageFor(request) }),
  };
}

/** The events of a stream, the last being `[DONE]`. */
export function chatEvents(request: ChatRequest): readonly string[] {
  const chunk = (choices: readonly unknown[], more: object = {}) =>
    JSON.stringify({
      id: ID,
      object: 'chat.completion.chunk',
      created: CREATED,
      model: request.model,
      choices,
      ...more,
    });
  const deltas = request.tools
    ? [{ role: 'assistant', tool_calls: [{ index: 0, ...TOOL_CALL }] }]
    : wordsFor(request).map((content) => ({ content }));
  const reason = request.tools ? 'tool_calls' : 'stop';
  const wantsUsage = request.includeUsage && request.model !== 'fault:no-usage';
  return [
    ...deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: reason }]),
    ...(wantsUsage ? [chunk([], { usage: usageFor(request) })] : []),
    '[DONE]',
  ];
}

export function embeddings(request: ChatRequest) {
  return {
    object: 'list',
    model: request.model,
    data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5, request.prompt.length] }],
    usage: { prompt_tokens: request.prompt.split(/\s+/).length, total_tokens: 1 },
  };
}

export function modelList(models: readonly string[]) {
  return {
    object: 'list',
    data: models.map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'simulator' })),
  };
}

export function responsesAnswer(request: ChatRequest) {
  const { prompt_tokens, completion_tokens, total_tokens } = usageFor(request);
  return {
    id: 'resp_simulated',
    object: 'response',
    created_at: CREATED,
    status: 'completed',
    model: request.model,
    output: [
      {
        type: 'message',
        id: 'msg_simulated',
        role: 'assistant',
        content: [{ type: 'output_text', text: wordsFor(request).join('') }],
      },
    ],
    usage: {
      input_tokens: prompt_tokens,
      output_tokens: completion_tokens,
      total_tokens,
    },
  };
}
