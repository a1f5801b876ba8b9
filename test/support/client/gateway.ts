import { keysetDigest } from '../../../src/appraisal/binding/keyset.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { formatTime } from '../../../src/core/encoding/time.ts';
import { parseTilePath } from '../../../src/ledger/tiles/tile-path.ts';
import { challengeOf, parseAttestCall } from '../../../src/protocol/attest-call.ts';
import { BUNDLE_TYPE, JSON_TYPE, PROBLEM_TYPE } from '../../../src/protocol/media-types.ts';
import { epochNonce, epochPurpose } from '../../../src/protocol/session/epoch.ts';
import { encodeOhttpProblem } from '../../../src/sealed/problem.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { ORIGIN } from '../ledger-writing.ts';
import { type AdmissionChanges, type Admitted, StandInLedger } from './ledger.ts';
import type { StandInMachine } from './machine.ts';

export const GATEWAY = 'https://gateway.example';
export const POOL = 'stand-in';

/** What a gateway was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

type Answering = (asked: Asked, honest: () => Promise<Response>) => Promise<Response>;

interface Entry {
  readonly machine: StandInMachine;
  readonly admitted: Admitted;
  readonly keyset: Uint8Array;
  readonly weight: number;
}

/** A policy as a gateway hands it over. */
export interface HandedPolicy {
  readonly file: Uint8Array;
  readonly revocations?: readonly Uint8Array[];
}

/**
 * A gateway in memory, which is reached by its `fetch`. It answers as one should; `answering` stands
 * before it, and may lie.
 */
export class StandInGateway {
  now = SIMULATED_NOW;
  readonly asked: Asked[] = [];
  readonly ledger = new StandInLedger(() => this.now);
  policy: HandedPolicy | undefined;
  answering: Answering = (_asked, honest) => honest();
  /** Where the sealed answer of a session breaks off, in bytes, at each connection in turn. */
  readonly breaks: number[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #answers = new Map<string, readonly Uint8Array[]>();

  async admit(
    machine: StandInMachine,
    changes: AdmissionChanges & { readonly weight?: number } = {},
  ): Promise<void> {
    const admitted = await this.ledger.admit(machine, changes);
    const { keyset } = machine.keys;
    this.#entries.set(machine.node, { machine, admitted, keyset, weight: changes.weight ?? 1 });
  }

  /** Proposes it to nobody any more. */
  withdraw({ node }: StandInMachine): void {
    this.#entries.delete(node);
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { pathname, search, origin } = new URL(request.url);
    if (origin !== GATEWAY) throw new TypeError(`nobody is at ${origin}`);
    request.signal.throwIfAborted();
    const asked = {
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    };
    this.asked.push(asked);
    const response = await this.answering(asked, () => this.#answer(asked, request.signal));
    request.signal.throwIfAborted();
    return response;
  };

  paths(): readonly string[] {
    return this.asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
  }

  async #answer(asked: Asked, signal: AbortSignal): Promise<Response> {
    const { method, path } = asked;
    const [route = '', query = ''] = path.split('?');
    const parts = route.split('/').slice(1);
    if (route === '/v1/candidates') return this.#candidates(new URLSearchParams(query));
    if (route === '/checkpoint') return new Response((await this.ledger.checkpoint()) as BodyInit);
    if (route.startsWith('/tile/')) return this.#tile(route.slice(1));
    if (route === `/v1/pools/${POOL}/policy`) return this.#policy();
    const machine = this.#entries.get(parts[2] ?? '')?.machine;
    if (machine === undefined) return refusal(404, 'missing');
    if (parts[0] === 'v1' && parts[3] === 'evidence') return this.#evidence(machine, asked.body);
    if (parts[0] === 'v1' && parts[3] === 'epoch') return this.#epoch(machine);
    if (parts[0] === 'ohttp' && method === 'DELETE') return new Response(null, { status: 204 });
    if (parts[0] === 'ohttp' && method === 'GET') {
      return this.#resume(parts[3] ?? '', Number(new URLSearchParams(query).get('chunk')), signal);
    }
    if (parts[0] === 'ohttp' && parts[1] === POOL) return this.#relay(machine, asked.body, signal);
    return refusal(404, 'missing');
  }

  async #candidates(query: URLSearchParams): Promise<Response> {
    const wanted = query.get('node');
    const entries = [...this.#entries.values()].filter(
      ({ machine: { node } }) => wanted === null || node === wanted,
    );
    const candidates = await Promise.all(
      entries.map(async ({ machine, admitted, keyset, weight }) => ({
        node: machine.node,
        name: `machine-${machine.node.slice(0, 4)}`,
        ...(Object.keys(machine.services).length > 0 && { services: machine.services }),
        weight,
        until: formatTime(admitted.until),
        decision: admitted.decision,
        keysetSha384: toHex(keysetDigest(keyset)),
        proofs: await this.ledger.proofs(admitted),
      })),
    );
    const model = query.get('model');
    return json({ pool: POOL, ...(model && { model }), ledger: { origin: ORIGIN }, candidates });
  }

