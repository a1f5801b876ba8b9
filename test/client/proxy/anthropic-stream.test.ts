import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/client/proxy/anthropic/answer.ts';
import {
  MessageStream,
  type StreamEvent,
} from '../../../src/client/proxy/anthropic/message-stream.ts';
import { UnfitAnswer } from '../../../src/client/proxy/anthropic/outcome.ts';

interface Call {
  readonly name: string;
  readonly input: Record<string, string>;
}

const choice = (delta: object, finish: string | null = null) => ({
  id: 'c1',
  model: 'm1',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const usage = { prompt_tokens: 7, completion_tokens: 11 };

function streamed(chunks: readonly unknown[]): readonly StreamEvent[] {
  const stream = new MessageStream();
  return [...chunks.flatMap((chunk) => stream.push(chunk)), ...stream.end()];
}

/** What a reader of the events puts together; also that they come in the only order they may. */
function assembled(events: readonly StreamEvent[]) {
  let message: Record<string, unknown> = {};
  const content: { type?: unknown; text?: string; json: string; [name: string]: unknown }[] = [];
  let open: number | undefined;
  for (const event of events) {
    switch (event.type) {
      case 'message_start':
        message = { ...event.message };
        break;
      case 'content_block_start':
        expect([open, event.index]).toEqual([undefined, content.length]);
        open = event.index;
        content.push({ ...event.content_block, json: '' });
        break;
      case 'content_block_delta': {
        expect(event.index).toBe(open);
        const block = content[event.index];
        if (!block) throw new Error('a delta of nothing');
        if (event.delta['type'] === 'text_delta') block.text += String(event.delta['text']);
        else block.json += String(event.delta['partial_json']);
        break;
      }
      case 'content_block_stop':
        expect(event.index).toBe(open);
        open = undefined;
        break;
      case 'message_delta':
        message = { ...message, ...event.delta, usage: event.usage };
        break;
      case 'message_stop':
        break;
    }
  }
  expect(open).toBeUndefined();
  const blocks = content.map(({ json, ...block }) =>
    block.type === 'tool_use' ? { ...block, input: JSON.parse(json || '{}') } : block,
  );
  return { ...message, content: blocks };
}

function cut(text: string, places: readonly number[]): readonly string[] {
  const at = [...new Set(places.map((n) => n % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length));
}

it('a stream says what the whole answer says, however its calls are cut and entwined', () => {
  const call: fc.Arbitrary<Call> = fc.record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    input: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  });
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.array(call, { maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (text, calls, places, picks) => {
        const finish = calls.length > 0 ? 'tool_calls' : 'stop';
        const entwined = calls.map(({ name, input }, index) => [
          { index, id: `t${index}`, type: 'function', function: { name, arguments: '' } },
          ...cut(JSON.stringify(input), places).map((part) => ({
            index,
            function: { arguments: part },
          })),
        ]);
        const chunks: unknown[] = [choice({ role: 'assistant', content: '' })];
        for (const part of cut(text, places)) chunks.push(choice({ content: part }));
        for (;;) {
          const left = entwined.filter((parts) => parts.length > 0);
          if (left.length === 0) break;
          // Each call begins in its turn; from then on any may go on.
          const begun = left.filter((parts, i) => i === 0 || !('id' in (parts[0] ?? {})));
          const next = left.find((parts) => 'id' in (parts[0] ?? {}));
          const may = next && !begun.includes(next) ? [...begun, next] : begun;
          const pick = may[picks.next().value % may.length];
          chunks.push(choice({ tool_calls: [pick?.shift()] }));
        }
        chunks.push(choice({}, finish), { id: 'c1', model: 'm1', choices: [], usage });
        const whole = messageOf({
          id: 'c1',
          model: 'm1',
          usage,
          choices: [
            {
              finish_reason: finish,
              message: {
                content: text,
                tool_calls: calls.map(({ name, input }, i) => ({
                  id: `t${i}`,
                  type: 'function',
                  function: { name, arguments: JSON.stringify(input) },
                })),
              },
            },
          ],
        });
        expect(assembled(streamed(chunks))).toEqual(whole);
      },
    ),
    { numRuns: 200 },
  );
});

it('text goes out as it comes, and so does the first call', () => {
  const stream = new MessageStream();
  const types = (chunk: unknown) => stream.push(chunk).map(({ type }) => type);
  expect(types(choice({ content: 'a' }))).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
  ]);
  expect(types(choice({ content: 'b' }))).toEqual(['content_block_delta']);
  const begin = { index: 0, id: 't', function: { name: 'x', arguments: '' } };
  expect(types(choice({ tool_calls: [begin] }))).toEqual([
    'content_block_stop',
    'content_block_start',
  ]);
  const more = { index: 0, function: { arguments: '{}' } };
  expect(types(choice({ tool_calls: [more] }))).toEqual(['content_block_delta']);
});

