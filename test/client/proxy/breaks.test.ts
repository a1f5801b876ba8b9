import { once } from 'node:events';
import { connect } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { PosternError } from '../../../src/client/errors.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { answering, type ProxyBed, proxyOf, sealedProxy } from '../../support/client/proxy-bed.ts';

const open: ProxyBed[] = [];
afterEach(async () => {
  for (const { proxy } of open.splice(0)) await proxy.close();
});

async function started(answer: Parameters<typeof answering>[0]): Promise<ProxyBed> {
  const bed = await proxyOf(answering(answer));
  open.push(bed);
  return bed;
}

const chunk = (content: string) =>
  utf8(
    `data: ${JSON.stringify({ id: 'c1', model: 'm1', choices: [{ index: 0, delta: { content } }] })}\n\n`,
  );
/** On a busy machine. */
const SOON = { timeout: 20_000 };
const BROKEN = new PosternError('incomplete.broken', 'the connection broke');

/** So many parts, and then the end that is given. */
function streaming(parts: readonly Uint8Array[], end: Error | undefined, type: string): Response {
  let i = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const part = parts[i++];
      if (part) controller.enqueue(part);
      else if (end) controller.error(end);
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': type } });
}

const HALF = [chunk('He'), chunk('llo'), utf8('data: {"half":')];

function openAiAt({ proxy, tokens }: ProxyBed): OpenAI {
  return new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: tokens.api, maxRetries: 0 });
}

function anthropicAt({ proxy, tokens }: ProxyBed): Anthropic {
  return new Anthropic({ baseURL: proxy.url, apiKey: tokens.api, authToken: null, maxRetries: 0 });
}

const ask = { model: 'm1', messages: [{ role: 'user' as const, content: 'Hi' }] };

describe('an answer that breaks', () => {
  it('ends OpenAI’s stream with an error, after whole events alone', async () => {
    const bed = await started(() => streaming(HALF, BROKEN, 'text/event-stream'));
    const words: string[] = [];
    const reading = (async () => {
      const stream = await openAiAt(bed).chat.completions.create({ ...ask, stream: true });
      for await (const { choices } of stream) words.push(choices[0]?.delta.content ?? '');
    })();
    await expect(reading).rejects.toThrow(/incomplete\.broken/);
    expect(words).toEqual(['He', 'llo']);
    await expect.poll(() => bed.visits, SOON).toMatchObject([{ code: 'incomplete.broken' }]);
  });

  it('ends Anthropic’s stream with an error', async () => {
    const bed = await started(() => streaming(HALF, BROKEN, 'text/event-stream'));
    const stream = anthropicAt(bed).messages.stream({ ...ask, max_tokens: 9 });
    const words: string[] = [];
    stream.on('text', (text) => words.push(text));
    await expect(stream.finalMessage()).rejects.toThrow(/incomplete\.broken/);
    expect(words).toEqual(['He', 'llo']);
  });

  it('is an error to Anthropic’s where it only stops, too', async () => {
    const bed = await started(() => streaming([chunk('He')], undefined, 'text/event-stream'));
    const stream = anthropicAt(bed).messages.stream({ ...ask, max_tokens: 9 });
    await expect(stream.finalMessage()).rejects.toThrow(/without a finish_reason/);
  });

  it('is told as what it is where an event has no end', async () => {
    const part = new Uint8Array(1024 * 1024).fill(0x41);
    const parts = Array.from({ length: 9 }, () => part);
    const bed = await started(() => streaming(parts, undefined, 'text/event-stream'));
    const stream = await openAiAt(bed).chat.completions.create({ ...ask, stream: true });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toThrow(/longer than/);
    await expect.poll(() => bed.visits, SOON).toMatchObject([{ code: 'unfit_answer' }]);
  });

  it.each(['text/event-stream', 'application/json'])(
    'of %s never ends as a whole one does on the wire',
    async (type) => {
      const bed = await started(() => streaming([utf8('{"a":'), chunk('x')], BROKEN, type));
      const socket = connect({ port: bed.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      let came = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        came += text;
      });
      const closed = once(socket, 'close');
      socket.write(
        [
          'GET /v1/models HTTP/1.1',
          `Host: 127.0.0.1:${bed.port}`,
          `Authorization: Bearer ${bed.tokens.api}`,
          '\r\n',
        ].join('\r\n'),
      );
      await closed;
      expect(came).toContain('HTTP/1.1 200 OK');
      expect(came.endsWith('0\r\n\r\n')).toBe(false);
      expect(came.includes('event: error')).toBe(type === 'text/event-stream');
    },
  );
});

