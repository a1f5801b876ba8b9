import { sha256 } from '#crypto';
import { toHex } from '../core/bytes/hex.ts';
import { SEALED_REQUEST_TYPE } from '../protocol/media-types.ts';
import { sessionId } from '../protocol/session/session-id.ts';
import { padMessage } from '../sealed/padding.ts';
import { sealRequest } from '../sealed/request.ts';
import type { ResponseOpener } from '../sealed/response-opener.ts';
import { sealChunks } from '../sealed/seal-all.ts';
import type { VerifiedMachine } from './verifying.ts';

/** What is kept of a sealed request while its answer comes. */
export interface SealedExchange {
  readonly machine: VerifiedMachine;
  /** SHA-256 of `enc`, lower-case hex. */
  readonly session: string;
  /** Of the binary HTTP request, lower-case hex. */
  readonly requestSha256: string;
  readonly opener: ResponseOpener;
}

/** A request that only one machine can read, and what opens its answer. */
export interface SealedRequest {
  readonly exchange: SealedExchange;
  readonly body: Blob;
}

/** Up to here a request's size is rounded up to a power of two, and from here on to a multiple of it. */
const MEBIBYTE = 1024 * 1024;

/** @throws SealedFault `ohttp-key` for a key that is none. */
export function sealFor(machine: VerifiedMachine, message: Uint8Array): SealedRequest {
  const plain = padded(message);
  const sealer = sealRequest(machine.config, machine.suite);
  return {
    exchange: {
      machine,
      session: sessionId(sealer.enc),
      requestSha256: toHex(sha256(plain)),
      opener: sealer.openResponse(),
    },
    body: new Blob([sealer.header, ...sealChunks(sealer, plain)] as BlobPart[], {
      type: SEALED_REQUEST_TYPE,
    }),
  };
}

/** Whoever relays it sees how long it is, to within this. */
function padded(message: Uint8Array): Uint8Array {
  if (message.length <= MEBIBYTE) return padMessage(message);
  const larger = new Uint8Array(Math.ceil(message.length / MEBIBYTE) * MEBIBYTE);
  larger.set(message);
  return larger;
}
