import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../core/encoding/json.ts';
import type { OcspInput } from '../../evidence/nvidia/input.ts';
import type { FoundEndorsements } from './input.ts';

const PATH = 'bundle';

/**
 * A bundle with what vendors say of its pieces put beside them, in place of what it carried of the
 * same kind. No other byte of it changes: what is signed stays what was signed.
 *
 * @param bytes a bundle that was parsed before (see `format.ts`).
 * @throws Fault `malformed` for what is no JSON object.
 */
export function withEndorsements(bytes: Uint8Array, found: FoundEndorsements): Uint8Array {
  const added = documentOf(found);
  if (Object.keys(added).length === 0) return bytes;
  const text = fromUtf8(bytes, PATH);
  const { value, members } = parseJson(text, PATH);
  const own = ((value as JsonObject)['endorsements'] ?? {}) as JsonObject;
  const written = JSON.stringify({ ...own, ...added });
  const span = members.get('endorsements');
  if (span) return utf8(text.slice(0, span.start) + written + text.slice(span.end));
  const end = text.lastIndexOf('}');
  const comma = members.size > 0 ? ',' : '';
  return utf8(`${text.slice(0, end)}${comma}"endorsements":${written}${text.slice(end)}`);
}

function documentOf({ collateral, vek, chain, crl, rims, ocsp }: FoundEndorsements): JsonObject {
  const document: Record<string, JsonValue> = {};
  if (collateral instanceof Uint8Array) document['tdx_collateral'] = toBase64(collateral);
  else if (collateral) document['tdx_collateral'] = toBase64(utf8(JSON.stringify(collateral)));
  if (vek) document['snp_vek'] = toBase64(vek);
  if (chain && chain.length > 0) document['snp_chain'] = chain.map(toBase64);
  if (crl) document['snp_crl'] = toBase64(crl);
  if (rims && rims.length > 0) document['nvidia_rims'] = rims.map(toBase64);
  if (ocsp && ocsp.length > 0) document['nvidia_ocsp'] = ocsp.map(ocspDocument);
  return document;
}

function ocspDocument({ response, nonce }: OcspInput): JsonObject {
  return { response: toBase64(response), ...(nonce && { nonce: toHex(nonce) }) };
}
