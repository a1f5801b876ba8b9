import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { configDigest } from '../../src/agent/config.ts';
import type { Upstream } from '../../src/agent/upstream/upstream.ts';
import { bindingOf } from '../../src/appraisal/binding/recipe.ts';
import { parseBundle } from '../../src/appraisal/bundle/format.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { sessionId } from '../../src/protocol/session/session-id.ts';
import { verifyReceipt, verifyUsage } from '../../src/protocol/session/usage.ts';
import { sealRequest } from '../../src/sealed/request.ts';
import { sealAll } from '../../src/sealed/seal-all.ts';
import {
  ask,
  fieldOf,
  innerRequest,
  keysOf,
  opened,
  ready,
  sealed,
  send,
  textOf,
} from '../support/agent-bed.ts';

const chat = (content: string, more: object = {}) => ({
  model: 'simulated',
  messages: [{ role: 'user', content }],
  ...more,
});
const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a sealed request', () => {
  it('is opened, asked of the server and answered under the seal', async () => {
    const bed = await ready();
    const answer = await ask(bed, { body: chat('how are you') });
    expect(answer.status).toBe(200);
    expect(JSON.parse(textOf(answer)).choices[0].message.content).toBe('You said: how are you ');
    const { headers } = answer.came;
    expect(headers).toMatchObject({
      'content-type': 'message/ohttp-chunked-res',
      incremental: '?1',
      'cache-control': 'no-store, no-transform',
      trailer: 'postern-usage',
    });
    expect(fieldOf(answer.fields, 'x-request-id')).toBe('simulated');
    expect(fieldOf(answer.fields, 'set-cookie')).toBe('');
  });

  it.each([
    ['a model with a tag', 'GET', '/v1/models/llama3.2:3b'],
    ['a list from a place on', 'GET', '/v1/files?after=file-1&limit=2'],
  ])('reaches the server: %s', async (_name, method, path) => {
    const bed = await ready();
    await ask(bed, { method, path });
    expect(bed.upstream.seen).toMatchObject([{ method, url: path }]);
  });

  it('may have tools whose schemas are nested deep', async () => {
    const bed = await ready();
    let schema: object = { type: 'string' };
    for (let i = 0; i < 24; i++) schema = { type: 'object', properties: { next: schema } };
    const tools = [{ type: 'function', function: { name: 'f', parameters: schema } }];
    const answer = await ask(bed, { body: chat('hello', { tools }) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(bed.upstream.seen[0]?.body ?? '').tools).toEqual(tools);
  });

  it('by the hybrid suite as well', async () => {
    const bed = await ready();
    const sealer = sealRequest(keysOf(bed.agent.keyset()).hybrid);
    const plain = innerRequest(bed, { body: chat('hello') });
    const bytes = concatBytes(sealer.header, sealAll(sealer, plain));
    const answer = opened({ sealer, plain, bytes }, await send(bed, bytes));
    expect(answer.status).toBe(200);
  });

  it('streams: each event fills a bucket, alone or with those that came with it', async () => {
    const bed = await ready();
    const answer = await ask(bed, { body: chat('one two three', { stream: true }) });
    const events = textOf(answer)
      .split('\n\n')
      .filter((event) => event.startsWith('data: '));
    expect(events.length).toBe(5 + 1 + 1 + 1);
    expect(events.at(-1)).toBe('data: [DONE]');
    const [, ...ofEvents] = answer.chunks;
    expect(ofEvents.every((size) => size % 512 === 0)).toBe(true);
    expect(ofEvents.reduce((sum, size) => sum + size, 0)).toBe(events.length * 512);
  });

  it('seals what came at once at once, and what comes later by itself', async () => {
    const read = [['a', 'b', 'c'], ['d']].map((words) =>
      utf8(words.map((word) => `data: ${word}\n\n`).join('')),
    );
    const upstream: Upstream = {
      call: async () => ({
        status: 200,
        headers: [['content-type', 'text/event-stream']],
        body: Readable.from(read),
      }),
    };
    const bed = await ready({ deps: { upstream } });
    const answer = await ask(bed, { body: chat('hello', { stream: true }) });
    const [, ...ofEvents] = answer.chunks;
    expect(ofEvents.slice(0, 2)).toEqual([3 * 512, 512]);
    expect(textOf(answer).replaceAll(/^: *\n\n/gm, '')).toBe(
      read.map((one) => Buffer.from(one)).join(''),
    );
  });

  it.each([
    [
      'a header twice',
      200,
      [
        ['content-type', 'text/html'],
        ['content-type', 'application/json'],
      ],
    ],
    ['a value with a control character', 200, [['x-request-id', 'a\u0001b']]],
    ['no status of an answer', 700, []],
  ] as const)(
    'of a server that says %s is answered that the server failed',
    async (_, status, headers) => {
      let unwanted = false;
      const upstream: Upstream = {
        call: async (_request, signal) => {
          signal.addEventListener('abort', () => {
            unwanted = true;
          });
          return { status, headers, body: Readable.from([utf8('{}')]) };
        },
      };
      const bed = await ready({ deps: { upstream } });
      const answer = await ask(bed, { body: chat('hello') });
      expect([answer.status, JSON.parse(textOf(answer)).type]).toEqual([
        502,
        expect.stringMatching(/upstream$/),
      ]);
      expect(unwanted).toBe(true);
      expect(bed.lines.join('')).not.toContain('internal');
    },
  );

  it('asks for the counts of a stream, whether its client did or not', async () => {
    const bed = await ready();
    for (const more of [
      {},
      { stream_options: null },
      { stream_options: { include_usage: false, other: 1 } },
    ]) {
      const answer = await ask(bed, { body: chat('one two', { stream: true, ...more }) });
      const usage = verifyUsage(
        answer.came.trailers['postern-usage'] ?? '',
        keysOf(bed.agent.keyset()).receiptKey,
      );
      expect(usage).toMatchObject({ promptTokens: 2, completionTokens: 4, counted: true });
    }
    const bodies = bed.upstream.seen.map(({ body }) => JSON.parse(body).stream_options);
    expect(bodies).toEqual([
      { include_usage: true },
      { include_usage: true },
      { include_usage: true, other: 1 },
    ]);
  });

  it.each([
    ['POST', '/v1/embeddings', { model: 'simulated', input: 'a b c' }],
    ['POST', '/v1/responses', { model: 'simulated', input: 'a b c' }],
    ['GET', '/v1/models', undefined],
    ['POST', '/v1/completions', { model: 'simulated', prompt: 'a b' }],
    ['POST', '/v1/chat/completions', chat('a', { tools: [{ type: 'function' }] })],
  ])('%s %s', async (method, path, body) => {
    const bed = await ready();
    const answer = await ask(bed, { method, path, body });
    expect(answer.status).toBe(200);
    expect(JSON.parse(textOf(answer))).toHaveProperty('object');
  });

  it('goes to the server with what was allowed, and the agent’s own authorization', async () => {
    const bed = await ready({ secrets: { upstreamAuthorization: 'Bearer local' } });
    await ask(bed, {
      body: chat('a'),
      fields: [
        ['authorization', 'Bearer of-the-client'],
        ['cookie', 'a=1'],
        ['x-forwarded-for', '10.0.0.1'],
        ['user-agent', 'x'],
        ['openai-beta', 'assistants=v2'],
      ],
    });
    const [seen] = bed.upstream.seen;
    const headers = new Map<string, string>();
    const raw = seen?.rawHeaders ?? [];
    for (let i = 0; i < raw.length; i += 2) headers.set(raw[i] ?? '', raw[i + 1] ?? '');
    expect(Object.fromEntries(headers)).toEqual({
      host: 'localhost',
      'accept-encoding': 'identity',
      connection: 'close',
      'content-type': 'application/json',
      'openai-beta': 'assistants=v2',
      authorization: 'Bearer local',
      'content-length': String(seen?.body.length),
    });
  });

  it('without padding where none is configured', async () => {
    const bed = await ready({ written: { padding: { bucket: 0 } } });
    const answer = await ask(bed, { body: chat('one two', { stream: true }) });
    expect(textOf(answer)).not.toContain('\n:');
    expect(new Set(answer.chunks).size).toBeGreaterThan(2);
  });
});

