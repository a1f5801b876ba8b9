import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { UpstreamAddress } from './address.ts';
import {
  type Header,
  type Upstream,
  type UpstreamAnswer,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamWord,
} from './upstream.ts';

export interface HttpUpstreamOptions {
  readonly address: UpstreamAddress;
  /** Value of the header `authorization`, the agent's own. */
  readonly authorization?: string | undefined;
  /** In milliseconds, see `UpstreamConfig`. */
  readonly answerWithin: number;
  readonly idle: number;
  readonly wholeWithin: number;
}

/** Of all headers of an answer, in bytes. */
const LARGEST_HEADERS = 16 * 1024;

/**
 * The local server over HTTP/1.1, a connection for each request. It is told nothing but what was
 * allowed, and believed nothing but an answer that says where it ends and ends there. A redirect is
 * a failure: nobody is led elsewhere.
 */
export class HttpUpstream implements Upstream {
  readonly #options: HttpUpstreamOptions;

  constructor(options: HttpUpstreamOptions) {
    this.#options = options;
  }

  async call(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
    const { answerWithin, idle, wholeWithin } = this.#options;
    const whole = AbortSignal.any([signal, AbortSignal.timeout(wholeWithin)]);
    const answer = await this.#head(request, whole, answerWithin);
    const wrong = wrongWith(answer, request.method);
    if (wrong !== undefined) {
      answer.destroy();
      throw new UpstreamFailure(wrong);
    }
    return {
      status: answer.statusCode ?? 0,
      headers: headersOf(answer),
      body: bodyOf(answer, idle, whole),
    };
  }

  #head(
    { method, target, headers, body }: UpstreamRequest,
    signal: AbortSignal,
    within: number,
  ): Promise<IncomingMessage> {
    const { address, authorization } = this.#options;
    const place =
      address.kind === 'unix'
        ? { socketPath: address.path }
        : { host: address.host, port: address.port };
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        ...place,
        method,
        path: target,
        agent: false,
        signal,
        setHost: false,
        insecureHTTPParser: false,
        maxHeaderSize: LARGEST_HEADERS,
        headers: [
          ['host', 'localhost'],
          ['accept-encoding', 'identity'],
          ['connection', 'close'],
          ...headers,
          ...(authorization === undefined ? [] : [['authorization', authorization]]),
          ...(method === 'GET' && body.length === 0
            ? []
            : [['content-length', String(body.length)]]),
        ].flat(),
      });
      const late = setTimeout(() => {
        reject(new UpstreamFailure('late'));
        sent.destroy();
      }, within);
      sent.once('response', (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      // Its message and `rawPacket` may hold what the server sent: only the kind is kept.
      sent.on('error', (error) => {
        clearTimeout(late);
        reject(new UpstreamFailure(wordOf(error, signal)));
      });
      sent.once('upgrade', (_answer, socket) => {
        clearTimeout(late);
        socket.destroy();
        reject(new UpstreamFailure('broken'));
      });
      sent.end(body);
    });
  }
}

function wordOf(error: Error, signal: AbortSignal): UpstreamWord {
  if (signal.aborted) return 'late';
  const code = 'code' in error ? String(error.code) : '';
  return /^(?:ECONNREFUSED|ENOENT|EACCES|ENOTSOCK|EADDRNOTAVAIL)$/.test(code)
    ? 'unreachable'
    : 'broken';
}

function wrongWith(
  { statusCode = 0, headers }: IncomingMessage,
  method: string,
): UpstreamWord | undefined {
  if (statusCode < 200 || statusCode > 599) return 'broken';
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) return 'redirect';
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'encoded';
  const isBodiless = method === 'HEAD' || statusCode === 204 || statusCode === 304;
  const saysEnd =
    headers['content-length'] !== undefined ||
    headers['transfer-encoding']?.toLowerCase() === 'chunked';
  // One that ends with its connection ends the same whether it is whole or its server died.
  return saysEnd || isBodiless ? undefined : 'endless';
}

function headersOf({ rawHeaders }: IncomingMessage): readonly Header[] {
  const headers: Header[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([(rawHeaders[i] ?? '').toLowerCase(), rawHeaders[i + 1] ?? '']);
  }
  return headers;
}

async function* bodyOf(
  answer: IncomingMessage,
  idle: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const fail = () => answer.destroy(new UpstreamFailure('late'));
  let timer = setTimeout(fail, idle);
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(fail, idle);
    }
    if (!answer.complete) throw new UpstreamFailure('cut-off');
  } catch (error) {
    if (error instanceof UpstreamFailure) throw error;
    throw new UpstreamFailure(signal.aborted ? 'late' : 'cut-off');
  } finally {
    clearTimeout(timer);
    answer.destroy();
  }
}
