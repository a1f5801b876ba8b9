import OpenAI, { toFile } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPostern } from '../../src/client/create-postern.ts';
import type { CheckedReceipt } from '../../src/client/receipt.ts';
import { type ClientBed, clientBed } from '../support/client/bed.ts';
import { GATEWAY } from '../support/client/gateway.ts';

const MESSAGES = [{ role: 'user' as const, content: 'a canary: 4815162342' }];

describe('the OpenAI SDK, unchanged but for its fetch', () => {
  let bed: ClientBed;
  let openai: OpenAI;
  const receipts: CheckedReceipt[] = [];

  beforeAll(async () => {
    bed = await clientBed();
    const postern = await createPostern({
      ...bed.options,
      apiKey: 'key-1',
      onReceipt: (receipt) => receipts.push(receipt),
    });
    openai = new OpenAI({
      baseURL: `${GATEWAY}/v1`,
      apiKey: 'key-1',
      fetch: postern.fetch,
      maxRetries: 0,
    });
  }, 120_000);

  it('chats', async () => {
    const { choices } = await openai.chat.completions.create({ model: 'm1', messages: MESSAGES });
    expect(choices[0]?.message.content).toBe('Hello world');
    expect(receipts.at(-1)).toMatchObject({ model: 'm1', completionTokens: 5, status: 200 });
  });

  it('streams, and reads over comments', async () => {
    const stream = await openai.chat.completions.create({
      model: 'm1',
      messages: MESSAGES,
      stream: true,
    });
    const words: string[] = [];
    for await (const { choices } of stream) words.push(choices[0]?.delta.content ?? '');
    expect(words).toEqual(['He', 'llo', ' wor', 'ld']);
  });

  it('calls tools, streamed', async () => {
    const stream = await openai.chat.completions.create({
      model: 'm1',
      messages: MESSAGES,
      stream: true,
      tools: [{ type: 'function', function: { name: 'weather', parameters: {} } }],
    });
    let called = '';
    for await (const { choices } of stream) {
      called += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
    }
    expect(JSON.parse(called)).toEqual({ city: 'Ulm' });
  });

  it('completes, embeds, lists models and makes responses', async () => {
    const completion = await openai.completions.create({ model: 'm1', prompt: 'two and two' });
    expect(completion.choices[0]?.text).toBe('four');
    const { data } = await openai.embeddings.create({
      model: 'm1',
      input: 'x',
      encoding_format: 'float',
    });
    expect(data[0]?.embedding).toEqual([0.25, -0.5]);
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['m1']);
    const response = await openai.responses.create({ model: 'm1', input: 'x' });
    expect(response.output_text).toBe('Hello world');
    const events = await openai.responses.create({ model: 'm1', input: 'x', stream: true });
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    expect(types.at(-1)).toBe('response.completed');
  });

  it('uploads tens of megabytes, and downloads', async () => {
    const bytes = new Uint8Array(24 * 1024 * 1024).fill(0x42);
    const file = await openai.files.create({
      purpose: 'batch',
      file: await toFile(bytes, 'a.jsonl'),
    });
    expect(file.bytes).toBeGreaterThan(bytes.length);
    const back = await (await openai.files.content('file-1')).arrayBuffer();
    expect(back.byteLength).toBe(20_000);
  });

  it('shows the machine’s own errors as the SDK knows them', async () => {
    const failed = openai.get('/nonsense');
    await expect(failed).rejects.toMatchObject({ status: 404, code: 'unknown' });
  });

  it('stops what is cancelled, on both sides', async () => {
    const stream = await openai.chat.completions.create({
      model: 'm1',
      messages: MESSAGES,
      stream: true,
    });
    const words: string[] = [];
    for await (const { choices } of stream) {
      words.push(choices[0]?.delta.content ?? '');
      break;
    }
    expect(words).toEqual(['He']);
    await expect
      .poll(() => bed.gateway.paths().filter((path) => path.startsWith('DELETE')))
      .toHaveLength(1);
  });

  it('sent nothing in clear text, and its key to nobody but the gateway', () => {
    const { gateway, machine } = bed;
    const sent = gateway.asked.map(({ body }) => Buffer.from(body).toString('latin1')).join('\n');
    expect(sent).not.toContain('4815162342');
    expect(
      gateway.asked.every(({ headers }) => headers.get('authorization') === 'Bearer key-1'),
    ).toBe(true);
    const inside = machine.opened.flatMap(({ fields }) => fields.map(([name]) => name));
    expect(new Set(inside)).toEqual(
      new Set(['accept', 'content-type', 'date', 'idempotency-key', 'postern-keyset']),
    );
    expect(machine.opened.some(({ content }) => Buffer.from(content).includes('4815162342'))).toBe(
      true,
    );
  });
});
