import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Held } from './endurance.ts';

/**
 * Runs a program that calls `endure`.
 *
 * @returns by how many MiB the memory grew between its two samples.
 */
export async function growthOver(
  program: string,
  what: string,
  verifications: number,
  firstSample: number,
): Promise<Held> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '-C', 'postern-src', program],
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
