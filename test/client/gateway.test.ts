import { expect, it } from 'vitest';
import { readAll } from '../../src/client/gateway.ts';

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
