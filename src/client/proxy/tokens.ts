import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Made at each start, and never written to a disk. */
export interface ProxyTokens {
  /** The API key of this proxy: what it shows for requests to be sealed. */
  readonly api: string;
  /** Opens what the page shows, and nothing else; it stands in the page's link. */
  readonly view: string;
}

/** @param randomBytes 32 for each. */
export function makeTokens(randomBytes: (length: number) => Uint8Array): ProxyTokens {
  const token = (kind: string) =>
    `postern-${kind}-${Buffer.from(randomBytes(32)).toString('base64url')}`;
  return { api: token('local'), view: token('view') };
}

/** `Authorization: Bearer …`, as OpenAI's clients send it, or `x-api-key`, as Anthropic's do. */
export function shownToken(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key'];
  if (typeof key === 'string') return key;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Takes as long for a near miss as for any other. */
export function isToken(shown: string | undefined, token: string): boolean {
  return timingSafeEqual(digest(shown ?? ''), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
