import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { equalBytes } from '../../../src/core/bytes/equal.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { encodeOcspRequest } from '../../../src/core/x509/ocsp-request.ts';
import type { OcspSubject } from '../../../src/evidence/nvidia/ocsp.ts';
import type { Behaviour } from '../amd/fake-kds.ts';

/** What a responder has to say of one certificate. */
export interface ServedOcsp {
  /** For people and patterns: `brom`. */
  readonly name: string;
  readonly subject: Pick<OcspSubject, 'certificate' | 'issuer'>;
  /** DER; with the nonce echoed where one was sent. */
  readonly respond: (nonce: Uint8Array | undefined) => Uint8Array;
}

export interface ServedNvidia {
  /** XML by id. */
  readonly rims: ReadonlyMap<string, Uint8Array>;
  readonly ocsp: readonly ServedOcsp[];
}

/** A request as a line: `rim NV_…`, `ocsp brom`. */
export interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly nonce: Uint8Array | undefined;
}

const NONCE_SIZE = 32;
/** OCSPResponse with the status unauthorized. */
const UNAUTHORIZED = Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x06);

/** NVIDIA's two services on loopback, which can be told to misbehave. */
export class FakeNvidia {
  served: ServedNvidia;
  /** The first whose pattern fits the line of a request answers; else what is served. */
  behaviours: { readonly line: RegExp; readonly behaviour: Behaviour }[] = [];
  readonly seen: Seen[] = [];
  /** The most that were being answered at the same time. */
  busiest = 0;
  #busy = 0;
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.#answer(request, new Uint8Array(Buffer.concat(chunks)), response));
  });

  constructor(served: ServedNvidia) {
    this.served = served;
  }

  static async start(served: ServedNvidia): Promise<FakeNvidia> {
    const nvidia = new FakeNvidia(served);
    await new Promise<void>((resolve) => {
      nvidia.#server.listen(0, '127.0.0.1', resolve);
    });
    return nvidia;
  }

  /** Of the service for manifests. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get ocspUrl(): string {
    return `${this.url}/ocsp`;
  }

  /** In the order of their names: requests of one kind go out together. */
  get requests(): readonly string[] {
    return this.seen.map(({ line }) => line).toSorted();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  behave(line: RegExp, behaviour: Behaviour): void {
    this.behaviours = [{ line, behaviour }, ...this.behaviours];
  }

  /** The body of the answer to what fits `line` is this one. */
  serve(line: RegExp, body: Uint8Array | string): void {
    this.behave(line, (response) => response.writeHead(200).end(body));
  }

  #answer(request: IncomingMessage, body: Uint8Array, response: ServerResponse): void {
    const { line, nonce, honest } = this.#read(request, body);
    this.seen.push({ line, headers: request.headers, nonce });
    this.#busy++;
    this.busiest = Math.max(this.busiest, this.#busy);
    response.on('close', () => {
      this.#busy--;
    });
    const found = this.behaviours.find((one) => one.line.test(line));
    if (found) found.behaviour(response, honest ?? new Uint8Array(), request);
    else if (honest) response.writeHead(200).end(honest);
    else response.writeHead(404).end('{"error":"not found"}');
  }

  #read({ method, url = '' }: IncomingMessage, body: Uint8Array) {
    const [, id] = /^\/v1\/rim\/([^/?]+)$/.exec(url) ?? [];
    if (method === 'GET' && id !== undefined) {
      const xml = this.served.rims.get(id);
      return { line: `rim ${id}`, nonce: undefined, honest: xml && utf8(rimAnswer(id, xml)) };
    }
    if (method !== 'POST' || url !== '/ocsp') {
      return { line: `${method} ${url}`, nonce: undefined, honest: undefined };
    }
    const last = body.subarray(-NONCE_SIZE);
    for (const { name, subject, respond } of this.served.ocsp) {
      for (const nonce of [undefined, last]) {
        if (!equalBytes(body, encodeOcspRequest(subject.certificate, subject.issuer, nonce)))
          continue;
        return { line: `ocsp ${name}`, nonce, honest: respond(nonce) };
      }
    }
    return { line: 'ocsp of a stranger', nonce: undefined, honest: UNAUTHORIZED };
  }
}

/** As NVIDIA's service answers. */
export function rimAnswer(
  id: string,
  xml: Uint8Array,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    id,
    rim: toBase64(xml),
    sha256: createHash('sha256').update(xml).digest('hex'),
    last_updated: '2026-03-14T15:09:03.011000',
    rim_format: 'TCG',
    request_id: 'ca80a80a-054c-476e-bdd2-7be7e3047fe5',
    ...more,
  });
}

/** OCSPResponse of a status that nobody signs. */
export function unsigned(status: number): Uint8Array {
  return UNAUTHORIZED.with(4, status);
}