describe('the end', () => {
  it.each([
    ['stop', undefined, 'end_turn', null],
    ['stop', 'END', 'stop_sequence', 'END'],
    ['stop', 128001, 'end_turn', null],
    ['length', undefined, 'max_tokens', null],
    ['tool_calls', undefined, 'tool_use', null],
    ['content_filter', undefined, 'refusal', null],
  ])('%s (met %s) is %s', (finish, met, reason, sequence) => {
    const message = { content: 'x' };
    const end = { finish_reason: finish, stop_reason: met };
    expect(messageOf({ choices: [{ message, ...end }] })).toMatchObject({
      stop_reason: reason,
      stop_sequence: sequence,
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    const events = streamed([{ choices: [{ delta: message, ...end }] }]);
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: reason, stop_sequence: sequence },
    });
  });

  it.each(['stop', 'tool_calls'])('%s with a call is tool_use: a tool that was named', (finish) => {
    const call = { index: 0, id: 't', type: 'function', function: { name: 'x', arguments: '{}' } };
    const message = { content: null, tool_calls: [call] };
    const whole = messageOf({ choices: [{ message, finish_reason: finish }] });
    expect(whole).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use' }] });
    const events = streamed([choice({ tool_calls: [call] }), choice({}, finish)]);
    expect(assembled(events)).toMatchObject({ stop_reason: 'tool_use' });
  });

  it('is a refusal where the model said so', () => {
    const message = { content: null, refusal: 'No.' };
    const whole = messageOf({ choices: [{ message, finish_reason: 'stop' }] });
    expect(whole).toMatchObject({ stop_reason: 'refusal', content: [{ text: 'No.' }] });
    const events = streamed([choice({ refusal: 'No.' }), choice({}, 'stop')]);
    expect(assembled(events)).toMatchObject({ stop_reason: 'refusal', content: [{ text: 'No.' }] });
  });
});

describe('is no answer', () => {
  const call = (part: object) => choice({ tool_calls: [part] });
  it.each<[string, readonly unknown[]]>([
    ['without an end', [choice({ content: 'a' })]],
    ['with an end that nobody knows', [choice({}, 'tired')]],
    ['that is no object', [null]],
    ['that tells of an error', [{ error: { message: 'out of memory' } }]],
    ['with calls that are no list', [choice({ tool_calls: {} })]],
    ['with a call that is none', [choice({ tool_calls: [null] })]],
    ['with a call without a place', [call({ index: 'x' })]],
    ['with a call of nothing', [call({ index: 0 }), choice({}, 'tool_calls')]],
    [
      'with half an input',
      [
        call({ index: 0, id: 't', function: { name: 'x', arguments: '{"a":' } }),
        choice({}, 'tool_calls'),
      ],
    ],
    [
      'with an input that is a list',
      [
        call({ index: 0, id: 't', function: { name: 'x', arguments: '[]' } }),
        choice({}, 'tool_calls'),
      ],
    ],
  ])('%s', (_name, chunks) => {
    expect(() => streamed(chunks)).toThrow(UnfitAnswer);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no choice', { choices: [] }],
    ['no message', { choices: [{ finish_reason: 'stop' }] }],
    [
      'a call without a name',
      { choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [{ id: 't' }] } }] },
    ],
    [
      'calls that are no list',
      { choices: [{ finish_reason: 'stop', message: { tool_calls: 1 } }] },
    ],
  ])('whole, with %s', (_name, value) => {
    expect(() => messageOf(value)).toThrow(UnfitAnswer);
  });

  it('whatever else comes', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (chunks) => {
        const like = chunks.map((one) => ({ choices: [{ delta: one, finish_reason: null }] }));
        expect(() => streamed(like)).toThrow(UnfitAnswer);
      }),
    );
  });
});
