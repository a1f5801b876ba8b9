import { expect, it } from 'vitest';
import { Gate } from '../../../src/gateway/fleet/gate.ts';

function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { act: () => promise, resolve };
}

it('lets so many through at the same time, and the others in their order', async () => {
  const gate = new Gate('verification', { atOnce: 2, waiting: 10 });
  const acts = Array.from({ length: 5 }, held);
  const begun: number[] = [];
  const all = acts.map(({ act }, i) =>
    gate.through(() => {
      begun.push(i);
      return act();
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  for (const { resolve } of acts) resolve();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

it('turns away who would wait too long, and serves on', async () => {
  const gate = new Gate('verification', { atOnce: 1, waiting: 1 });
  const first = held();
  const [one, two] = [gate.through(first.act), gate.through(async () => 'two')];
  await expect(gate.through(async () => 'three')).rejects.toMatchObject({
    code: 'busy',
    at: 'verification',
  });
  first.resolve();
  await one;
  expect(await two).toBe('two');
  expect(await gate.through(async () => 'four')).toBe('four');
});

it('gives its place back after a failure', async () => {
  const gate = new Gate('verification', { atOnce: 1, waiting: 0 });
  await expect(gate.through(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.through(async () => 1)).toBe(1);
});
