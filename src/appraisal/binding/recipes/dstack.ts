import { sha256, sha512 } from '#crypto';
import { toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Bound } from '../bound.ts';
import { base64Member, onlyMembers, textMember } from '../members.ts';
import { certificateMember } from '../tls-certificate.ts';

const RA_TLS_TAG = 'ratls-cert';
const APP_DATA_TAG = 'app-data';

/** No colon: it is what ends a tag. No quote or brace: a tag is never the beginning of JSON. */
const TAG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const LARGEST_CONTENT = 1024 * 1024;

/**
 * dstack, data of the application's choice: SHA-512 of tag, colon and content. If there is a
 * challenge, it is inside the content, where it is nobody's business here. The bytes are those
 * of dstack's `QuoteContentType::to_report_data`; not compared with genuine evidence.
 *
 *     { "recipe": "dstack-app-data", "content": "<base64>", "tag": "app-data" }
 *
 * Without `tag` it is `app-data`.
 */
export function dstackAppData(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'tag', 'content']);
  const tag = inputs.has('tag')
    ? textMember(inputs, 'tag', TAG, '1 to 64 letters, digits, dots, dashes or underscores')
    : APP_DATA_TAG;
  // The key of a certificate must not be shown as data of the application's.
  if (tag === RA_TLS_TAG) throw malformed(`${inputs.path}.tag`, 'that is dstack-ra-tls');
  const content = base64Member(inputs, 'content', LARGEST_CONTENT);
  return {
    reportData: tagged(tag, content),
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['app-data'],
    notProven: ['freshness', 'device-binding'],
    claims: { appDataTag: tag, appDataSha256: toHex(sha256(content)) },
  };
}

/**
 * dstack, the key of an RA-TLS certificate: SHA-512 of `ratls-cert:` and the certificate's
 * SubjectPublicKeyInfo in DER. Such a certificate may be valid for ten years, and its quote is
 * as old as it is. The bytes are those of dstack's `ra-tls/src/cert.rs`; not compared with
 * genuine evidence.
 *
 *     { "recipe": "dstack-ra-tls", "certificate": "<PEM, or base64 of DER>" }
 */
export function dstackRaTls(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'certificate']);
  const { spki } = certificateMember(inputs, 'certificate');
  return {
    reportData: tagged(RA_TLS_TAG, spki),
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['tls-spki'],
    notProven: ['freshness', 'device-binding'],
    claims: { tlsSpkiSha256: toHex(sha256(spki)) },
  };
}

function tagged(tag: string, content: Uint8Array): Uint8Array {
  return sha512(concatBytes(utf8(`${tag}:`), content));
}