  async #tile(path: string): Promise<Response> {
    const { level, index, width } = parseTilePath(path);
    if (level === 'entries') return refusal(404, 'missing');
    return new Response((await this.ledger.tiles.readTile(level, index, width)) as BodyInit);
  }

  #policy(): Response {
    if (this.policy === undefined) return refusal(404, 'missing');
    const { file, revocations = [] } = this.policy;
    return json({
      pool: POOL,
      name: 'whatever',
      revision: 1,
      digest: `sha256:${'0'.repeat(64)}`,
      activatedAt: formatTime(this.now),
      file: toBase64(file),
      revocations: revocations.map(toBase64),
    });
  }

  #evidence(machine: StandInMachine, body: Uint8Array): Response {
    const call = parseAttestCall(body);
    const { session } = call;
    if (session !== undefined && !machine.begun.has(`${call.purpose} ${toHex(session)}`)) {
      return refusal(404, 'missing');
    }
    const { nonce, purpose } = challengeOf(call);
    const bundle = machine.attest(nonce, purpose);
    return new Response(bundle as BodyInit, { headers: { 'content-type': BUNDLE_TYPE } });
  }

  async #epoch(machine: StandInMachine): Promise<Response> {
    const note = await this.ledger.checkpoint();
    const bundle = machine.attest(epochNonce(note), epochPurpose(ORIGIN));
    return json({ checkpoint: new TextDecoder().decode(note), bundle: toBase64(bundle) });
  }

  async #relay(machine: StandInMachine, body: Uint8Array, signal: AbortSignal): Promise<Response> {
    const pieces = await machine.answer(body);
    if (pieces === undefined) {
      const problem = encodeOhttpProblem('ohttp-key') as BodyInit;
      return new Response(problem, { status: 400, headers: { 'content-type': PROBLEM_TYPE } });
    }
    const session = [...machine.sessions].at(-1) ?? '';
    this.#answers.set(session, pieces);
    return sealedAnswer(pieces, { breakAt: this.breaks.shift(), signal });
  }

  #resume(session: string, chunk: number, signal: AbortSignal): Response {
    const [nonce, ...chunks] = this.#answers.get(session) ?? [];
    if (nonce === undefined) return refusal(404, 'missing');
    const pieces = chunk === 0 ? [nonce, ...chunks] : chunks.slice(chunk);
    return sealedAnswer(pieces, { breakAt: this.breaks.shift(), signal });
  }
}

function json(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { 'content-type': JSON_TYPE } });
}

/** In a gateway's own words. */
export function refusal(
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Response {
  const body = { type: `urn:postern:problem:${code}`, title: code, status };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': PROBLEM_TYPE, 'postern-unauthenticated': '1', ...headers },
  });
}

/** @param breakAt bytes after which the connection breaks. */
export function sealedAnswer(
  pieces: readonly Uint8Array[],
  {
    breakAt,
    signal,
  }: { readonly breakAt?: number | undefined; readonly signal?: AbortSignal } = {},
): Response {
  const whole = breakAt === undefined ? pieces : [concatBytes(...pieces).subarray(0, breakAt)];
  let next = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        // A connection's bytes come in turns of the loop, not all at once.
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted) return controller.error(signal.reason);
        const piece = whole[next++];
        if (piece !== undefined) controller.enqueue(piece);
        else if (breakAt === undefined) controller.close();
        else controller.error(new TypeError('terminated'));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-type': 'message/ohttp-chunked-res' } });
}
