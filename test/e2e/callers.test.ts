import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Recording } from '../../src/cli/demo/recording.ts';
import { Receipts } from '../../src/client/proxy/receipts.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import {
  bundledForBrowsers,
  HAS_CHROMIUM,
  openChromium,
  sayWithoutChromium,
} from '../support/browser.ts';
import type { OpenAiPageFound, OpenAiPageOptions } from '../support/client/openai-page.ts';
import { type ProxyBed, proxyOf } from '../support/client/proxy-bed.ts';
import { MODEL, POOL, type SessionsWorld, sessionsWorld } from '../support/sessions-world.ts';

/** Found in no place but the client and the enclave. */
const CANARY = 'canary-1618033988';
const WORDS = ['You ', 'said: ', 'say ', `${CANARY} `, 'again '];
const PROMPT = `say ${CANARY} again`;

let whole: SessionsWorld;
const recording = new Recording();

beforeAll(async () => {
  whole = await sessionsWorld({
    machines: [{ name: 'one', pool: POOL, cpu: 'tdx', gpus: 0 }],
  });
  whole.relay.meddle = recording.meddle;
}, 240_000);

afterAll(() => whole.close());

const server = () => {
  const [machine] = whole.world.machines;
  if (machine === undefined) throw new Error('there is no machine');
  return machine.server;
};

describe('Anthropic’s SDK, through postern proxy', () => {
  const asked = {
    model: MODEL,
    max_tokens: 64,
    messages: [{ role: 'user' as const, content: PROMPT }],
  };
  const usage = { input_tokens: 3, output_tokens: 5 };
  let proxy: ProxyBed;
  let anthropic: Anthropic;

  beforeAll(async () => {
    const receipts = new Receipts(Date.now);
    proxy = await proxyOf(await whole.client({ onReceipt: receipts.add }), { receipts });
    anthropic = new Anthropic({
      baseURL: proxy.proxy.url,
      apiKey: proxy.tokens.api,
      authToken: null,
      maxRetries: 0,
    });
  }, 60_000);
  afterAll(() => proxy.proxy.close());

  it('chats', async () => {
    expect(await anthropic.messages.create(asked)).toMatchObject({
      role: 'assistant',
      content: [{ type: 'text', text: WORDS.join('') }],
      stop_reason: 'end_turn',
      usage,
    });
  });

  it('streams word by word, and is told what it used', async () => {
    const words: string[] = [];
    const stream = anthropic.messages.stream(asked).on('text', (text) => words.push(text));
    const message = await stream.finalMessage();
    expect(words).toEqual(WORDS);
    expect(message).toMatchObject({ stop_reason: 'end_turn', usage });
  });

  it('calls tools, streamed, and answers them', async () => {
    const tools = [{ name: 'look_up', input_schema: { type: 'object' as const } }];
    const first = await anthropic.messages.stream({ ...asked, tools }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content).toMatchObject([
      { type: 'tool_use', name: 'look_up', input: { place: 'Paris' } },
    ]);
    const [call] = first.content;
    if (call?.type !== 'tool_use') throw new Error('no call');
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'rain' };
    const second = await anthropic.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [result] },
      ],
    });
    expect(second.stop_reason).toBe('end_turn');
    expect(server().seen.at(-1)?.body).toContain('"tool_call_id":"call_simulated"');
  });

  it('ends at the server what is cancelled at the client', async () => {
    const before = server().abandoned();
    const stream = await anthropic.messages.create({
      ...asked,
      model: 'fault:hangs-mid-stream',
      stream: true,
    });
    for await (const _ of stream) break;
    await expect.poll(() => server().abandoned(), { timeout: 30_000 }).toBe(before + 1);
  });

  it('is shown the server’s own errors, and has a receipt for what was answered', async () => {
    const failed = anthropic.messages.create({ ...asked, model: 'fault:server-error' });
    await expect(failed).rejects.toMatchObject({ status: 500 });
    expect(proxy.receipts.last.map(({ receipt }) => receipt)).toContainEqual(
      expect.objectContaining({ model: MODEL, completionTokens: 5, outcome: 'complete' }),
    );
  });

  it('leaves nothing in clear text outside, and the proxy’s token with nobody', () => {
    expect(server().seen.some(({ body }) => body.includes(CANARY))).toBe(true);
    expect(recording.all.length).toBeGreaterThan(5);
    for (const secret of [CANARY, proxy.tokens.api]) {
      expect(recording.has(secret)).toBe(false);
      expect(whole.said.join('')).not.toContain(secret);
    }
  });
});

/** A page of its own origin, to which only this gateway is open. */
async function servePage(script: string, options: OpenAiPageOptions) {
  const found = Promise.withResolvers<OpenAiPageFound>();
  const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${options.gateway}`;
  const pages: Readonly<Record<string, readonly [string, string]>> = {
    '/': ['text/html', '<script type=module src=/page.js></script>'],
    '/page.js': ['text/javascript', script],
    '/page.json': ['application/json', JSON.stringify(options)],
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/found') {
      const body = Buffer.concat(await Array.fromAsync(request));
      found.resolve(JSON.parse(body.toString()));
    }
    const [type, text] = pages[request.url ?? ''] ?? ['text/plain', ''];
    const headers = { 'content-type': type, 'content-security-policy': policy };
    response.writeHead(200, headers).end(text);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, found: found.promise, url: `http://127.0.0.1:${port}` };
}

describe.skipIf(!HAS_CHROMIUM)('a page in Chromium, with OpenAI’s SDK', () => {
  let page: { server: Server; found: Promise<OpenAiPageFound>; url: string };
  let browser: ChildProcess;
  let folder: string;
  let abandoned: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'postern-page-'));
    const script = await bundledForBrowsers(
      new URL('../support/client/openai-page.ts', import.meta.url),
    );
    const { world } = whole;
    const [machine] = world.machines;
    page = await servePage(script, {
      gateway: world.url,
      apiKey: world.clientKey,
      pool: POOL,
      model: MODEL,
      prompt: PROMPT,
      policyOwner: world.policyOwner,
      verifierKey: world.verifierKey,
      root: toBase64(machine?.machine.roots.tdx ?? new Uint8Array()),
    });
    abandoned = server().abandoned();
    browser = openChromium(page.url, folder);
  }, 120_000);

  afterAll(async () => {
    browser.kill('SIGKILL');
    page.server.closeAllConnections();
    await new Promise((resolve) => page.server.close(resolve));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('streams a sealed answer from the gateway as it is, which lets other origins ask no more than that', async () => {
    const found = await page.found;
    expect(found).toEqual({
      words: WORDS,
      state: 'verified',
      receipts: expect.any(Number),
      failed: 500,
      operators: 'kept from the page',
    });
    expect(found.receipts).toBeGreaterThan(0);
    // What the page left is left at the server too.
    await expect.poll(() => server().abandoned(), { timeout: 30_000 }).toBe(abandoned + 1);
    expect(whole.said.join('')).not.toContain(CANARY);
  }, 240_000);
});

sayWithoutChromium('a page before a whole gateway');
