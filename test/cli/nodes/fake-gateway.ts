import { generateKeyPairSync } from 'node:crypto';
import type { NodeJson } from '../../../src/protocol/node.ts';
import { PROBLEMS, type ProblemCode, problemType } from '../../../src/protocol/problem.ts';
import { type Files, postern, type Ran } from '../fake-io.ts';

export const GATE = 'https://gate.example.org';
export const API_KEY = `postern_admin_00112233aabbccdd_${'k'.repeat(43)}`;

/** A request as the gateway gets it. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type Answerer = (asked: Asked) => Response | Promise<Response>;

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

export function problem(
  code: ProblemCode,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, title } = PROBLEMS[code];
  return new Response(JSON.stringify({ type: problemType(code), title, status, ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
  });
}

/** Events as a gateway writes them, then the end of the stream. */
export function stream(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

/** A fetch that answers by `GET /v1/nodes?…`; what nobody answers is an error of the test. */
export function answering(
  answers: Readonly<Record<string, Answerer>>,
  asked: Asked[] = [],
): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, { ...init, signal: null });
    const { pathname, search, origin } = new URL(request.url);
    const one = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    };
    asked.push(one);
    const answer =
      answers[`${request.method} ${pathname}${search}`] ?? answers[`${request.method} ${pathname}`];
    if (origin !== GATE || answer === undefined) {
      throw new Error(`nobody answers ${request.method} ${request.url}`);
    }
    return answer(one);
  };
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** Of a machine. */
export const NODE_KEY = {
  pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  publicKey: Buffer.from(publicKey.export({ format: 'der', type: 'spki' }))
    .subarray(-32)
    .toString('hex'),
  object: publicKey,
};

export const NOW = Date.UTC(2026, 5, 1);
export const ID = '0123456789abcdef0123456789abcdef';

/** Admitted an hour ago, for another quarter of one. */
export const NODE: NodeJson = {
  id: ID,
  name: 'rack-7',
  key: { algorithm: 'ed25519', publicKey: NODE_KEY.publicKey },
  pool: 'serving',
  declared: { cpu: 'tdx', gpus: 8, switches: 4 },
  enrolledAt: '2026-05-01T00:00:00Z',
  version: 7,
  standing: {
    state: 'admitted',
    since: '2026-05-31T23:00:00Z',
    admission: {
      id: 'a'.repeat(32),
      decision: 'd'.repeat(32),
      until: '2026-06-01T00:15:00Z',
      evidenceAt: '2026-05-31T23:55:00Z',
      policy: `sha256:${'0'.repeat(64)}`,
    },
  },
  admittedNow: true,
  last: {
    id: 'd'.repeat(32),
    at: '2026-05-31T23:55:00Z',
    verdict: 'accept',
    authentic: true,
    codes: [],
  },
  failures: 0,
};

const files: Files = { 'api.key': `${API_KEY}\n`, 'node.pem': NODE_KEY.pem };

/** `postern nodes …` as an admin of the gateway. */
export function nodes(
  argv: readonly string[],
  answers: Readonly<Record<string, Answerer>>,
  more: { readonly asked?: Asked[]; readonly files?: Files; readonly as?: readonly string[] } = {},
): Promise<Ran> {
  const as = more.as ?? ['--api-key-file', 'api.key'];
  return postern(
    ['nodes', ...argv, '--gateway', GATE, ...as],
    { ...files, ...more.files },
    { fetch: answering(answers, more.asked) },
  );
}
