import { fromUtf8 } from '../core/bytes/text.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { type JsonValue, parseJson } from '../core/encoding/json.ts';
import { malformed } from '../core/fault.ts';

/** Who asks: the value of an `Authorization` header, or nobody. */
export type Credential = string | undefined;

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Blob;
  readonly signal?: AbortSignal | undefined;
  readonly credential: Credential;
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

/** Requests to one gateway, and to nobody else. */
export class Gateway {
  readonly origin: string;
  readonly #fetch: typeof globalThis.fetch;

  constructor(origin: string, fetch: typeof globalThis.fetch) {
    this.origin = origin;
    this.#fetch = fetch;
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
   * @throws Refusal for any status but 200; Fault `malformed` for more; whatever fetch does.
   */
  async bytes(path: string, most: number, ask: Ask): Promise<Uint8Array> {
    const response = await this.send(path, ask);
    if (response.status !== 200) throw await refusalOf(path, response);
    return readAll(response, most, path);
  }

  /** The same, as JSON. @throws also Fault `malformed` for what is none. */
  async json(path: string, most: number, ask: Ask): Promise<JsonValue> {
    return parseJson(fromUtf8(await this.bytes(path, most, ask), path), path).value;
  }
}

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
