import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { onTestFinished } from 'vitest';
import { type Agent, type AgentDeps, runAgent } from '../../src/agent/agent.ts';
import type { AgentConfig, AgentSecrets } from '../../src/agent/config.ts';
import type { EvidenceSource } from '../../src/agent/evidence/source.ts';
import { parseUpstreamAddress } from '../../src/agent/upstream/address.ts';
import { HttpUpstream } from '../../src/agent/upstream/http-upstream.ts';
import { parseKeyset } from '../../src/appraisal/binding/keyset.ts';
import { resolveAgentConfig } from '../../src/cli/agent/config.ts';
import type { WrittenAgentConfig } from '../../src/cli/agent/schema.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { keysetHeader } from '../../src/protocol/session/headers.ts';
import { decodeResponse } from '../../src/sealed/bhttp/decode.ts';
import { encodeRequest } from '../../src/sealed/bhttp/encode.ts';
import type { Field, RequestMessage, ResponseMessage } from '../../src/sealed/bhttp/message.ts';
import { padMessage } from '../../src/sealed/padding.ts';
import { type RequestSealer, sealRequest } from '../../src/sealed/request.ts';
import { sealAll } from '../../src/sealed/seal-all.ts';
import {
  type OpenAiUpstream,
  startOpenAiUpstream,
} from '../../src/simulator/upstream/openai-upstream.ts';

/** No hardware: bytes that say what was asked of it. */
const NO_HARDWARE: EvidenceSource = {
  cpu: async (reportData) => ({ kind: 'snp', report: reportData }),
  devices: async () => new Uint8Array(),
};

/** A clock that goes only where it is told, and those who wait on it. */
export class Clock {
  now: number;
  /** What is not changed where `now` is set. */
  elapsed = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly go: () => void }>();

  constructor(now = Date.parse('2026-06-01T12:00:00Z')) {
    this.now = now;
  }

  readonly pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const one = {
        at: this.now + ms,
        go: () => {
          this.#waiting.delete(one);
          resolve();
        },
      };
      if (signal.aborted || ms <= 0) return resolve();
      this.#waiting.add(one);
      signal.addEventListener('abort', one.go, { once: true });
    });

  /** In milliseconds; whoever waited long enough goes on. */
  advance(ms: number): void {
    this.now += ms;
    this.elapsed += ms;
    for (const one of this.#waiting) if (one.at <= this.now) one.go();
  }
}

export interface AgentBedOptions {
  readonly written?: Partial<WrittenAgentConfig>;
  readonly edit?: (config: AgentConfig) => AgentConfig;
  readonly secrets?: AgentSecrets;
  readonly deps?: Partial<AgentDeps>;
  readonly clock?: Clock;
}

export interface AgentBed {
  readonly agent: Agent;
  readonly config: AgentConfig;
  readonly upstream: OpenAiUpstream;
  readonly clock: Clock;
  /** All lines of its log. */
  readonly lines: string[];
}

/** An agent on the loopback beside a small server, on a clock of its own; gone with its test. */
export async function agentBed({
  written = {},
  edit = (config) => config,
  secrets = {},
  deps = {},
  clock = new Clock(),
}: AgentBedOptions = {}): Promise<AgentBed> {
  const upstream = await startOpenAiUpstream();
  const told = { authorizationSha256: null, enrolmentKeySha256: null, nodeKey: null };
  const resolved = resolveAgentConfig(
    {
      apiVersion: 'postern/v1',
      kind: 'Agent',
      deployment: 'test',
      listen: '127.0.0.1:0',
      upstream: { address: upstream.address },
      machine: { cpu: 'snp' },
      logs: { level: 'debug' },
      ...written,
    },
    told,
    '/nowhere',
  );
  const config = edit(resolved);
  const lines: string[] = [];
  const { address, answerWithin, idle, wholeWithin } = config.upstream;
  const agent = await runAgent(config, secrets, {
    evidence: NO_HARDWARE,
    upstream: new HttpUpstream({
      address: parseUpstreamAddress(address),
      authorization: secrets.upstreamAuthorization,
      answerWithin,
      idle,
      wholeWithin,
    }),
    signer: undefined,
    fetch: () => Promise.reject(new Error('nobody is to be asked')),
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    random: () => 0.5,
    pause: clock.pause,
    write: (line) => void lines.push(line),
    ...deps,
  });
  onTestFinished(async () => {
    const closing = agent.close();
    clock.advance(config.limits.closeWithin);
    await Promise.all([closing, upstream.close()]);
  });
  return { agent, config, upstream, clock, lines };
}

