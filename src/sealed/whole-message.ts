import { openAead, sealAead } from '#crypto';
import { concatBytes } from '../core/bytes/writer.ts';
import { aeadKeyOf, type ChunkKeys } from './chunks.ts';
import { SealedFault } from './fault.ts';
import type { Encapsulated } from './kem/kem.ts';
import { type KeyFinder, openHeader } from './open-request.ts';
import { beginRequest } from './request.ts';
import { type Exchange, responseKeys, responseNonceSize } from './response-keys.ts';
import type { Suite } from './suite.ts';

const NO_AAD = new Uint8Array();

/** A request in one piece (RFC 9458 section 4.3), and how its response is opened. */
export function sealWholeRequest(
  keyId: number,
  suite: Suite,
  encapsulated: Encapsulated,
  message: Uint8Array,
): { readonly sealed: Uint8Array; readonly openResponse: (sealed: Uint8Array) => Uint8Array } {
  const { header, exchange, keys } = beginRequest('whole', keyId, suite, encapsulated);
  return {
    sealed: concatBytes(header, seal(keys, message)),
    openResponse: (sealed) => openWholeResponse(exchange, sealed),
  };
}

/**
 * The other side of it (RFC 9458 sections 4.3 and 4.4).
 *
 * @throws SealedFault `incomplete`, `ohttp-key`, `decrypt`.
 */
export function openWholeRequest(
  sealed: Uint8Array,
  keyFinder: KeyFinder,
): {
  readonly message: Uint8Array;
  readonly sealResponse: (nonce: Uint8Array, message: Uint8Array) => Uint8Array;
} {
  const { exchange, keys, consumed } = openHeader('whole', sealed, keyFinder);
  return {
    message: open(keys, sealed.subarray(consumed), 'sealed_request'),
    sealResponse: (nonce, message) =>
      concatBytes(nonce, seal(responseKeys(exchange, nonce), message)),
  };
}

function openWholeResponse(exchange: Exchange, sealed: Uint8Array): Uint8Array {
  const size = responseNonceSize(exchange.suite);
  const keys = responseKeys(exchange, sealed.subarray(0, size));
  return open(keys, sealed.subarray(size), 'sealed_response');
}

function seal(keys: ChunkKeys, message: Uint8Array): Uint8Array {
  return sealAead(aeadKeyOf(keys), keys.baseNonce, NO_AAD, message, 0);
}

function open(keys: ChunkKeys, sealed: Uint8Array, path: string): Uint8Array {
  const message = openAead(aeadKeyOf(keys), keys.baseNonce, NO_AAD, sealed);
  if (!message) throw new SealedFault('decrypt', path, 'not authentic');
  return message;
}
