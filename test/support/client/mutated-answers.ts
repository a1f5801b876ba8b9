import { createPublicKey, type KeyObject } from 'node:crypto';
import { expect } from 'vitest';
import { sha256 } from '#crypto';
import { Answer } from '../../../src/client/answer.ts';
import { Gateway } from '../../../src/client/gateway.ts';
import { openResponse } from '../../../src/client/open-response.ts';
import { SealedStream } from '../../../src/client/sealed-stream.ts';
import type { VerifiedMachine } from '../../../src/client/verifying.ts';
import { equalBytes } from '../../../src/core/bytes/equal.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { sessionId } from '../../../src/protocol/session/session-id.ts';
import { encodeRequest } from '../../../src/sealed/bhttp/encode.ts';
import { sealRequest } from '../../../src/sealed/request.ts';
import { sealAll } from '../../../src/sealed/seal-all.ts';
import { SUITE_HYBRID } from '../../../src/sealed/suite.ts';
import { damageBytes } from '../../fuzz/mutators/bytes.ts';
import { Random } from '../../fuzz/random.ts';
import { StandInMachine } from './machine.ts';
import { openAiServer } from './openai-server.ts';
import { readOutcome } from './outcome.ts';

const nobody = new Gateway(
  'https://nobody.example',
  () => Promise.reject(new TypeError('no')),
  60_000,
);

/** One sealed answer, to be read in whatever state its bytes are. */
async function sealedAnswer() {
  const machine = await StandInMachine.create('aa'.repeat(16), openAiServer);
  const { pair, receipt, keysetSha384 } = machine.keys;
  const verified = {
    node: machine.node,
    pool: 'p',
    keyset: keysetSha384,
    suite: SUITE_HYBRID,
    config: pair.config,
    receiptKey: publicHalf(receipt),
  } as VerifiedMachine;
  const sealer = sealRequest(pair.config, SUITE_HYBRID);
  const plain = encodeRequest({
    method: 'POST',
    scheme: 'https',
    authority: 'p',
    path: '/v1/chat/completions',
    fields: [['content-type', 'application/json']],
    content: utf8('{"model":"m1","messages":[],"stream":true}'),
    trailers: [],
  });
  const pieces = await machine.answer(concatBytes(sealer.header, sealAll(sealer, plain)));
  const read = (parts: readonly Uint8Array[]) => {
    const exchange = {
      machine: verified,
      session: sessionId(sealer.enc),
      body: new Blob(),
      requestSha256: toHex(sha256(plain)),
      opener: sealer.openResponse(),
    };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    const { signal } = new AbortController();
    const pause = () => Promise.resolve();
    const relaying = { gateway: nobody, credential: undefined, model: undefined, resume: false };
    const stream = new SealedStream(exchange, body, { ...relaying, signal, pause });
    const answer = new Answer({ exchange, stream, model: 'm1', onReceipt: () => undefined });
    return readOutcome(openResponse(answer, () => undefined));
  };
  return { bytes: concatBytes(...(pieces ?? [])), read };
}

function publicHalf(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(-32));
}

/**
 * Reads so many damaged answers: each has to end in an error, and what was handed on before has to be
 * how the honest one begins.
 *
 * @returns the codes of the errors, and how often each came.
 */
export async function readMutations(
  seed: number,
  count: number,
): Promise<ReadonlyMap<string, number>> {
  const { bytes, read } = await sealedAnswer();
  const honest = await read([bytes]);
  expect(honest.code).toBeUndefined();
  const codes = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i);
    const changed = damageBytes(random, bytes);
    if (equalBytes(changed, bytes)) continue;
    const at = random.below(changed.length);
    const { text, code } = await read([changed.subarray(0, at), changed.subarray(at)]);
    if (code === undefined || !/^(open|incomplete)\./.test(code) || !honest.text.startsWith(text)) {
      throw new Error(`seed ${seed}, answer ${i}: ${code ?? 'taken for a whole one'}`);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return codes;
}
