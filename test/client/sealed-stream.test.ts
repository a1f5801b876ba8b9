import { expect, it } from 'vitest';
import type { Gateway } from '../../src/client/gateway.ts';
import type { SealedExchange } from '../../src/client/seal.ts';
import { SealedStream } from '../../src/client/sealed-stream.ts';
import { makeKeyPair } from '../../src/sealed/key-pair.ts';
import { sealRequest } from '../../src/sealed/request.ts';
import { SUITE_X25519 } from '../../src/sealed/suite.ts';

const session = 'ab'.repeat(32);

/** An answer of which nothing has come yet. */
function streamOf(body: ReadableStream<Uint8Array>, pause: () => Promise<void>) {
  const asked: string[] = [];
  const send = async (path: string) => {
    asked.push(path);
    const headers = { 'content-type': 'message/ohttp-chunked-res' };
    return new Response(new ReadableStream({ cancel: () => void asked.push('gone') }), { headers });
  };
  const randomBytes = (length: number) => new Uint8Array(length).fill(7);
  const { config } = makeKeyPair({ keyId: 1, suite: SUITE_X25519, randomBytes });
  const machine = { pool: 'p', node: 'aa'.repeat(16), suite: SUITE_X25519 };
  const opener = sealRequest(config, SUITE_X25519).openResponse();
  const stream = new SealedStream({ machine, session, opener } as unknown as SealedExchange, body, {
    gateway: { send } as unknown as Gateway,
    credential: undefined,
    signal: new AbortController().signal,
    resume: true,
    model: undefined,
    pause,
  });
  return { asked, stream };
}

it('who gives up while he waits for more is not connected again', async () => {
  const { asked, stream } = streamOf(new ReadableStream(), async () => undefined);
  const next = stream.next();
  await stream.cancel();
  await expect(next).rejects.toMatchObject({ code: 'incomplete.cut' });
  expect(asked).toEqual([]);
});

it('nor who does so before the next try', async () => {
  const tried = Promise.withResolvers<void>();
  const later = Promise.withResolvers<void>();
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new TypeError('terminated')),
  });
  const { asked, stream } = streamOf(broken, () => {
    tried.resolve();
    return later.promise;
  });
  const next = stream.next();
  await tried.promise;
  await stream.cancel();
  later.resolve();
  await expect(next).rejects.toMatchObject({ code: 'incomplete.cut' });
  expect(asked).toEqual([]);
});

it('who gives up while a connection is made lets go of it', async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new TypeError('terminated')),
  });
  const { asked, stream } = streamOf(broken, async () => undefined);
  const next = stream.next();
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  await stream.cancel();
  await expect(next).rejects.toMatchObject({ code: 'incomplete.cut' });
  expect(asked.at(-1)).toBe('gone');
});
