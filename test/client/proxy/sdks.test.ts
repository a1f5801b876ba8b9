import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Serve } from '../../support/client/machine.ts';
import { openAiServer } from '../../support/client/openai-server.ts';
import { sealedProxy } from '../../support/client/proxy-bed.ts';

const CANARY = 'a canary: 4815162342';
const MESSAGES = [{ role: 'user' as const, content: CANARY }];

/** The stand-in's streams, with the end that a server gives them. */
const server: Serve = (request, machine) => {
  const served = openAiServer(request, machine);
  const body = request.content.length > 0 && request.path === '/v1/chat/completions';
  const asked = body ? JSON.parse(new TextDecoder().decode(request.content)) : {};
  if (asked.stream !== true || served.parts.length < 2) return served;
  const finish = asked.tools === undefined ? 'stop' : 'tool_calls';
  const last = { id: 'c1', model: 'm1', choices: [{ index: 0, delta: {}, finish_reason: finish }] };
  const usage = {
    id: 'c1',
    model: 'm1',
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 5 },
  };
  const more = [last, usage].map((event) => utf8(`data: ${JSON.stringify(event)}\n\n`));
  return { ...served, parts: [...served.parts.slice(0, -1), ...more, utf8('data: [DONE]\n\n')] };
};

describe('programs that know nothing of Postern, through the proxy', () => {
  let bed: Awaited<ReturnType<typeof sealedProxy>>;
  let openai: OpenAI;
  let anthropic: Anthropic;

  beforeAll(async () => {
    bed = await sealedProxy({ serve: server });
    const { proxy, tokens } = bed;
    openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: tokens.api, maxRetries: 0 });
    anthropic = new Anthropic({
      baseURL: proxy.url,
      apiKey: tokens.api,
      authToken: null,
      maxRetries: 0,
    });
  });
  afterAll(() => bed.proxy.close());

  it('OpenAI’s SDK chats, whole and streamed', async () => {
    const { choices } = await openai.chat.completions.create({ model: 'm1', messages: MESSAGES });
    expect(choices[0]?.message.content).toBe('Hello world');
    const stream = await openai.chat.completions.create({
      model: 'm1',
      messages: MESSAGES,
      stream: true,
    });
    const words: string[] = [];
    for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? '');
    expect(words.join('')).toBe('Hello world');
  });

  it('OpenAI’s SDK lists models, embeds, makes responses, uploads and downloads', async () => {
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['m1']);
    const { data } = await openai.embeddings.create({
      model: 'm1',
      input: 'x',
      encoding_format: 'float',
    });
    expect(data[0]?.embedding).toEqual([0.25, -0.5]);
    expect((await openai.responses.create({ model: 'm1', input: 'x' })).output_text).toBe(
      'Hello world',
    );
    const file = await openai.files.create({
      purpose: 'batch',
      file: await toFile(new Uint8Array(2 * 1024 * 1024), 'a.jsonl'),
    });
    expect(file.id).toBe('file-1');
    expect((await (await openai.files.content('file-1')).arrayBuffer()).byteLength).toBe(20_000);
  });

  it('OpenAI’s SDK sees the machine’s own errors', async () => {
    await expect(openai.get('/nonsense')).rejects.toMatchObject({ status: 404, code: 'unknown' });
  });

  it('Anthropic’s SDK chats', async () => {
    const message = await anthropic.messages.create({
      model: 'm1',
      max_tokens: 64,
      messages: MESSAGES,
    });
    expect(message).toMatchObject({
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello world' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 5 },
    });
  });

  it('Anthropic’s SDK streams text', async () => {
    const stream = anthropic.messages.stream({ model: 'm1', max_tokens: 64, messages: MESSAGES });
    const words: string[] = [];
    stream.on('text', (text) => words.push(text));
    const message = await stream.finalMessage();
    expect(words).toEqual(['He', 'llo', ' wor', 'ld']);
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 5 },
    });
  });

  it('Anthropic’s SDK streams calls of tools, and answers them', async () => {
    const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }];
    const first = await anthropic.messages
      .stream({ model: 'm1', max_tokens: 64, messages: MESSAGES, tools })
      .finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content).toMatchObject([
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Ulm' } },
    ]);
    const result = { type: 'tool_result' as const, tool_use_id: 'call_1', content: 'rain' };
    const second = await anthropic.messages.create({
      model: 'm1',
      max_tokens: 64,
      tools,
      messages: [
        ...MESSAGES,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [result] },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'Hello world' }]);
  });

  it('Anthropic’s SDK is told what is not translated', async () => {
    const thinking = anthropic.messages.create({
      model: 'm1',
      max_tokens: 4096,
      messages: MESSAGES,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    });
    await expect(thinking).rejects.toThrow(/request\.thinking: is not translated/);
    const count = anthropic.messages.countTokens({ model: 'm1', messages: MESSAGES });
    await expect(count).rejects.toThrow(Anthropic.NotFoundError);
  });

  it('a wrong key is refused in each API’s own way', async () => {
    const { url } = bed.proxy;
    const wrong = { apiKey: 'wrong', maxRetries: 0 };
    await expect(new OpenAI({ ...wrong, baseURL: `${url}/v1` }).models.list()).rejects.toThrow(
      OpenAI.AuthenticationError,
    );
    const messages = new Anthropic({ ...wrong, baseURL: url, authToken: null }).messages;
    await expect(
      messages.create({ model: 'm1', max_tokens: 1, messages: MESSAGES }),
    ).rejects.toThrow(Anthropic.AuthenticationError);
  });

  it('keeps receipts, shows nobody the token, and logs no word of a prompt', () => {
    const { gateway, machine } = bed.bed;
    expect(bed.receipts.last.length).toBeGreaterThan(3);
    const outside = gateway.asked.map(({ headers, body }) =>
      [JSON.stringify([...headers]), Buffer.from(body).toString('latin1')].join('\n'),
    );
    expect(outside.join('\n')).not.toContain(bed.tokens.api);
    expect(outside.join('\n')).not.toContain('4815162342');
    expect(JSON.stringify(machine.opened.map(({ fields }) => fields))).not.toContain(
      'postern-local',
    );
    expect(machine.opened.some(({ content }) => Buffer.from(content).includes(CANARY))).toBe(true);
    expect(JSON.stringify(bed.visits)).not.toMatch(/canary|file-1|nonsense/);
  });
});
