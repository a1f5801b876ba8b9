import {
  PROBLEM_TYPE,
  SEALED_REQUEST_TYPE,
  SEALED_RESPONSE_TYPE,
} from '../protocol/media-types.ts';
import { relayPath, resumePath } from '../protocol/session/address.ts';
import {
  INCREMENTAL_HEADER,
  MODEL_HEADER,
  RESUME_HEADER,
  TRUE,
  UNAUTHENTICATED_HEADER,
} from '../protocol/session/headers.ts';
import { ohttpProblemIn } from '../sealed/problem.ts';
import { PosternError } from './errors.ts';
import { type Credential, type Gateway, readAll } from './gateway.ts';
import type { SealedExchange } from './seal.ts';

/** What a sealed request is relayed with. */
export interface Relaying {
  readonly gateway: Gateway;
  readonly credential: Credential;
  readonly signal: AbortSignal;
  /** Whether the answer is kept for a client whose connection breaks. */
  readonly resume: boolean;
  /** Which model, as far as the gateway was told already. */
  readonly model: string | undefined;
}

/** Unauthenticated, all but the first: it can end a request, and start it anew, and no more. */
export type Relayed =
  | { readonly kind: 'sealed'; readonly body: ReadableStream<Uint8Array> }
  /** The key is not known there (RFC 9458 section 5.2). */
  | { readonly kind: 'other-key' }
  | { readonly kind: 'refused'; readonly status: number; readonly response: Response };

const LARGEST_PROBLEM = 64 * 1024;
/** What a header can say as it is. */
const VISIBLE = /^[!-~](?:[ -~]*[!-~])?$/;

/** @param body as it was sealed. @throws PosternError of stage `relay` or `open`; whatever fetch does. */
export async function relay(
  { machine: { pool, node } }: SealedExchange,
  body: Blob,
  { gateway, credential, signal, resume, model }: Relaying,
): Promise<Relayed> {
  const response = await gateway.send(relayPath(pool, node), {
    method: 'POST',
    headers: {
      'content-type': SEALED_REQUEST_TYPE,
      accept: SEALED_RESPONSE_TYPE,
      [INCREMENTAL_HEADER]: TRUE,
      ...(resume && { [RESUME_HEADER]: TRUE }),
      ...(model !== undefined && VISIBLE.test(model) && { [MODEL_HEADER]: model }),
    },
    body,
    credential,
    signal,
  });
  return readAnswer(response);
}

/** The answer of a session from a chunk on. @throws as {@link relay}. */
export async function resumeAt(
  { machine: { pool, node }, session }: SealedExchange,
  chunk: number,
  { gateway, credential, signal }: Relaying,
): Promise<Relayed> {
  const path = resumePath(pool, node, session, chunk);
  return readAnswer(await gateway.send(path, { credential, signal }));
}

/** Nobody waits for the answer any more. */
export function giveUp(
  { machine: { pool, node }, session }: SealedExchange,
  { gateway, credential }: Omit<Relaying, 'signal'>,
): void {
  const path = `${relayPath(pool, node)}/${session}`;
  gateway
    .send(path, { method: 'DELETE', credential })
    .then(({ body }) => body?.cancel())
    .catch(() => undefined);
}

async function readAnswer(response: Response): Promise<Relayed> {
  const { status, headers, body } = response;
  const type = mediaType(headers);
  const isMarked = headers.get(UNAUTHENTICATED_HEADER) !== null;
  if (status === 200 && type === SEALED_RESPONSE_TYPE && !isMarked && body !== null) {
    return { kind: 'sealed', body };
  }
  if (status === 200) {
    await body?.cancel().catch(() => undefined);
    throw new PosternError(
      'open.plaintext',
      `a sealed request was answered 200 with ${JSON.stringify(type)}${isMarked ? ', marked as unauthenticated' : ''}`,
    );
  }
  return readRefusal(response, type, isMarked);
}

/**
 * Of what a gateway says of itself a status, a problem document and when to come back are passed
 * on: as its word, which is marked as such.
 */
async function readRefusal(response: Response, type: string, isMarked: boolean): Promise<Relayed> {
  const { status, headers } = response;
  const bytes = await readAll(response, LARGEST_PROBLEM, 'problem');
  const isProblem = type === PROBLEM_TYPE;
  const problem = isProblem ? ohttpProblemIn(bytes) : undefined;
  if ((status === 400 || status === 422) && problem === 'ohttp-key') return { kind: 'other-key' };
  if (!isMarked || status < 400 || !isProblem) {
    throw new PosternError(
      'relay.unmarked',
      `the gateway answered ${status} with ${JSON.stringify(type)}${isMarked ? '' : ', without saying that it is its own word'}`,
    );
  }
  const shown = new Headers({ 'content-type': PROBLEM_TYPE, [UNAUTHENTICATED_HEADER]: '1' });
  const later = headers.get('retry-after');
  if (later !== null) shown.set('retry-after', later);
  return {
    kind: 'refused',
    status,
    response: new Response(bytes as BodyInit, { status, headers: shown }),
  };
}

function mediaType(headers: Headers): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}
