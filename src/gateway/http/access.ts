import type { FastifyRequest } from 'fastify';
import { Fault } from '../../core/fault.ts';
import type { Principal } from '../identity/credential.ts';
import type { Operation, Subject } from '../operation.ts';
import { CREDENTIAL_HEADERS, type Identity, type RequestFacts } from './identity.ts';
import { Refusal } from './problem.ts';

const ANYONE: Principal = { kind: 'anyone' };

/** How somebody may show who they are (RFC 6750; signed requests, RFC 9421, need no challenge). */
const CHALLENGE = { 'www-authenticate': 'Bearer realm="postern"' };

/** Whether somebody tries to show who they are. */
export function showsSomething({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return CREDENTIAL_HEADERS.some((name) => headers[name] !== undefined);
}

/** @throws Refusal `unauthenticated`; Fault `unreachable` or `internal`. */
export async function authenticate(
  identity: Identity,
  request: FastifyRequest,
  now: number,
): Promise<Principal> {
  if (!showsSomething(request)) return ANYONE;
  try {
    return await identity.authenticate(factsOf(request, now));
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'unreachable' || error.code === 'internal') {
      throw error;
    }
    const { at, detail } = error;
    throw new Refusal('unauthenticated', { at, detail, headers: CHALLENGE });
  }
}

/** @throws Refusal `unauthenticated` for whoever showed nothing, else `forbidden`. */
export function checkMayDo(
  identity: Identity,
  principal: Principal,
  operation: Operation,
  subject?: Subject,
): void {
  if (identity.mayDo(principal, operation, subject)) return;
  if (principal.kind !== 'anyone') throw new Refusal('forbidden');
  throw new Refusal('unauthenticated', { headers: CHALLENGE });
}

/** Who a path is about, before anybody knows that there is such a one. */
export function subjectOf(params: unknown): Subject | undefined {
  const { node, pool } = (params ?? {}) as { readonly node?: string; readonly pool?: string };
  if (node === undefined && pool === undefined) return undefined;
  return { ...(node !== undefined && { node }), ...(pool !== undefined && { pool }) };
}

function factsOf({ raw, body }: FastifyRequest, now: number): RequestFacts {
  const { method = '', url = '', rawHeaders } = raw;
  const mark = url.indexOf('?');
  const headers: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  }
  return {
    method,
    authority: raw.headers.host ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? undefined : url.slice(mark + 1),
    headers,
    body: body instanceof Uint8Array ? body : new Uint8Array(),
    now,
  };
}

/** For a rate: who it is counted for once it is known. */
export function countedAs(principal: Principal) {
  if (principal.kind === 'anyone') return undefined;
  const by = principal.kind === 'node' ? ('node' as const) : ('credential' as const);
  return { by, name: principal.id };
}
