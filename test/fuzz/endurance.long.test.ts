import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Endured, Held } from './endurance.ts';

const PROGRAM = fileURLToPath(new URL('endurance.ts', import.meta.url));

async function endured(what: Endured, verifications: number, firstSample: number) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '-C', 'postern-src', PROGRAM],
    ...[what, `${verifications}`, `${firstSample}`],
  ]);
  const [early, late] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Held);
  if (early === undefined || late === undefined) throw new Error(`no two samples: ${stdout}`);
  const text = ({ heap, native }: Held) =>
    `${heap.toFixed(1)} MiB and ${native.toFixed(0)} outside`;
  process.stderr.write(
    `${verifications} ${what}: heap ${text(early)} after ${firstSample}, ${text(late)} at the end\n`,
  );
  return { heap: late.heap - early.heap, native: late.native - early.native };
}

// One kilobyte kept of each quote would be 80 MiB.
it.each<[Endured, number, number]>([
  // By 10,000 attestation keys, of which 1,024 are remembered.
  ['quotes', 100_000, 20_000],
  // Good ones, each written in another way.
  ['collateral', 10_000, 3_000],
])('memory stays flat over distinct %s: %i of them, measured from %i on', async (...args) => {
  const growth = await endured(...args);
  expect(growth.heap).toBeLessThan(4);
  expect(growth.native).toBeLessThan(24);
});