describe('a receipt', () => {
  it('says what was asked and answered, and the usage is the one outside', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, { body: chat('a b c') }));
    const answer = opened(
      request,
      await send(bed, request.bytes, { headers: { 'postern-account': 'acct-1' } }),
    );
    const { receiptKey, digest } = keysOf(bed.agent.keyset());
    const outside = answer.came.trailers['postern-usage'] ?? '';
    expect(fieldOf(answer.trailers, 'postern-usage')).toBe(outside);
    const usage = verifyUsage(outside, receiptKey);
    expect(usage).toEqual({
      v: 1,
      session: sessionId(request.sealer.enc),
      keyset: digest,
      model: 'simulated',
      outcome: 'complete',
      promptTokens: 3,
      completionTokens: 5,
      counted: true,
      at: '2026-06-01T12:00:00Z',
      account: 'acct-1',
      seq: 1,
      prev: null,
    });
    expect(verifyReceipt(fieldOf(answer.trailers, 'postern-receipt'), receiptKey)).toEqual({
      ...usage,
      requestSha256: sha256Hex(request.plain),
      responseSha256: sha256Hex(answer.content),
      status: 200,
    });
  });

  it('follows the one before of the same account, and of no other', async () => {
    const bed = await ready();
    const { receiptKey } = keysOf(bed.agent.keyset());
    const usageOf = async (account: string) => {
      const answer = await ask(
        bed,
        { body: chat('a') },
        { headers: { 'postern-account': account } },
      );
      return answer.came.trailers['postern-usage'] ?? '';
    };
    const [a1, b1, a2] = [await usageOf('a'), await usageOf('b'), await usageOf('a')];
    expect(verifyUsage(b1, receiptKey)).toMatchObject({ seq: 1, prev: null });
    expect(verifyUsage(a2, receiptKey)).toMatchObject({ seq: 2, prev: sha256Hex(utf8(a1)) });
  });
});

