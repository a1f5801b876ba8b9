import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Untranslated } from '../../../src/client/proxy/anthropic/members.ts';
import { chatRequest } from '../../../src/client/proxy/anthropic/request.ts';
import type { JsonObject, JsonValue } from '../../../src/core/encoding/json.ts';

const user = (content: JsonValue) => ({ role: 'user', content });
const base = { model: 'm1', max_tokens: 8, messages: [user('Hi')] };
const png = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
const use = { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Ulm' } };
const cache = { cache_control: { type: 'ephemeral' } };

it('translates a whole conversation', () => {
  const translated = chatRequest({
    ...base,
    ...cache,
    system: [
      { type: 'text', text: 'Be brief.', ...cache },
      { type: 'text', text: 'And kind.' },
    ],
    messages: [
      user([
        { type: 'text', text: 'What is this?', ...cache },
        { type: 'image', source: png },
      ]),
      { role: 'assistant', content: [{ type: 'text', text: 'I ask.' }, use, { ...use, id: 'c2' }] },
      user([
        { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'rain' }] },
        { type: 'tool_result', tool_use_id: 'c2', content: 'no line', is_error: true },
        { type: 'text', text: 'And?' },
      ]),
    ],
    temperature: 0.5,
    top_p: 0.9,
    stop_sequences: ['END'],
    stream: true,
    metadata: { user_id: 'who' },
    thinking: { type: 'disabled' },
    tools: [
      { name: 'weather', description: 'tells it', input_schema: { type: 'object' }, ...cache },
    ],
    tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
  });
  expect(translated).toEqual({
    model: 'm1',
    max_tokens: 8,
    messages: [
      { role: 'system', content: 'Be brief.\n\nAnd kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I ask.',
        tool_calls: ['c1', 'c2'].map((id) => ({
          id,
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Ulm"}' },
        })),
      },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      { role: 'tool', tool_call_id: 'c2', content: 'Error: no line' },
      { role: 'user', content: [{ type: 'text', text: 'And?' }] },
    ],
    temperature: 0.5,
    top_p: 0.9,
    stop: ['END'],
    tools: [
      {
        type: 'function',
        function: { name: 'weather', description: 'tells it', parameters: { type: 'object' } },
      },
    ],
    tool_choice: { type: 'function', function: { name: 'weather' } },
    parallel_tool_calls: false,
    stream: true,
    stream_options: { include_usage: true },
  });
});

it.each([
  ['auto', 'auto'],
  ['any', 'required'],
  ['none', 'none'],
])('tool_choice %s is %s', (type, choice) => {
  expect(chatRequest({ ...base, tool_choice: { type } })).toMatchObject({ tool_choice: choice });
});

it('asks for no stream where none is wanted, and says nothing of what was not said', () => {
  expect(chatRequest({ ...base, stream: false })).toEqual({
    model: 'm1',
    max_tokens: 8,
    messages: [{ role: 'user', content: 'Hi' }],
  });
});

describe('refuses, by its name,', () => {
  const block = (one: JsonValue) => ({ messages: [user([one])] });
  const cases: [string, JsonObject, string][] = [
    ['no limit of tokens', { max_tokens: null }, 'request.max_tokens'],
    ['half a token', { max_tokens: 0.5 }, 'request.max_tokens'],
    ['no message', { messages: [] }, 'request.messages'],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 1024 } }, 'request.thinking'],
    ['top_k', { top_k: 5 }, 'request.top_k'],
    ['a service tier', { service_tier: 'auto' }, 'request.service_tier'],
    ['what is unknown', { whatever: true }, 'request.whatever'],
    ['metadata beside the user', { metadata: { trace: 'x' } }, 'request.metadata.trace'],
    ['a stop sequence that is none', { stop_sequences: [1] }, 'request.stop_sequences[0]'],
    [
      'a begun answer',
      { messages: [user('Hi'), { role: 'assistant', content: 'Well' }] },
      'messages[1]',
    ],
    ['another role', { messages: [{ role: 'system', content: 'x' }] }, 'messages[0].role'],
    ['a document', block({ type: 'document', source: png }), 'messages[0].content[0].type'],
    [
      'an image from elsewhere',
      block({ type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } }),
      'messages[0].content[0].source.type',
    ],
    [
      'an image of another type',
      block({ type: 'image', source: { ...png, media_type: 'image/svg+xml' } }),
      'messages[0].content[0].source.media_type',
    ],
    [
      'an image that would break out of its URL',
      block({ type: 'image', source: { ...png, data: '",x' } }),
      'messages[0].content[0].source.data',
    ],
    [
      'an image from a tool',
      block({ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'image', source: png }] }),
      'messages[0].content[0].content[0].type',
    ],
    [
      'a result behind text',
      {
        messages: [
          user([
            { type: 'text', text: 'x' },
            { type: 'tool_result', tool_use_id: 'c' },
          ]),
        ],
      },
      'messages[0].content[1]',
    ],
    [
      'text behind a call',
      {
        messages: [{ role: 'assistant', content: [use, { type: 'text', text: 'x' }] }, user('Hi')],
      },
      'messages[0].content[1]',
    ],
    [
      'thoughts',
      { messages: [{ role: 'assistant', content: [{ type: 'thinking' }] }, user('Hi')] },
      'messages[0].content[0].type',
    ],
    [
      'citations',
      block({ type: 'text', text: 'x', citations: [{}] }),
      'messages[0].content[0].citations',
    ],
    [
      'a tool of the service',
      { tools: [{ type: 'bash_20250124', name: 'bash' }] },
      'tools[0].type',
    ],
    ['a tool without a schema', { tools: [{ name: 'x' }] }, 'tools[0].input_schema'],
    [
      'what is unknown of a tool',
      { tools: [{ name: 'x', input_schema: {}, defer_loading: true }] },
      'tools[0].defer_loading',
    ],
    ['another choice of tools', { tool_choice: { type: 'maybe' } }, 'request.tool_choice.type'],
  ];
  it.each(cases)('%s', (_name, change, place) => {
    expect(() => chatRequest({ ...base, ...change })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`${place}: `) }) as Untranslated,
    );
  });
});

it('whatever comes is translated, or refused by a name', () => {
  const words = fc.constantFrom(
    ...['role', 'user', 'content', 'type', 'text', 'image', 'tool_use', 'model', 'messages'],
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(words, fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(words, fc.string()), tie('value'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(value, value, value, (messages, system, tools) => {
      const body = { ...base, messages, system, tools } as JsonObject;
      try {
        expect(chatRequest(body).messages.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(Untranslated);
      }
    }),
    { numRuns: 500 },
  );
});

it('no member of a request is lost in silence', () => {
  const whole = { ...base, temperature: 1, top_p: 1, tools: [{ name: 'x', input_schema: {} }] };
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((name) => !Object.hasOwn(KNOWN, name)),
      fc.oneof(fc.boolean(), fc.string(), fc.integer()),
      (name, value) => {
        const more = Object.fromEntries([[name, value]]);
        // A spread takes `__proto__` for a member like any other, as JSON does.
        expect(() => chatRequest({ ...whole, ...more })).toThrow(Untranslated);
      },
    ),
  );
});

const KNOWN = Object.fromEntries(
  'model messages max_tokens system temperature top_p stop_sequences stream tools tool_choice metadata thinking cache_control'
    .split(' ')
    .map((name) => [name, true]),
);
