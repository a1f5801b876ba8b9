import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPostern } from '../../src/client/create-postern.ts';
import { Gateway, readAll } from '../../src/client/gateway.ts';

function inParts(count: number, size: number): Response {
  let next = 0;
  return new Response(
    new ReadableStream({
      pull: (controller) => {
        if (next === count) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(next++));
      },
    }),
  );
}

it.each([
  [0, 1],
  [300_000, 1],
  [3, 65_536],
  [7, 50_000],
])('%i parts of %i bytes are read as they came', async (count, size) => {
  const whole = Buffer.alloc(count * size);
  for (let i = 0; i < count; i++) whole.fill(i, i * size, (i + 1) * size);
  const read = await readAll(inParts(count, size), count * size, 'x');
  expect(whole.equals(read)).toBe(true);
});

it('no more is read than is allowed', async () => {
  await expect(readAll(inParts(10, 7), 69, 'x')).rejects.toThrow('more than 69 bytes');
  expect(await readAll(inParts(10, 7), 70, 'x')).toHaveLength(70);
});

const never = new Promise<never>(() => undefined);

describe('a look that comes to no end', () => {
  const endless = () => new Response(new ReadableStream({ pull: () => never }));
  const stops = (signal: AbortSignal | null | undefined): Promise<never> =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });

  it.each<readonly [string, typeof globalThis.fetch]>([
    ['without an answer', (_, init) => stops(init?.signal)],
    ['whose fetch does not heed its signal', () => never],
    ['in the middle of the answer', async () => endless()],
    ['in the middle of a refusal', async () => new Response(endless().body, { status: 500 })],
  ])('is ended in time, and says so: one %s', async (_, fetch) => {
    const gateway = new Gateway('https://gate.example', fetch, 20);
    await expect(gateway.bytes('/v1/x', 10, { credential: undefined })).rejects.toMatchObject({
      code: 'unreachable',
      message: '/v1/x: the gateway gave no whole answer within 0.02 s',
    });
  });

  it('is an error of its stage', async () => {
    const made = createPostern({
      gateway: 'https://gate.example',
      policy: { digest: `sha256:${'0'.repeat(64)}` },
      ledger: 'unchecked',
      pool: 'p',
      fetch: () => never,
      longestLook: 20,
    });
    await expect(made).rejects.toMatchObject({
      code: 'candidates.unreachable',
      message: expect.stringContaining(
        'no whole answer within 0.02 s (the gateway named no machine',
      ),
    });
  });
});

it('a platform’s error without an answer is told with its reason', async () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const made = createPostern({
    gateway: 'https://gate.example',
    policy: { digest: `sha256:${'0'.repeat(64)}` },
    ledger: 'unchecked',
    pool: 'p',
    fetch: () => Promise.reject(new TypeError('fetch failed', { cause: refused })),
  });
  await expect(made).rejects.toMatchObject({
    code: 'candidates.unreachable',
    what: 'the candidates: fetch failed (ECONNREFUSED)',
  });
});

it('a bound above what a platform’s timers take is none that has passed at once', async () => {
  const slow = async () => {
    await setTimeout(20);
    return new Response('x');
  };
  const gateway = new Gateway('https://gate.example', slow, 1e15);
  expect(await gateway.bytes('/v1/x', 10, { credential: undefined })).toEqual(Uint8Array.of(120));
});
