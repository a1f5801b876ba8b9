import { malformed } from '../../core/fault.ts';

/** Path and query of a request, as they stand in its first line. */
export interface RequestTarget {
  readonly path: string;
  /** With its question mark, which is there without a query too (RFC 9421 section 2.2.7). */
  readonly query: string;
}

const PATH = /^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;
const QUERY = /^\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$/;
const DOT_SEGMENT = /\/(?:\.|%2[Ee]){1,2}(?:\/|$)/;

/**
 * Splits a target in origin form (RFC 9112 section 3.2.1), e.g. `/v1/nodes?pool=a`. Nothing is
 * normalised: a path that somebody on the way might write otherwise is refused instead.
 *
 * @param target attacker-controlled.
 */
export function parseTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '?' : target.slice(mark);
  if (!PATH.test(path)) throw malformed('request.path', 'want / and characters of a URI’s path');
  if (DOT_SEGMENT.test(path)) throw malformed('request.path', 'has a segment of dots');
  if (!QUERY.test(query)) throw malformed('request.query', 'want characters of a URI’s query');
  return { path, query };
}

/**
 * Host and port of an origin as `@authority` has them (RFC 9421 section 2.2.3): in lower case, and
 * without a port that the scheme implies.
 *
 * @param origin `https://gate.example`, nothing behind it.
 * @throws Fault `malformed` where it is none, or another way to write one.
 */
export function authorityOf(origin: string, at: string): string {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== origin) {
    throw malformed(at, 'want an origin such as https://gate.example, in lower case');
  }
  return url.host;
}
