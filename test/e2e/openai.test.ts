import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Recording } from '../../src/cli/demo/recording.ts';
import type { CheckedReceipt } from '../../src/client/receipt.ts';
import { MODEL, type SessionsWorld, sessionsWorld } from '../support/sessions-world.ts';

/** Found in no place but the client and the enclave. */
const CANARY = 'canary-4815162342';
const MESSAGES = [{ role: 'user' as const, content: `say ${CANARY} again` }];
const WORDS = ['You ', 'said: ', 'say ', `${CANARY} `, 'again '];

let whole: SessionsWorld;
let openai: OpenAI;
const receipts: CheckedReceipt[] = [];
const recording = new Recording();

beforeAll(async () => {
  whole = await sessionsWorld();
  whole.relay.meddle = recording.meddle;
  const postern = await whole.client({ onReceipt: (receipt) => receipts.push(receipt) });
  openai = new OpenAI({
    baseURL: `${whole.relay.url}/v1`,
    apiKey: whole.world.clientKey,
    fetch: postern.fetch,
    maxRetries: 0,
  });
}, 240_000);

afterAll(() => whole.close());

/** All requests that the servers beside the enclaves got. */
const seen = () => whole.world.machines.flatMap(({ server }) => server.seen);

it('chats', async () => {
  const { choices, usage } = await openai.chat.completions.create({
    model: MODEL,
    messages: MESSAGES,
  });
  expect(choices[0]?.message.content).toBe(WORDS.join(''));
  expect(usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 5 });
  expect(receipts.at(-1)).toMatchObject({ model: MODEL, completionTokens: 5, outcome: 'complete' });
});

it('streams', async () => {
  const stream = await openai.chat.completions.create({
    model: MODEL,
    messages: MESSAGES,
    stream: true,
  });
  const words: string[] = [];
  for await (const { choices } of stream) words.push(choices[0]?.delta.content ?? '');
  expect(words.filter((word) => word !== '')).toEqual(WORDS);
});

it('calls tools, streamed and whole', async () => {
  const tools = [{ type: 'function' as const, function: { name: 'look_up', parameters: {} } }];
  const asked = { model: MODEL, messages: MESSAGES, tools };
  const stream = await openai.chat.completions.create({ ...asked, stream: true });
  let called = '';
  for await (const { choices } of stream) {
    called += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
  }
  expect(JSON.parse(called)).toEqual({ place: 'Paris' });
  const { choices } = await openai.chat.completions.create(asked);
  expect(choices[0]?.finish_reason).toBe('tool_calls');
});

it('embeds, lists models and makes responses', async () => {
  const input = `embed ${CANARY}`;
  const { data } = await openai.embeddings.create({
    model: MODEL,
    input,
    encoding_format: 'float',
  });
  expect(data[0]?.embedding).toEqual([0.25, -0.5, input.length]);
  expect((await openai.models.list()).data.map(({ id }) => id)).toEqual([MODEL]);
  const { output_text } = await openai.responses.create({ model: MODEL, input: CANARY });
  expect(output_text).toBe(`You said: ${CANARY} `);
});

it('uploads 20 MB, and downloads', async () => {
  const bytes = Buffer.alloc(20_000_000, `${CANARY} `);
  const file = await openai.files.create({ purpose: 'batch', file: await toFile(bytes, 'a.txt') });
  expect(file.id).toBe('file-simulated');
  const got = seen().find(({ url, method }) => method === 'POST' && url === '/v1/files');
  expect(got?.body.length).toBeGreaterThan(bytes.length);
  expect(got?.body).toContain(bytes.toString('latin1'));
  const back = await (await openai.files.content('file-simulated')).arrayBuffer();
  expect(Buffer.from(back)).toEqual(Buffer.alloc(100_000, 7));
});

it('shows the server’s own errors', async () => {
  const failed = openai.chat.completions.create({
    model: 'fault:server-error',
    messages: MESSAGES,
  });
  await expect(failed).rejects.toMatchObject({ status: 500 });
});

it('ends at the server what is cancelled at the client', async () => {
  const before = whole.world.machines.map(({ server }) => server.abandoned());
  const stream = await openai.chat.completions.create({
    model: 'fault:hangs-mid-stream',
    messages: MESSAGES,
    stream: true,
  });
  for await (const _ of stream) break;
  const abandoned = () => whole.world.machines.map(({ server }) => server.abandoned());
  await expect.poll(abandoned, { timeout: 30_000 }).not.toEqual(before);
});

it('bills by what the client has a receipt for', async () => {
  const complete = receipts.map(({ usage }) => usage);
  const billed = async () => {
    const response = await fetch(`${whole.world.url}/v1/usage`, {
      headers: { authorization: `Bearer ${whole.world.clientKey}` },
    });
    const { items } = (await response.json()) as { items: { usage: string }[] };
    return items.map(({ usage }) => usage);
  };
  await expect.poll(billed, { timeout: 30_000 }).toEqual(expect.arrayContaining(complete));
});

it('left nothing in clear text with the gateway: on the wire, in logs, metrics, database, archive', async () => {
  expect(seen().some(({ body }) => body.includes(CANARY))).toBe(true);
  expect(recording.all.length).toBeGreaterThan(10);
  expect(recording.has(CANARY)).toBe(false);
  expect(whole.said.length).toBeGreaterThan(10);
  expect(whole.said.join('')).not.toContain(CANARY);
  const metrics = await whole.world.admin.wanted({ method: 'GET', path: '/metrics' });
  const text = await metrics.text();
  expect(text).toContain('postern_');
  expect(text).not.toContain(CANARY);
  const files = readdirSync(whole.world.dir, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
  expect(files.some((path) => path.endsWith('-wal'))).toBe(true);
  expect(files.filter((path) => readFileSync(path).includes(CANARY))).toEqual([]);
});
