import { randomBytes } from 'node:crypto';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { makeKeyPair, type SealedKeyPair } from '../../src/sealed/key-pair.ts';
import {
  openRequestHeader,
  type RequestOpener,
  type ResponseSealer,
} from '../../src/sealed/open-request.ts';
import { type RequestSealer, sealRequest } from '../../src/sealed/request.ts';
import type { ResponseOpener } from '../../src/sealed/response-opener.ts';
import { SUITE_HYBRID, SUITE_X25519, type Suite } from '../../src/sealed/suite.ts';

export const random = (length: number) => new Uint8Array(randomBytes(length));

export const suites: readonly (readonly [string, Suite])[] = [
  ['MLKEM768-X25519', SUITE_HYBRID],
  ['X25519', SUITE_X25519],
];

/** A key pair of id 3. */
export function keyPair(suite: Suite = SUITE_X25519): SealedKeyPair {
  return makeKeyPair({ keyId: 3, suite, randomBytes: random });
}

/** Both ends of an exchange, the request's header read. */
export interface BothEnds {
  readonly pair: SealedKeyPair;
  readonly client: RequestSealer;
  readonly agent: RequestOpener;
  readonly sealer: ResponseSealer;
  readonly opener: ResponseOpener;
}

export function bothEnds(pair: SealedKeyPair = keyPair()): BothEnds {
  const client = sealRequest(pair.config);
  const { opener: agent } = openRequestHeader(client.header, () => pair);
  const sealer = agent.sealResponse(random);
  return { pair, client, agent, sealer, opener: client.openResponse() };
}

/** Plaintexts in chunks, the last of them the final one. */
export function chunksOf(
  sealer: Pick<RequestSealer, 'sealChunk' | 'sealFinal'>,
  plaintexts: readonly Uint8Array[],
): Uint8Array[] {
  const last = plaintexts.length - 1;
  return plaintexts.map((plain, i) =>
    i < last ? sealer.sealChunk(plain) : sealer.sealFinal(plain),
  );
}

/** All that an opener makes of a stream. */
export function openAll(
  opener: Pick<RequestOpener, 'push' | 'end'>,
  ...pieces: readonly Uint8Array[]
): Uint8Array {
  const opened = pieces.flatMap((piece) => opener.push(piece));
  return concatBytes(...opened, opener.end());
}
