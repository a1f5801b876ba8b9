import { fromUtf8 } from '../core/bytes/text.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { type JsonValue, parseJson } from '../core/encoding/json.ts';
import { Fault, malformed } from '../core/fault.ts';

/** Who asks: the value of an `Authorization` header, or nobody. */
export type Credential = string | undefined;

/** Something that is read at once and whole. */
export interface Look {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Blob;
  readonly credential: Credential;
}

export interface Ask extends Look {
  readonly signal?: AbortSignal | undefined;
}

/** What a gateway refuses in its own words: nobody vouches for them. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(path: string, status: number, said: string) {
    super(`the gateway answered ${status} to ${path}${said === '' ? '' : `, and says: ${said}`}`);
    this.status = status;
  }
}

/** Whether a gateway refused because what was asked for is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Refusal && error.status === 404;
}

/** Requests to one gateway, and to nobody else. */
export class Gateway {
  readonly origin: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #longestLook: number;

  /** @param longestLook milliseconds for an answer that is read whole, from when it is asked for. */
  constructor(origin: string, fetch: typeof globalThis.fetch, longestLook: number) {
    this.origin = origin;
    this.#fetch = fetch;
    this.#longestLook = Math.min(longestLook, LONGEST_TIMER);
  }

  /**
   * No redirect is followed, no cookie goes along, nothing is cached.
   *
   * @param path from the origin on, `/v1/…`.
   * @throws whatever the platform's fetch does.
   */
  send(path: string, { method = 'GET', headers = {}, body, signal, credential }: Ask) {
    return this.#fetch(`${this.origin}${path}`, {
      method,
      headers: { ...headers, ...(credential !== undefined && { authorization: credential }) },
      ...(body !== undefined && { body: body as BodyInit }),
      ...(signal && { signal }),
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
  }

  /**
   * @param most bytes that are read.
   * @throws Refusal for any status but 200; Fault `malformed` for more, `unreachable` where not all of
   *   it came in time; whatever fetch does.
   */
  bytes(path: string, most: number, look: Look): Promise<Uint8Array> {
    return this.#inTime(path, async (signal) => {
      const response = await this.send(path, { ...look, signal });
      if (response.status !== 200) throw await refusalOf(path, response);
      return readAll(response, most, path);
    });
  }

  /** The same, as JSON. @throws also Fault `malformed` for what is none. */
  async json(path: string, most: number, look: Look): Promise<JsonValue> {
    return parseJson(fromUtf8(await this.bytes(path, most, look), path), path).value;
  }

  /** A fetch that does not heed its signal, and a stream that goes on for ever, hold up nobody either. */
  async #inTime<T>(path: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const detail = `the gateway gave no whole answer within ${this.#longestLook / 1000} s`;
      const fault = new Fault('unreachable', path, detail);
      late.reject(fault);
      over.abort(fault);
    }, this.#longestLook);
    try {
      return await Promise.race([act(over.signal), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Platforms take a longer time for none at all. */
const LONGEST_TIMER = 2 ** 31 - 1;

const LARGEST_REFUSAL = 16 * 1024;

/** With what the gateway says of it, as far as it is a problem document (RFC 9457). */
async function refusalOf(path: string, response: Response): Promise<Refusal> {
  return new Refusal(path, response.status, await said(response));
}

async function said(response: Response): Promise<string> {
  try {
    const bytes = await readAll(response, LARGEST_REFUSAL, 'problem');
    const { title, detail, at } = JSON.parse(fromUtf8(bytes, 'problem'));
    const words = [title, at, detail].filter((word) => typeof word === 'string');
    return JSON.stringify(words.join('; ').slice(0, 300));
  } catch {
    return '';
  }
}

/** @throws Fault `malformed` at `at` for more than so many bytes; whatever the stream does. */
export async function readAll(
  { body }: Response | Request,
  most: number,
  at: string,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const blocks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return concatBytes(...blocks).subarray(0, length);
    if (length + value.length > most) {
      await reader.cancel().catch(() => undefined);
      throw malformed(at, `more than ${most} bytes`);
    }
    addTo(blocks, length, value);
    length += value.length;
  }
}

const BLOCK = 64 * 1024;

/** Bytes that come one at a time take no more memory than those that come at once. */
function addTo(blocks: Uint8Array[], length: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const from = (length + at) % BLOCK;
    if (from === 0) blocks.push(new Uint8Array(BLOCK));
    const part = bytes.subarray(at, at + BLOCK - from);
    blocks.at(-1)?.set(part, from);
    at += part.length;
  }
}
