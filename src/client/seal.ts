import { sha256 } from '#crypto';
import { toHex } from '../core/bytes/hex.ts';
import { SEALED_REQUEST_TYPE } from '../protocol/media-types.ts';
import { sessionId } from '../protocol/session/session-id.ts';
import { sealRequest } from '../sealed/request.ts';
import type { ResponseOpener } from '../sealed/response-opener.ts';
import type { VerifiedMachine } from './verify-machine.ts';

/** A request that only one machine can read, and what opens its answer. */
export interface SealedExchange {
  readonly machine: VerifiedMachine;
  /** SHA-256 of `enc`, lower-case hex. */
  readonly session: string;
  readonly body: Blob;
  /** Of the binary HTTP request, lower-case hex. */
  readonly requestSha256: string;
  readonly opener: ResponseOpener;
}

/** What every receiver has to take. */
const CHUNK_SIZE = 16_384;

/** @throws SealedFault `ohttp-key` for a key that is none. */
export function sealFor(machine: VerifiedMachine, plain: Uint8Array): SealedExchange {
  const sealer = sealRequest(machine.config, machine.suite);
  const parts: Uint8Array[] = [sealer.header];
  let at = 0;
  for (; plain.length - at > CHUNK_SIZE; at += CHUNK_SIZE) {
    parts.push(sealer.sealChunk(plain.subarray(at, at + CHUNK_SIZE)));
  }
  parts.push(sealer.sealFinal(plain.subarray(at)));
  return {
    machine,
    session: sessionId(sealer.enc),
    body: new Blob(parts as BlobPart[], { type: SEALED_REQUEST_TYPE }),
    requestSha256: toHex(sha256(plain)),
    opener: sealer.openResponse(),
  };
}
