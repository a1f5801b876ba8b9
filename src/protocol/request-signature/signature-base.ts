import { utf8 } from '../../core/bytes/text.ts';
import { malformed } from '../../core/fault.ts';
import { COMPONENTS } from './profile.ts';
import type { RequestTarget } from './target.ts';

/** What the covered components are derived from. */
export interface CoveredRequest extends RequestTarget {
  readonly method: string;
  readonly authority: string;
  /** The whole value of `content-digest`. */
  readonly contentDigest: string;
}

/**
 * The bytes that are signed (RFC 9421 section 2.5): a line for each component, then the
 * parameters, without a line feed at the end.
 *
 * @param params see `signatureParams`.
 */
export function signatureBase(request: CoveredRequest, params: string): Uint8Array {
  // A line feed in one of the values would be another component.
  if (!/^[A-Z]{1,16}$/.test(request.method)) {
    throw malformed('request.method', 'want 1 to 16 capital letters');
  }
  if (!/^[a-z0-9.:[\]_-]+$/.test(request.authority)) {
    throw malformed('request.authority', 'want host and port in lower case');
  }
  const values: Readonly<Record<(typeof COMPONENTS)[number], string>> = {
    '@method': request.method,
    '@authority': request.authority,
    '@path': request.path,
    '@query': request.query,
    'content-digest': request.contentDigest,
  };
  const lines = COMPONENTS.map((name) => `"${name}": ${values[name]}\n`).join('');
  return utf8(`${lines}"@signature-params": ${params}`);
}