describe('what fails before there is an answer', () => {
  it('says stage and where trust ended, once', async () => {
    let asked = 0;
    const bed = await started(() => {
      asked++;
      throw new PosternError('appraisal.reject', 'mrTd differs');
    });
    const { proxy, tokens } = bed;
    // With the SDK's own readiness to ask again.
    const openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: tokens.api });
    const failing = openai.chat.completions.create(ask);
    await expect(failing).rejects.toMatchObject({
      status: 502,
      code: 'appraisal.reject',
      type: 'postern_error',
      message: expect.stringContaining('mrTd differs'),
      error: { stage: 'appraisal', trust: expect.stringContaining('no request was sent') },
    });
    expect(asked).toBe(1);
    const other = new Anthropic({ baseURL: proxy.url, apiKey: tokens.api, authToken: null });
    await expect(other.messages.create({ ...ask, max_tokens: 1 })).rejects.toMatchObject({
      status: 502,
      error: { error: { type: 'api_error', code: 'appraisal.reject', stage: 'appraisal' } },
    });
    expect(asked).toBe(2);
  });

  it('tells the gateway’s words from a machine’s', async () => {
    const bed = await started(() =>
      Response.json(
        { title: 'you are out of credit', detail: 'pay' },
        { status: 402, headers: { 'postern-unauthenticated': '1' } },
      ),
    );
    await expect(openAiAt(bed).chat.completions.create(ask)).rejects.toMatchObject({
      status: 402,
      code: 'relay.refused',
      message: expect.stringMatching(/out of credit.*whom nobody verifies/),
    });
    await expect(anthropicAt(bed).messages.create({ ...ask, max_tokens: 1 })).rejects.toMatchObject(
      { status: 402, error: { error: { code: 'relay.refused' } } },
    );
  });

  it('hands a machine’s own refusal on in Anthropic’s shape', async () => {
    const bed = await started(() =>
      Response.json({ error: { message: 'no such model' } }, { status: 404 }),
    );
    await expect(anthropicAt(bed).messages.create({ ...ask, max_tokens: 1 })).rejects.toMatchObject(
      {
        status: 404,
        error: { error: { type: 'not_found_error', message: 'no such model' } },
      },
    );
  });

  it('says nothing of a bug of ours but that it is one', async () => {
    const bed = await started(() => {
      throw new Error('a secret of the inside');
    });
    const failing = openAiAt(bed).chat.completions.create(ask);
    await expect(failing).rejects.toMatchObject({ status: 500, code: 'internal' });
    await expect(failing).rejects.not.toThrow(/secret/);
  });

  it('of a sealed session: what comes back and is not its answer is not handed on', async () => {
    const bed = await sealedProxy();
    open.push(bed);
    const { gateway } = bed.bed;
    gateway.answering = async ({ path }, honest) =>
      path.startsWith('/ohttp/') ? new Response('x'.repeat(99)) : honest();
    await expect(openAiAt(bed).chat.completions.create(ask)).rejects.toMatchObject({
      status: 502,
      error: { stage: expect.stringMatching(/^(open|relay)$/) },
    });
  });
});

describe('a sealed session that is broken off for good', () => {
  it.each(['whole', 'streamed'])('%s, is an error at both SDKs', async (how) => {
    const bed = await sealedProxy({}, { resume: false });
    open.push(bed);
    const again = () => bed.bed.gateway.breaks.push(300);
    const [openai, anthropic] = [openAiAt(bed), anthropicAt(bed)];
    again();
    const first =
      how === 'whole'
        ? openai.chat.completions.create(ask)
        : openai.chat.completions
            .create({ ...ask, stream: true })
            .then((stream) => Array.fromAsync(stream));
    await expect(first).rejects.toThrow();
    again();
    const second =
      how === 'whole'
        ? anthropic.messages.create({ ...ask, max_tokens: 9 })
        : anthropic.messages.stream({ ...ask, max_tokens: 9 }).finalMessage();
    await expect(second).rejects.toThrow(/incomplete\./);
    await expect.poll(() => bed.visits.map(({ code }) => code), SOON).toHaveLength(2);
    for (const { code } of bed.visits) expect(code).toMatch(/^incomplete\./);
  });
});

describe('a program', () => {
  it('that goes away stops what it asked for', async () => {
    const stopped: string[] = [];
    const bed = await started((_path, { signal }) => {
      signal?.addEventListener('abort', () => stopped.push('signal'));
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(chunk('He')),
        cancel: () => void stopped.push('body'),
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    const stream = await openAiAt(bed).chat.completions.create({ ...ask, stream: true });
    for await (const { choices } of stream) {
      expect(choices[0]?.delta.content).toBe('He');
      break;
    }
    await expect.poll(() => stopped, SOON).toContain('signal');
  });

  it('that goes away before an answer stops it as well', async () => {
    const stopped: string[] = [];
    const bed = await started(
      (_path, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            stopped.push('signal');
            reject(signal.reason);
          });
        }),
    );
    const gone = new AbortController();
    const asking = openAiAt(bed).chat.completions.create(ask, { signal: gone.signal });
    setTimeout(() => gone.abort(), 50);
    await expect(asking).rejects.toThrow();
    await expect.poll(() => stopped, SOON).toEqual(['signal']);
  });

  it('that reads slowly is not read ahead for', async () => {
    let pulled = 0;
    const part = new Uint8Array(256 * 1024).fill(0x41);
    const bed = await started(() => {
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            pulled++;
            controller.enqueue(part);
            if (pulled === 400) controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body, { headers: { 'content-type': 'application/octet-stream' } });
    });
    const response = await fetch(`${bed.proxy.url}/v1/files/f/content`, {
      headers: { authorization: `Bearer ${bed.tokens.api}` },
    });
    const reader = response.body?.getReader();
    await reader?.read();
    // It stops somewhere: what the two ends' buffers take, far from all 100 MB.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = pulled === before;
          before = pulled;
          return still;
        },
        { interval: 300, timeout: 30_000 },
      )
      .toBe(true);
    expect(pulled).toBeLessThan(300);
    let length = 0;
    for (;;) {
      const next = await reader?.read();
      if (next === undefined || next.done) break;
      length += next.value.length;
    }
    expect(pulled).toBe(400);
    expect(length).toBeGreaterThan(99 * 1024 * 1024);
  });
});
