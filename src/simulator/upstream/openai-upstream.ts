import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ChatRequest,
  chatCompletion,
  chatEvents,
  embeddings,
  modelList,
  readChat,
  responsesAnswer,
} from './answers.ts';
import { faultIn, type UpstreamFault } from './faults.ts';

export interface OpenAiUpstreamOptions {
  /** A path makes it listen at a socket; else it takes a free port of the loopback. */
  readonly socket?: string;
  readonly models?: readonly string[];
  /** Between events, in milliseconds. */
  readonly pace?: number;
}

/** What it was asked, as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A small server that speaks as OpenAI's do: for demonstrations and tests, beside a simulated machine. */
export interface OpenAiUpstream {
  /** As an agent's configuration has it. */
  readonly address: string;
  readonly seen: readonly SeenRequest[];
  /** Answers that were broken off by whoever asked. */
  readonly abandoned: () => number;
  readonly close: () => Promise<void>;
}

export async function startOpenAiUpstream(
  options: OpenAiUpstreamOptions = {},
): Promise<OpenAiUpstream> {
  const seen: SeenRequest[] = [];
  let abandoned = 0;
  const server: Server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    answer(request, response, options, seen).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    if (options.socket !== undefined) server.listen(options.socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = (server.address() ?? {}) as Partial<AddressInfo>;
  return {
    address: options.socket === undefined ? `http://127.0.0.1:${port}` : `unix:${options.socket}`,
    seen,
    abandoned: () => abandoned,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { models = ['simulated'], pace = 0 }: OpenAiUpstreamOptions,
  seen: SeenRequest[],
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const body = Buffer.concat(chunks).toString('utf8');
  const { method = '', url = '', rawHeaders } = request;
  seen.push({ method, url, rawHeaders, body });
  const route = `${method} ${url.split('?')[0]}`;
  if (route === 'GET /v1/models') return json(response, modelList(models));
  if (route === 'POST /v1/files') return json(response, { id: 'file-simulated', object: 'file' });
  if (route === 'GET /v1/files/file-simulated/content') return bytes(response);
  const chat = chatIn(body);
  if (chat === undefined) return json(response, { error: { message: 'no JSON' } }, 400);
  const fault = faultIn(chat.model);
  if (fault && (await goWrong(fault, response))) return;
  if (route === 'POST /v1/embeddings') return json(response, embeddings(chat));
  if (route === 'POST /v1/responses') return json(response, responsesAnswer(chat));
  if (!/^POST \/v1\/(?:chat\/)?completions$/.test(route)) {
    return json(response, { error: { message: 'not found' } }, 404);
  }
  if (!chat.stream) return json(response, chatCompletion(chat));
  await stream(response, chat, fault, pace);
}

function chatIn(body: string): ChatRequest | undefined {
  try {
    return readChat(JSON.parse(body === '' ? '{}' : body));
  } catch {
    return undefined;
  }
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-request-id': 'simulated',
    'set-cookie': 'upstream=1',
  });
  response.end(text);
}

function bytes(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  response.end(Buffer.alloc(100_000, 7));
}

/** Events in a stream before it goes wrong. */
const BEFORE = 2;
const LONG = 40_000;

async function stream(
  response: ServerResponse,
  chat: ChatRequest,
  fault: UpstreamFault | undefined,
  pace: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const [i, event] of chatEvents(chat).entries()) {
    if (response.destroyed) return;
    if (i === BEFORE && fault === 'hangs-mid-stream') return;
    if (i === BEFORE && fault === 'dies-mid-stream') {
      response.destroy();
      return;
    }
    const filler = fault === 'long-events' ? `: ${'x'.repeat(LONG)}\n` : '';
    response.write(`${filler}data: ${event}\n\n`);
    // Each by itself on the wire.
    await new Promise((resolve) => setTimeout(resolve, pace));
  }
  response.end();
}

/** @returns whether there is no more to say. */
async function goWrong(fault: UpstreamFault, response: ServerResponse): Promise<boolean> {
  const raw = (text: string) => {
    response.socket?.write(text);
    response.socket?.end();
    return true;
  };
  switch (fault) {
    case 'dies-before':
      response.destroy();
      return true;
    case 'hangs':
      return true;
    case 'garbage':
      return raw('220 mail.example.org ESMTP\r\n');
    case 'huge-header':
      return raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`);
    case 'short-body':
      return raw(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":',
      );
    case 'redirect':
      return raw(
        'HTTP/1.1 307 Temporary Redirect\r\nlocation: http://198.51.100.1/\r\ncontent-length: 0\r\n\r\n',
      );
    case 'gzip':
      return raw('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc');
    case 'endless':
      return raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"a":1}');
    case 'server-error':
      json(response, { error: { message: 'CUDA out of memory' } }, 500);
      return true;
    default:
      return false;
  }
}
