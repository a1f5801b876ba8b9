import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UsageClaims } from '../../src/protocol/session/usage.ts';
import { base64Url, keysetBytes, OHTTP } from './keyset.ts';

/** What came of a sealed request at an agent. */
export interface SeenRequest {
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An agent on loopback that does with sealed requests what a test tells it, and signs usage. */
export class FakeAgent {
  readonly keyset: Uint8Array;
  readonly keysetSha384: string;
  readonly seen: SeenRequest[] = [];
  /** How many requests broke off. */
  aborted = 0;
  serve: Serve = (request, response) => this.answer(request, response);
  attest: (call: { nonce: string; purpose: string }) => Uint8Array = () => Buffer.from('{"v":1}');
  epochs = 0;
  readonly #key: KeyObject;
  readonly #chains = new Map<string, { seq: number; prev: string | null }>();
  readonly #server = createServer((request, response) => this.#serve(request, response));

  constructor(more: Readonly<Record<string, unknown>> = {}, ohttp: object = OHTTP) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    const pub = base64Url(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    this.keyset = keysetBytes({ ...more, keys: [ohttp, { use: 'receipt', alg: 'ed25519', pub }] });
    this.keysetSha384 = createHash('sha384').update(this.keyset).digest('hex');
  }

  static async start(agent = new FakeAgent()): Promise<FakeAgent> {
    await new Promise<void>((resolve) => agent.#server.listen(0, '127.0.0.1', resolve));
    return agent;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/attest`;
  }

  /** Connections are cut. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** A usual answer: a nonce, some chunks, the final one, and a statement in the trailer. */
  async answer(request: IncomingMessage, response: ServerResponse, chunks = CHUNKS): Promise<void> {
    const body = await bodyOf(request);
    this.seen.push({ headers: request.headers, body });
    this.begin(response);
    for (const chunk of chunks) response.write(chunk);
    this.finish(request, response, body);
  }

  begin(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'message/ohttp-chunked-res',
      trailer: 'postern-usage',
    });
    response.write(NONCE);
  }

  finish(
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
    usage: (claims: UsageClaims) => string | undefined = (claims) => this.sign(claims),
  ): void {
    const statement = usage(this.claims(request.headers['postern-account'] as string, body));
    if (statement !== undefined) response.addTrailers({ 'postern-usage': statement });
    response.end(FINAL);
  }

  claims(account: string, body: Uint8Array): UsageClaims {
    const chain = this.#chains.get(account) ?? { seq: 0, prev: null };
    return {
      v: 1,
      session: sessionOf(body),
      keyset: this.keysetSha384,
      model: 'some-model',
      outcome: 'complete',
      promptTokens: 3,
      completionTokens: 4,
      counted: true,
      at: '2026-03-01T12:00:00Z',
      account,
      seq: chain.seq + 1,
      prev: chain.prev,
    };
  }

  /** Signs, and goes on in the chain of the account. */
  sign(claims: UsageClaims, key: KeyObject = this.#key): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'EdDSA', typ: 'postern-usage+jwt' })}.${part(claims)}`;
    const statement = `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
    const prev = createHash('sha256').update(statement).digest('hex');
    this.#chains.set(claims.account, { seq: claims.seq, prev });
    return statement;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once('close', () => {
      if (!response.writableFinished) this.aborted++;
    });
    request.on('error', () => {});
    if (request.url === '/v1/attest') {
      const bundle = this.attest(JSON.parse((await bodyOf(request)).toString()));
      response.setHeader('content-type', 'application/vnd.postern.bundle+json');
      response.end(bundle);
    } else if (request.url === '/v1/epoch') {
      this.epochs++;
      const bundle = Buffer.from('{"v":1}').toString('base64');
      response.end(JSON.stringify({ checkpoint: 'log.example\n1\n', bundle }));
    } else await this.serve(request, response);
  }
}

export const NONCE = Buffer.alloc(32, 0xee);
/** varint length ‖ ciphertext. */
export function chunk(length: number, fill: number): Buffer {
  const size = length < 64 ? Buffer.of(length) : Buffer.of(0x80, 0, length >> 8, length & 0xff);
  return Buffer.concat([size, Buffer.alloc(length, fill)]);
}
export const CHUNKS: readonly Buffer[] = [chunk(20, 1), chunk(300, 2), chunk(17, 3)];
export const FINAL = Buffer.concat([Buffer.of(0), Buffer.alloc(16, 9)]);
export const WHOLE = Buffer.concat([NONCE, ...CHUNKS, FINAL]);

/** A sealed request as a relay sees it: X25519, AES-256-GCM, and nothing that anybody opens. */
export function sealedRequest(seed: number, size = 100): Buffer {
  const enc = createHash('sha256').update(`enc ${seed}`).digest();
  return Buffer.concat([Buffer.of(1, 0, 0x20, 0, 1, 0, 2), enc, Buffer.alloc(size, seed)]);
}

export function sessionOf(body: Uint8Array): string {
  return createHash('sha256').update(body.subarray(7, 39)).digest('hex');
}

export async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
