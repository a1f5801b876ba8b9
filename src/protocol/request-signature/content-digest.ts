import { sha256 } from '#crypto';
import { toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';

/** Value of `content-digest` (RFC 9530 section 2): SHA-256 of the content, and nothing beside it. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${toBase64(sha256(body))}:`;
}

/** @throws Fault `malformed` unless the value is the one that these bytes have. */
export function wantContentDigest(value: string, body: Uint8Array): void {
  if (!/^sha-256=:[A-Za-z0-9+/]{43}=:$/.test(value)) {
    throw malformed('content-digest', 'want sha-256=:<32 bytes in base64>: and nothing else');
  }
  if (value !== contentDigest(body)) {
    throw malformed('content-digest', `is not that of the ${body.length} bytes of content`);
  }
}