describe('a challenge', () => {
  it('is answered with evidence over the keys of now', async () => {
    const bed = await ready();
    const nonce = '5a'.repeat(32);
    const body = utf8(JSON.stringify({ nonce, purpose: 'client' }));
    const headers = { 'content-type': 'application/json' };
    const came = await send(bed, body, { address: 'attest', headers });
    expect([came.status, came.headers['content-type']]).toEqual([
      200,
      'application/vnd.postern.bundle+json',
    ]);
    const { binding, devices, cpu } = parseBundle(came.body);
    const bound = bindingOf(binding, devices);
    expect(toHex(bound.nonce ?? new Uint8Array())).toBe(nonce);
    expect(cpu).toEqual({ kind: 'snp', report: bound.reportData });
    expect(bound.keyset?.deployment).toBe('test');
    expect(bound.keyset?.agentConfigSha256).toEqual(configDigest(bed.config));
  });

  it.each([
    ['for another’s end', { nonce: '5a'.repeat(32), purpose: 'admission:https://x.example' }, 403],
    ['of an epoch', { nonce: '5a'.repeat(32), purpose: 'epoch:x' }, 403],
    ['with a short nonce', { nonce: '5a', purpose: 'client' }, 400],
    ['with a further member', { nonce: '5a'.repeat(32), purpose: 'client', x: 1 }, 400],
    ['that is no object', 'client', 400],
  ])('%s is refused', async (_name, call, status) => {
    const bed = await ready();
    const headers = { 'content-type': 'application/json' };
    const came = await send(bed, utf8(JSON.stringify(call)), { address: 'attest', headers });
    expect(came.status).toBe(status);
  });

  it('one too many a minute is turned away', async () => {
    const bed = await ready({ written: { limits: { challengesPerMinute: 2 } } });
    const body = utf8(JSON.stringify({ nonce: '5a'.repeat(32), purpose: 'client' }));
    const headers = { 'content-type': 'application/json' };
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) {
      statuses.push((await send(bed, body, { address: 'attest', headers })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });
});

it('lives, has no epoch without a gateway, and counts', async () => {
  const bed = await ready();
  await ask(bed, { body: chat('a') });
  const get = async (address: 'health' | 'epoch' | 'metrics') =>
    send(bed, new Uint8Array(), { address, method: 'GET' });
  expect(Buffer.from((await get('health')).body).toString()).toBe('{"live":true}');
  expect((await get('epoch')).status).toBe(404);
  const metrics = Buffer.from((await get('metrics')).body).toString();
  expect(metrics).toContain('postern_agent_sessions_complete_total 1\n');
});
