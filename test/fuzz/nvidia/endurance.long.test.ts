import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { growthOver } from '../enduring.ts';

const PROGRAM = fileURLToPath(new URL('endurance.ts', import.meta.url));

// One kilobyte kept of each would be 2 MiB at least.
it.each<[string, number, number]>([
  ['reports', 3_000, 1_000],
  // The same ones, written in many ways; 512 of them are remembered, of manifests 256.
  ['certificates', 4_000, 1_200],
  ['manifests', 2_500, 1_200],
])('memory stays flat over distinct %s: %i of them, measured from %i on', async (...args) => {
  const growth = await growthOver(PROGRAM, ...args);
  expect(growth.heap).toBeLessThan(4);
  expect(growth.native).toBeLessThan(48);
});