/** What a client knows of a keyset. */
export function keysOf(bytes: Uint8Array | undefined) {
  if (bytes === undefined) throw new Error('there are no keys');
  const keyset = parseKeyset(bytes);
  const configs = keyset.keys.flatMap((key) => (key.use === 'ohttp' ? [key.parsed] : []));
  const receipt = keyset.keys.find((key) => key.use === 'receipt');
  const [hybrid, x25519] = configs;
  if (!hybrid || !x25519 || receipt?.use !== 'receipt') throw new Error('a key is missing');
  return { keyset, hybrid, x25519, receiptKey: receipt.publicKey, digest: toHex(keyset.sha384) };
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly fields?: readonly Field[];
  readonly body?: unknown;
  readonly edit?: (message: RequestMessage) => RequestMessage;
}

/** The binary HTTP request of a client that does everything right, unless told otherwise. */
export function innerRequest(bed: AgentBed, asked: Asked = {}): Uint8Array {
  const { method = 'POST', path = '/v1/chat/completions', fields = [], body, edit } = asked;
  const content = body === undefined ? new Uint8Array() : utf8(JSON.stringify(body));
  const message: RequestMessage = {
    method,
    scheme: 'https',
    authority: 'pool.example',
    path,
    fields: [
      ['date', new Date(bed.clock.now).toUTCString()],
      ['postern-keyset', keysetHeader(keysOf(bed.agent.keyset()).digest)],
      ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
      ...fields,
    ],
    content,
    trailers: [],
  };
  return encodeRequest(edit ? edit(message) : message);
}

export interface Sealed {
  readonly sealer: RequestSealer;
  readonly bytes: Uint8Array;
  /** What was sealed. */
  readonly plain: Uint8Array;
}

export function sealed(bed: AgentBed, plain: Uint8Array): Sealed {
  const sealer = sealRequest(keysOf(bed.agent.keyset()).x25519);
  const padded = padMessage(plain);
  return {
    sealer,
    plain: padded,
    bytes: concatBytes(sealer.header, sealAll(sealer, padded)),
  };
}

/** What came back over HTTP, and whether its end did. */
export interface Came {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly whole: boolean;
}

export interface SendOptions {
  readonly address?: 'sealed' | 'attest' | 'epoch' | 'health' | 'metrics';
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Told what comes as it comes. */
  readonly onData?: (bytes: Uint8Array, cutOff: () => void) => void;
}

const TYPE = { 'content-type': 'message/ohttp-chunked-req' };

/** Sends bytes to an agent, whatever they are. */
export function send(
  { agent }: Pick<AgentBed, 'agent'>,
  bytes: Uint8Array,
  { address = 'sealed', method = 'POST', headers = {}, onData }: SendOptions = {},
): Promise<Came> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${agent.url}/v1/${address}`,
      {
        method,
        agent: false,
        headers: { ...(address === 'sealed' && TYPE), 'content-length': bytes.length, ...headers },
      },
      (response) => {
        const chunks: Uint8Array[] = [];
        const done = () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: new Uint8Array(Buffer.concat(chunks)),
            trailers: response.trailers,
            whole: response.complete,
          });
        response.on('data', (chunk: Uint8Array) => {
          chunks.push(chunk);
          onData?.(chunk, () => request.destroy());
        });
        response.on('error', () => undefined);
        response.on('close', done);
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });
}

export interface Answer extends ResponseMessage {
  readonly came: Came;
  /** Plaintext of each chunk but the final one, in bytes. */
  readonly chunks: readonly number[];
}

/** Opens a sealed answer to its end. @throws where it has none. */
export function opened({ sealer }: Sealed, came: Came): Answer {
  const opener = sealer.openResponse();
  const plain = opener.push(came.body);
  const last = opener.end();
  const message = decodeResponse(concatBytes(...plain, last));
  return { ...message, came, chunks: plain.map(({ length }) => length) };
}

/** Asks and opens. */
export async function ask(bed: AgentBed, asked: Asked, options: SendOptions = {}): Promise<Answer> {
  const request = sealed(bed, innerRequest(bed, asked));
  return opened(request, await send(bed, request.bytes, options));
}

export function fieldOf(fields: readonly Field[], name: string): string {
  return fields.find(([one]) => one === name)?.[1] ?? '';
}

export function textOf({ content }: Pick<ResponseMessage, 'content'>): string {
  return Buffer.from(content).toString('utf8');
}

/** Until something is so; the test's own deadline ends the wait. */
export async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Once the agent has keys. */
export async function ready(options: AgentBedOptions = {}): Promise<AgentBed> {
  const bed = await agentBed(options);
  await until(() => bed.agent.keyset() !== undefined);
  return bed;
}
