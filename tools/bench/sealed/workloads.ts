import { randomBytes } from 'node:crypto';
import { makeKeyPair } from '../../../src/sealed/key-pair.ts';
import { openRequestHeader } from '../../../src/sealed/open-request.ts';
import { sealRequest } from '../../../src/sealed/request.ts';
import { SUITE_HYBRID } from '../../../src/sealed/suite.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';

const random = (length: number) => new Uint8Array(randomBytes(length));

export const PAIR = makeKeyPair({ keyId: 1, suite: SUITE_HYBRID, randomBytes: random });

/** From a key configuration that was used before to the header of a request. */
export const setup: Workload = {
  name: 'sealed.setup',
  prepare: () => () => void sealRequest(PAIR.config),
};

/** From the header of a request to what opens its chunks. */
export const open: Workload = {
  name: 'sealed.open',
  prepare: () => {
    const headers = Array.from({ length: 8 }, () => sealRequest(PAIR.config).header);
    return (call) => void openRequestHeader(pick(headers, call), () => PAIR);
  },
};

export function sealChunk(name: string, size: number): Workload {
  const plain = random(size);
  return {
    name,
    prepare: () => {
      const sealer = sealRequest(PAIR.config);
      return () => void sealer.sealChunk(plain);
    },
  };
}

/** In bytes, sealed before each slice. */
const STREAM = 64 * 1024 * 1024;
const MOST_CHUNKS = 4096;

export function openChunk(name: string, size: number): Workload {
  const plain = random(size);
  const mostCalls = Math.min(MOST_CHUNKS, STREAM / size);
  return {
    name,
    mostCalls,
    prepare: () => {
      const client = sealRequest(PAIR.config);
      const { opener } = openRequestHeader(client.header, () => PAIR);
      const chunks = Array.from({ length: mostCalls }, () => client.sealChunk(plain));
      return (call) => {
        if (opener.push(pick(chunks, call)).length !== 1) throw new Error('no chunk came out');
      };
    },
  };
}
