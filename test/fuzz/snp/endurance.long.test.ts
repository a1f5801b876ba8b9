import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { growthOver } from '../enduring.ts';

const PROGRAM = fileURLToPath(new URL('endurance.ts', import.meta.url));

// One kilobyte kept of each would be almost 7 MiB at least.
it.each<[string, number, number]>([
  ['reports', 12_000, 3_000],
  // Of 200 machines, each written in many ways; 1,024 of them are remembered.
  ['certificates', 10_000, 3_000],
])('memory stays flat over distinct %s: %i of them, measured from %i on', async (...args) => {
  const growth = await growthOver(PROGRAM, ...args);
  expect(growth.heap).toBeLessThan(4);
  expect(growth.native).toBeLessThan(24);
});
