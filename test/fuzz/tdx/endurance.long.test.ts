import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { growthOver } from '../enduring.ts';

const PROGRAM = fileURLToPath(new URL('endurance.ts', import.meta.url));

// One kilobyte kept of each quote would be 80 MiB.
it.each<[string, number, number]>([
  // By 10,000 attestation keys, of which 1,024 are remembered.
  ['quotes', 100_000, 20_000],
  // Good ones, each written in another way.
  ['collateral', 10_000, 3_000],
])('memory stays flat over distinct %s: %i of them, measured from %i on', async (...args) => {
  const growth = await growthOver(PROGRAM, ...args);
  expect(growth.heap).toBeLessThan(4);
  expect(growth.native).toBeLessThan(24);
});
